"""The bot's table of contents: everything a traveller can do, in order of precedence."""

from bot.router import Router
from handlers import desk, follow, mass, menu, notices, scan, service, silent, text

ROUTERS: list[Router] = [
    follow.router,
    scan.router,
    menu.router,
    text.router,
    service.router,
    desk.router,
    notices.router,
    mass.router,
    silent.router,
]
