"""Importing what the account has at WeChat now, console-made menus too, into the draft."""

from collections.abc import Mapping

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.menus import desk
from admin.menus.acts import Shown
from admin.menus.blueprint import pages
from admin.office import changing, record, runtime
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.errors import WeChatError
from bot.menus import drafts, importing
from bot.menus.drafts import Stale
from bot.menus.importing import Imported, Theirs
from bot.replies import menu_texts
from bot.router import Served
from bot.users.roles import Permission


@pages.post("/import")
@allowed(Permission.MENUS_CHANGE)
def take_over() -> AnyResponse | Shown:
    """Make the draft what WeChat has. Nothing is published by it."""
    one, now = desk.served(), utc_now()
    try:
        theirs = at_wechat(one)
    except WeChatError as error:
        say(_("WeChat did not say which menu it has: %(why)s", why=error), "danger")
        return redirect(url_for("admin.menus.edit"), 303)
    if theirs.is_empty:
        say(_("The account has no menu at WeChat. Begin with an empty one."), "info")
        return redirect(url_for("admin.menus.edit"), 303)
    try:
        with changing() as session:
            draft = drafts.load(session, one.id)
            if draft.version != desk.sent_version():
                raise Stale("import")  # noqa: TRY301 - one answer to both ways of being late
            found = importing.read(theirs, importing.learn_tags(session, one.id, theirs, now=now))
            made = answer(session, one, found.answers)
            desk.save(session, one, draft, found.book, "menu.imported")
    except Stale:
        return desk.editor(is_overtaken=True), 409
    _tell(found, made)
    return redirect(url_for("admin.menus.edit"), 303)


def at_wechat(one: Served) -> Theirs:
    """Ask WeChat which menus the account has. Never inside a transaction."""
    return importing.ask(runtime.wechat.of(one.name))


def answer(session: ScopedSession, one: Served, texts: Mapping[str, str]) -> int:
    """Make an auto-reply of each text (by key) that stood in a button, and return how many.

    One in use that answers the key stays, whatever it says.
    """
    made = menu_texts.answer(session, one.id, texts, title=lambda text: _("Menu: %(text)s", text=text))
    for row in made:
        record(session, "auto_reply.added", row, after=menu_texts.said(row))
    return len(made)


def _tell(found: Imported, made: int) -> None:
    said = [_("The draft is what WeChat has. Nothing is published yet.")]
    if made:
        said.append(_("%(n)s texts of buttons became auto-replies with keys.", n=made))
    if found.kept:
        names = "、".join(found.kept)
        said.append(
            _("These came from the console and need another kind before publishing: %(names)s.", names=names)
        )
    if found.left_out:
        said.append(
            _(
                "%(n)s menus by something else than a tag were left out: WeChat does not show them any more.",
                n=found.left_out,
            )
        )
    say(" ".join(map(str, said)), "warning" if found.kept or found.left_out else "success")
