"""Publishing the draft, now or later. What changes is shown first; a menu made elsewhere is asked about."""

from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.formats import HERE, exact
from admin.forms import Form
from admin.menus import desk, words
from admin.menus.blueprint import pages
from admin.menus.taking_over import answer, at_wechat
from admin.office import changing, reading, record, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.errors import WeChatError
from bot.menus import books, checks, diff, drafts, importing, versions
from bot.menus.books import Book
from bot.menus.importing import Theirs
from bot.router import Served
from bot.users.roles import Permission

Shown = str | tuple[str, int]
LATEST = timedelta(days=365)


@pages.get("/publish")
@allowed(Permission.MENUS_PUBLISH)
def review() -> str:
    """Show what publishing the draft would change, and what keeps it from being published."""
    return _page(Form())


@pages.post("/publish")
@allowed(Permission.MENUS_PUBLISH)
def publish() -> AnyResponse | Shown:
    """Hand the draft over, if it is still the one that was looked at."""
    form, one, now = Form.sent(), desk.served(), utc_now()
    note = form.text("note", longest=200)
    due_at = _due(form, now)
    with reading() as session:
        draft = drafts.load(session, one.id)
        wrong = checks.errors(checks.check(draft.book, tags=desk.names_of_tags(session)))
    if not form.is_right or wrong:
        return _page(form), 422
    try:
        theirs = at_wechat(one)
    except WeChatError as error:
        theirs = None
        if not _has_published(one):
            form.wrong(
                "note",
                _("WeChat does not answer now, and we do not know which menu it has: %(why)s", why=error),
            )
            return _page(form), 422
    stranger = _stranger(one, theirs)
    if stranger is not None and not form.ticked("over"):
        return _page(form, stranger=stranger), 409
    with changing() as session:
        if drafts.load(session, one.id).version != desk.sent_version():
            return _page(form, is_overtaken=True), 409
        if stranger is not None:
            _keep(session, one, stranger, now)
        _hand_over(session, one, draft.book, note, now=now, due_at=due_at)
    _tell(due_at)
    return redirect(url_for("admin.menus.edit"), 303)


def made_elsewhere(one: Served) -> Theirs | None:
    """Return what WeChat has, if it is not ours; None as well while WeChat does not answer."""
    try:
        return _stranger(one, at_wechat(one))
    except WeChatError:
        return None


def again(session: ScopedSession, one: Served, book: Book, note: str, *, over: Theirs | None) -> None:
    """Hand an older version over once more; `over`, which it replaces, is kept."""
    now = utc_now()
    if over is not None:
        _keep(session, one, over, now)
    _hand_over(session, one, book, note, now=now)
    _tell(None)


def _stranger(one: Served, theirs: Theirs | None) -> Theirs | None:
    if theirs is None:
        return None
    with reading() as session:
        return None if _is_known(session, one, theirs) else theirs


def _hand_over(
    session: ScopedSession,
    one: Served,
    book: Book,
    note: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    in_force = versions.in_force(session, one.id)
    answer(session, one, books.texts(book))
    row = versions.add(
        session,
        account=one.name,
        account_id=one.id,
        book=book,
        author=visitor.name,
        author_id=visitor.user_id,
        note=note,
        now=now,
        due_at=due_at,
    )
    tags = desk.names_of_tags(session)
    record(
        session,
        "menu.scheduled" if due_at else "menu.published",
        row,
        before=words.outline(in_force.document, tags) if in_force else None,
        after=words.outline(book, tags) | {"due_at": exact(due_at or now)},
        reason=note,
    )


def _tell(due_at: datetime | None) -> None:
    if due_at is None:
        say(_("The menu is on its way to WeChat. Phones show it within five minutes."))
    else:
        say(_("The menu will be published at %(time)s.", time=exact(due_at)[:16]))


def _due(form: Form, now: datetime) -> datetime | None:
    if form.values.get("when") != "later":
        return None
    try:
        due_at = datetime.fromisoformat(str(form.values.get("due", ""))).replace(tzinfo=HERE)
    except ValueError:
        form.wrong("due", _("A day and a time."))
        return None
    if not now < due_at < now + LATEST:
        form.wrong("due", _("A time to come, within a year."))
    return due_at


def _has_published(one: Served) -> bool:
    with reading() as session:
        return versions.in_force(session, one.id) is not None


def _is_known(session: ScopedSession, one: Served, theirs: Theirs) -> bool:
    """Tell whether WeChat's menu is one of ours: the one in force, or one that is on its way."""
    if theirs.is_empty:
        return True
    found = importing.read(theirs, importing.known_tags(session, one.id))
    if found.left_out or found.answers:
        return False
    ours = [versions.in_force(session, one.id), *versions.waiting(session, one.id)]
    return any(menu is not None and books.same(menu.document, found.book) for menu in ours)


def _keep(session: ScopedSession, one: Served, theirs: Theirs, now: datetime) -> None:
    found = importing.read(theirs, importing.learn_tags(session, one.id, theirs, now=now))
    note = _("What WeChat had before, made elsewhere")
    versions.keep_found(session, account_id=one.id, found=found, note=str(note), now=now)


def _page(form: Form, *, stranger: Theirs | None = None, **more: Any) -> str:
    one = desk.served()
    with reading() as session:
        draft = drafts.load(session, one.id)
        in_force = versions.in_force(session, one.id)
        tags = desk.names_of_tags(session)
        problems = checks.check(draft.book, tags=tags)
        found = importing.read(stranger, importing.known_tags(session, one.id)) if stranger else None
        return render_template(
            "admin/menus/publish.html",
            form=form,
            draft=draft,
            in_force=in_force,
            tags=tags,
            problems=problems,
            errors=checks.errors(problems),
            buttons={place.button["id"]: diff.path_name(place) for place in books.places(draft.book)},
            changes=diff.changes(in_force.document if in_force else books.empty(), draft.book),
            silent=sorted(desk.silent_keys(session, one, books.keys(draft.book))),
            stranger=found.book["default"] if found else None,
            stranger_changes=diff.changes(found.book, draft.book) if found else [],
            words=words,
            earliest=f"{utc_now().astimezone(HERE):%Y-%m-%dT%H:%M}",
            **more,
        )
