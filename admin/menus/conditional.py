"""Menus for fans with a tag: adding one, for whom it is, and which comes first."""

from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.menus import desk
from admin.menus.acts import Shown, done
from admin.menus.blueprint import pages
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.menus import editing
from bot.menus.books import DEFAULT, Book
from bot.tags.models import Tag
from bot.users.roles import Permission


@pages.post("/conditional")
@allowed(Permission.MENUS_CHANGE)
def add_conditional() -> AnyResponse | Shown:
    """Add a menu for a tag before the others; it begins as a copy of the one for everybody."""
    made: list[str] = []

    def deed(book: Book, session: ScopedSession) -> Book:
        book, menu = editing.add_menu(book, _tag(session))
        made.append(menu)
        return book

    changed = desk.change(deed)
    if changed.is_done:
        say(_("The menu is there, as a copy of the one for everybody. Change what differs."), "info")
    return done(changed, made[0] if made else DEFAULT, [])


@pages.post("/conditional/tag")
@allowed(Permission.MENUS_CHANGE)
def put_tag() -> AnyResponse | Shown:
    """Show a menu to the fans of another tag."""
    menu = request.form.get("menu", "")
    return done(desk.change(lambda book, session: editing.put_tag(book, menu, _tag(session))), menu, [])


@pages.post("/conditional/move")
@allowed(Permission.MENUS_CHANGE)
def move_conditional() -> AnyResponse | Shown:
    """Let a menu come one earlier or later."""
    way = next((one for one in editing.WAYS if one == request.form.get("way")), None)
    if way is None:
        raise BadRequest
    menu = request.form.get("menu", "")
    return done(desk.change(lambda book, _session: editing.move_menu(book, menu, way)), menu, [])


@pages.post("/conditional/remove")
@allowed(Permission.MENUS_CHANGE)
def remove_conditional() -> AnyResponse | Shown:
    """Take a menu for a tag out of the draft."""
    menu = request.form.get("menu", "")
    return done(desk.change(lambda book, _session: editing.remove_menu(book, menu)), DEFAULT, [])


def _tag(session: ScopedSession) -> int:
    key = key_in(request.form.get("tag"))
    row = session.get(Tag, key) if key is not None else None
    if row is None:
        raise BadRequest
    return row.id
