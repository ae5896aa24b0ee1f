"""Auto-replies: what we answer on our own, in which order, when and for whom."""

from flask_babel import lazy_gettext as _l

from admin.replies import console, editing, listing, trying
from admin.replies.blueprint import pages
from admin.sheets import Sheet, add_routes
from bot.users.roles import Permission

__all__ = ["console", "editing", "listing", "pages", "trying"]

add_routes(
    pages,
    Sheet(
        kind="auto_replies",
        title=_l("Auto-replies"),
        change=Permission.REPLIES_CHANGE,
        export=Permission.REPLIES_SEE,
        wanted=listing.exported,
        pages="replies",
    ),
)
