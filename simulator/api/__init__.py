"""The platform's face towards bots: every call WeChat answers, in the modules listed here."""

from simulator.api import (
    auto_replies,
    broadcasts,
    codes,
    custom,
    customer_service,
    fans,
    media,
    menu,
    notices,
    oauth,
    publishing,
    statistics,
    tokens,
)
from simulator.api.gate import Route

MODULES = [
    tokens,
    fans,
    codes,
    menu,
    auto_replies,
    custom,
    customer_service,
    notices,
    media,
    publishing,
    broadcasts,
    oauth,
    statistics,
]
ROUTES: dict[str, Route] = {route.path: route for module in MODULES for route in module.calls.routes}
