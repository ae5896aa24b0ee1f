"""What is done to a draft with one tap: adding, taking out, moving; a drag sends a form of these, too."""

from collections.abc import Callable

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.menus import desk
from admin.menus.blueprint import pages
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.menus import books, editing, versions
from bot.menus.books import Book
from bot.users.roles import Permission

Shown = str | tuple[str, int]


@pages.post("/add")
@allowed(Permission.MENUS_CHANGE)
def add() -> AnyResponse | Shown:
    """Add a button at the end of the bar or of a group, and open its form."""
    menu, under = request.form.get("menu", ""), request.form.get("under", "")
    typed = desk.read_button(Form.sent()) if request.form.get("name") else None
    made: list[str] = []

    def deed(book: Book, _session: ScopedSession) -> Book:
        book, button_id = editing.add(book, menu, under, typed)
        made.append(button_id)
        return book

    return done(desk.change(deed), menu, made)


@pages.post("/remove")
@allowed(Permission.MENUS_CHANGE)
def remove() -> AnyResponse | Shown:
    """Take a button out of the draft."""
    return _act(lambda book, _session: editing.remove(book, request.form.get("id", "")), at="")


@pages.post("/move")
@allowed(Permission.MENUS_CHANGE)
def move() -> AnyResponse | Shown:
    """Move a button one step."""
    way = next((one for one in editing.WAYS if one == request.form.get("way")), None)
    if way is None:
        raise BadRequest
    return _act(lambda book, _session: editing.move(book, request.form.get("id", ""), way))


@pages.post("/drop")
@allowed(Permission.MENUS_CHANGE)
def drop() -> AnyResponse | Shown:
    """Put a button where it was dragged."""
    place = key_in(request.form.get("place"), longest=3)
    if place is None:
        raise BadRequest
    menu, under = request.form.get("menu", ""), request.form.get("under", "")
    return _act(
        lambda book, _session: editing.drop(book, request.form.get("id", ""), menu, under=under, at=place)
    )


@pages.post("/discard")
@allowed(Permission.MENUS_CHANGE)
def discard() -> AnyResponse | Shown:
    """Make the draft what is in force again."""

    def deed(_book: Book, session: ScopedSession) -> Book:
        menu = versions.in_force(session, desk.served().id)
        return menu.document if menu is not None else books.empty()

    answer = _act(deed, at="")
    say(_("The draft is again what is in force. What it said stands in the audit."))
    return answer


def done(changed: desk.Changed, menu: str, at: list[str]) -> AnyResponse | Shown:
    """Go back to the editor; where the change was not saved, say why, with the draft as it is now."""
    if changed.is_stale or changed.is_gone:
        return desk.editor(menu=menu, at=at[0] if at else None, is_overtaken=True), 409
    if changed.no_room:
        say(_("There is no room: three buttons on the bar, five in a group, no group in a group."), "warning")
    return redirect(url_for("admin.menus.edit", menu=menu, at=at[0] if at else None), 303)


def _act(deed: Callable[[Book, ScopedSession], Book], *, at: str | None = None) -> AnyResponse | Shown:
    button_id = request.form.get("id", "") if at is None else at
    return done(desk.change(deed), request.form.get("menu", ""), [button_id] if button_id else [])
