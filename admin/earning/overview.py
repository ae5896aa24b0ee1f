"""The rules in force, the versions there were, and publishing the draft."""

from datetime import date, datetime, time

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.earning import books, sentences
from admin.earning.blueprint import pages
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import changing, find, reading, record, visitor
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.earning import versions
from bot.earning.models import EarningVersion
from bot.earning.rules.reading import read
from bot.earning.versions import InThePast, PublishedMeanwhile
from bot.moments import HERE
from bot.users.roles import Permission


@pages.get("/")
@allowed(Permission.EARNING_SEE)
def listing() -> str:
    """Show the rules in force in sentences, how they come together, and all versions."""
    with reading() as session:
        current, book = books.in_force(session)
        names = books.names(session)
        draft = books.draft_of(session)
        rows = versions.listed(session)
    return render_template(
        "admin/earning/overview.html",
        current=current,
        tree=books.tree(book, names),
        draft=draft,
        versions=rows,
        now=utc_now(),
        version=None,
    )


@pages.get("/versions/<int:key>")
@allowed(Permission.EARNING_SEE)
def show(key: int) -> str:
    """Show one published version as it will stay."""
    with reading() as session:
        version = find(session, EarningVersion, key)
        names = books.names(session)
    return render_template(
        "admin/earning/version.html", version=version, tree=books.tree(read(version.definition), names)
    )


@pages.get("/publish")
@allowed(Permission.EARNING_PUBLISH)
@head_office_only
def ask() -> str:
    """Show what would change, and ask from when."""
    return _asked(Form({"when": "midnight"}))


@pages.post("/publish")
@allowed(Permission.EARNING_PUBLISH)
@head_office_only
def publish() -> AnyResponse | tuple[str, int]:
    """Publish the draft, unless somebody changed it meanwhile."""
    form = Form.sent()
    note = form.text("note", longest=200)
    now = utc_now()
    from_moment = _moment(form, now)
    row = None
    try:
        with changing() as session:
            row = _published(session, form, note=note, from_moment=from_moment, now=now)
    except StaleDataError:  # the draft was saved, or published, while we looked
        form.wrong("note", _("Somebody else changed the draft meanwhile. Look, and publish again."))
    if row is None or not form.is_right:
        return _asked(form), 422
    say(_("Version %(n)s is published.", n=row.number))
    return redirect(url_for("admin.earning_rules.listing"), 303)


def _published(
    session: ScopedSession, form: Form, *, note: str, from_moment: datetime | None, now: datetime
) -> EarningVersion | None:
    """Publish what the form was shown; None, and said in the form, if it cannot be."""
    draft = books.draft_of(session)
    if str(form.values.get("version")) != str(draft.version):
        form.wrong("note", _("Somebody else changed the draft meanwhile. Look, and publish again."))
    if draft.book is None or not draft.book.rules:
        form.wrong("note", _("The draft has no rules, or something is wrong with it."))
    if not form.is_right or from_moment is None:
        return None
    try:
        row = versions.publish(
            session, draft.definition, note=note, in_force_from=from_moment, by=visitor.name, now=now
        )
    except PublishedMeanwhile:
        form.wrong("note", _("Somebody else published a moment ago. Look, and publish again."))
        return None
    except InThePast:
        form.wrong("day", _("A version judges what happens from now on."))
        return None
    if draft.row is not None:
        session.delete(draft.row)
    session.flush()
    after = {"number": row.number, "in_force_from": row.in_force_from, "rules": len(draft.rules)}
    subject = Subject("earning_version", str(row.id), f"v{row.number}")
    record(session, "earning_version.published", subject, after=after, reason=note)
    return row


def _asked(form: Form) -> str:
    with reading() as session:
        draft = books.draft_of(session)
        _current, book = books.in_force(session)
        names = books.names(session)
    form.values["version"] = draft.version
    changes = sentences.changes(book, draft.book, names) if draft.book else []
    return render_template("admin/earning/publish.html", form=form, draft=draft, changes=changes)


def _moment(form: Form, now: datetime) -> datetime | None:
    """Return from when: now, or the midnight with which a day begins in Shanghai."""
    if form.values.get("when") == "now":
        return now
    try:
        day = date.fromisoformat(form.text("day", longest=10))
    except ValueError:
        form.wrong("day", _("A day such as 2026-11-03."))
        return None
    return datetime.combine(day, time(), HERE)
