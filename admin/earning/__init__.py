"""Earning rules, purchases, and the keys of tills."""

from flask_babel import lazy_gettext as _l

from admin.earning import blueprint, drafting, entering, overview, purchases, reasons, tills, trying
from admin.earning.blueprint import pages
from admin.sheets import Sheet, add_routes
from bot.users.roles import Permission

__all__ = [
    "blueprint",
    "drafting",
    "entering",
    "overview",
    "pages",
    "purchases",
    "reasons",
    "tills",
    "trying",
]

add_routes(
    blueprint.purchases,
    Sheet(
        kind="purchases",
        title=_l("Purchases of members"),
        change=Permission.PURCHASES_ENTER,
        export=Permission.PURCHASES_SEE,
        wanted=purchases.exported,
        pages="purchases",
    ),
)
