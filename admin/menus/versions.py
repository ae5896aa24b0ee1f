"""Versions: what each changed, WeChat's answer, going back to one, and calling a scheduled one off."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.menus import desk, publishing, words
from admin.menus.acts import Shown, done
from admin.menus.blueprint import pages
from admin.office import changing, find, reading, record
from admin.paging import page
from bot.db.scoped import ScopedSession
from bot.menus import books, checks, diff, drafts
from bot.menus import versions as bot_versions
from bot.menus.books import Book
from bot.menus.models import Menu
from bot.users.roles import Permission
from bot.wechat.codes import TABLE


@pages.get("/versions")
@allowed(Permission.MENUS_SEE)
def listing() -> str:
    """List the account's versions, newest first."""
    with reading() as session:
        rows = page(session, select(Menu).filter_by(account_id=desk.served().id), by=Menu.id)
        return render_template("admin/menus/versions.html", page=rows, words=words)


@pages.get("/versions/<int:key>")
@allowed(Permission.MENUS_SEE)
def show(key: int) -> str:
    """Show one version, and what it changed."""
    with reading() as session:
        return _shown(session, _find(session, key), Form())


@pages.post("/versions/<int:key>/publish")
@allowed(Permission.MENUS_PUBLISH)
def publish_again(key: int) -> AnyResponse | Shown:
    """Go back to a version: it is published once more, as a new one."""
    form, one = Form.sent(), desk.served()
    note = form.text("note", longest=160)
    elsewhere = publishing.made_elsewhere(one)
    if form.is_right and elsewhere is not None and not form.ticked("over"):
        with reading() as session:
            return _shown(session, _find(session, key), form, elsewhere=True), 409
    with changing() as session:
        row = _find(session, key)
        problems = checks.errors(checks.check(row.document, tags=desk.names_of_tags(session)))
        for problem in problems[:1]:
            form.wrong("note", _("WeChat would not take it: %(why)s", why=words.problem(problem)))
        if not form.is_right:
            return _shown(session, row, form), 422
        said = _("Back to version %(n)s: %(note)s", n=row.number, note=note)
        publishing.again(session, one, row.document, str(said), over=elsewhere)
    return redirect(url_for("admin.menus.edit"), 303)


@pages.post("/versions/<int:key>/cancel")
@allowed(Permission.MENUS_PUBLISH)
def cancel(key: int) -> AnyResponse:
    """Call a scheduled version off, unless its time has come."""
    with changing() as session:
        row = _find(session, key)
        number = row.number
        is_off = bot_versions.cancel(session, row)
        if is_off:
            record(
                session, "menu.cancelled", row, before={"state": "scheduled"}, after={"state": "cancelled"}
            )
    if is_off:
        say(_("Version %(n)s is called off.", n=number))
    else:
        say(_("Version %(n)s is on its way already, or does not wait any more.", n=number), "warning")
    return redirect(url_for("admin.menus.show", key=key), 303)


@pages.post("/versions/<int:key>/edit")
@allowed(Permission.MENUS_CHANGE)
def edit_from(key: int) -> AnyResponse | Shown:
    """Make the draft what this version says; nothing is published by it."""

    def deed(_book: Book, session: ScopedSession) -> Book:
        return _find(session, key).document

    changed = desk.change(deed)
    if changed.is_done:
        say(_("The draft is now what that version says."))
    return done(changed, books.DEFAULT, [])


def _find(session: ScopedSession, key: int) -> Menu:
    row = find(session, Menu, key)
    if row.account_id != desk.served().id:
        raise NotFound
    return row


def _shown(session: ScopedSession, row: Menu, form: Form, *, elsewhere: bool = False) -> str:
    earlier = select(Menu).where(Menu.account_id == row.account_id, Menu.number < row.number)
    before = session.scalars(earlier.order_by(Menu.number.desc()).limit(1)).first()
    in_force = bot_versions.in_force(session, row.account_id)
    code = TABLE.get(row.code) if row.code is not None else None
    return render_template(
        "admin/menus/version.html",
        form=form,
        elsewhere=elsewhere,
        row=row,
        before=before,
        changes=diff.changes(before.document if before else books.empty(), row.document),
        to_in_force=diff.changes(in_force.document, row.document) if in_force else [],
        in_force=in_force,
        remedy=words.remedy(row.code) if row.code is not None else "",
        meaning=code.meaning if code is not None else "",
        tags=desk.names_of_tags(session),
        draft=drafts.load(session, row.account_id),
        words=words,
        books=books,
        menu=request.args.get("menu") or books.DEFAULT,
    )
