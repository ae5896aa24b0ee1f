"""The bot's table of contents: everything a traveller can do, in order of precedence."""

from bot.router import Router
from handlers import follow, menu, scan, service, silent, text

ROUTERS: list[Router] = [follow.router, scan.router, menu.router, text.router, service.router, silent.router]
