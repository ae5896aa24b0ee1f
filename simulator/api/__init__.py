"""The platform's face towards bots: every call WeChat answers, in the modules listed here."""

from simulator.api import codes, custom, customer_service, fans, media, menu, oauth, statistics, tokens
from simulator.api.gate import Route

MODULES = [tokens, fans, codes, menu, custom, customer_service, media, oauth, statistics]
ROUTES: dict[str, Route] = {route.path: route for module in MODULES for route in module.calls.routes}
