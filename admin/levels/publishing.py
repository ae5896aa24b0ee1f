"""Publishing the draft: what changes by it, and from now on it counts."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.head_office import head_office_only
from admin.levels import drafts, words
from admin.levels.blueprint import pages
from admin.office import changing, reading, record, visitor
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.levels import versions
from bot.levels.models import LevelVersion
from bot.levels.versions import PublishedMeanwhile
from bot.users.roles import Permission


@pages.get("/publish")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def ask() -> str:
    """Show what would change, and ask why."""
    return _asked(Form())


@pages.post("/publish")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def publish() -> AnyResponse | tuple[str, int]:
    """Publish the draft, unless somebody changed it meanwhile; members are looked at in the background."""
    form = Form.sent()
    note = form.text("note", longest=200)
    row = None
    try:
        with changing() as session:
            row = _published(session, form, note)
    except StaleDataError:
        form.wrong("note", _("Somebody else changed the draft meanwhile. Look, and publish again."))
    if row is None or not form.is_right:
        return _asked(form), 422
    say(_("The levels are published. Members who have reached more rise within minutes."))
    return redirect(url_for("admin.levels.listing"), 303)


def _published(session: ScopedSession, form: Form, note: str) -> LevelVersion | None:
    draft = drafts.of(session)
    if str(form.values.get("version")) != str(draft.version):
        form.wrong("note", _("Somebody else changed the draft meanwhile. Look, and publish again."))
    if draft.ladder is None:
        form.wrong("note", _("Something is wrong with the draft."))
    if not form.is_right:
        return None
    try:
        row = versions.publish(session, draft.definition, note=note, by=visitor.name, now=utc_now())
    except PublishedMeanwhile:
        form.wrong("note", _("Somebody else published a moment ago. Look, and publish again."))
        return None
    if draft.row is not None:
        session.delete(draft.row)
    session.flush()
    subject = Subject("level_version", str(row.id), f"v{row.number}")
    levels = {one["name"]: one["threshold"] for one in row.definition["levels"]}
    record(session, "level_version.published", subject, after={"number": row.number, **levels}, reason=note)
    return row


def _asked(form: Form) -> str:
    with reading() as session:
        draft = drafts.of(session)
    form.values["version"] = draft.version
    old = draft.current.ladder if draft.current else None
    changes = words.changes(old, draft.ladder) if draft.ladder else []
    return render_template("admin/levels/publish.html", form=form, draft=draft, changes=changes)
