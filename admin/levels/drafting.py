"""Writing the draft of the ladder, and trying it on all members."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.head_office import head_office_only
from admin.levels import drafts, ladder_forms, words
from admin.levels.blueprint import pages
from admin.office import OutOfSight, actor, changing, reading, record, visitor
from bot.audit import Subject
from bot.batches.models import Batch
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.levels import ladder, simulating, versions
from bot.levels.ladder import BadLadder
from bot.users.roles import Permission

SUBJECT = Subject("level_draft", "1")
Answer = AnyResponse | tuple[str, int] | str


@pages.get("/draft")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def draft() -> str:
    """Show the draft as a form, a slot for each level."""
    with reading() as session:
        found = drafts.of(session)
    return _form(Form({**ladder_forms.values_of(found.definition), "version": found.version}))


@pages.post("/draft")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def save() -> Answer:
    """Save the draft, unless somebody else has meanwhile."""
    form = Form.sent()
    definition = ladder_forms.definition_of(form)
    if not form.is_right:
        return _form(form), 422
    try:
        with changing() as session:
            _put(session, form, definition)
    except (StaleDataError, IntegrityError):  # the latter of two who begin a draft at once
        form.wrong(
            "levels", _("Somebody else changed the draft meanwhile. Look at it, and enter this again.")
        )
        return _form(form), 409
    say(_("The draft is saved. Nothing counts before it is published."))
    return redirect(url_for("admin.levels.ask"), 303)


@pages.post("/draft/discard")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def discard() -> AnyResponse:
    """Throw the draft away; the next begins from what is in force."""
    with changing() as session:
        row = versions.draft(session)
        if row is not None:
            session.delete(row)
            record(session, "level_draft.discarded", SUBJECT, before=_said(row.definition))
    say(_("The draft is thrown away."))
    return redirect(url_for("admin.levels.listing"), 303)


@pages.post("/draft/simulate")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def simulate() -> AnyResponse:
    """Begin to try the draft on all members."""
    with changing() as session:
        found = drafts.of(session)
        title = str(_("Other levels, tried on all members"))
        try:
            batch = simulating.begin(
                session, definition=found.definition, title=title, maker=actor(), now=utc_now()
            )
        except BadLadder:
            say(_("Something is wrong with the draft."), "warning")
            return redirect(url_for("admin.levels.draft"), 303)
        record(session, "level_draft.simulated", batch)
    return redirect(url_for("admin.levels.simulated", key=batch.id), 303)


@pages.get("/simulations/<int:key>")
@allowed(Permission.LEVELS_CHANGE)
@head_office_only
def simulated(key: int) -> str:
    """Show who would stand where; the page reloads until it is done."""
    with reading() as session:
        mine = Batch.created_by_id == visitor.user_id
        batch = session.scalar(select(Batch).where(Batch.id == key, Batch.kind == simulating.KIND, mine))
        if batch is None:
            raise OutOfSight(Subject(Batch.__tablename__, str(key)))
        names = versions.names(session)
    tried = ladder.read(batch.arguments["definition"])
    found = {"now": {}, "then": {}, "up": 0, "down": 0, **batch.notes}
    names = {**names, **{one.key: one.name for one in tried.levels}}
    keys = dict.fromkeys([*(one.key for one in tried.levels), *found["now"]])
    return render_template(
        "admin/levels/simulated.html",
        batch=batch,
        rows=[(names.get(k, k), found["now"].get(k, 0), found["then"].get(k, 0)) for k in keys],
        up=found["up"],
        down=found["down"],
        is_over=batch.finished_at is not None,
    )


def _put(session: ScopedSession, form: Form, definition: Mapping[str, Any]) -> None:
    now = drafts.of(session)
    if str(form.values.get("version")) != str(now.version):
        raise StaleDataError  # as the flush would say it
    versions.put_draft(session, definition, by=visitor.name, now=utc_now())
    record(session, "level_draft.changed", SUBJECT, before=_said(now.definition), after=_said(definition))


def _form(form: Form) -> str:
    used = [slot for slot in ladder_forms.SLOTS if form.values.get(f"l{slot}_name")]
    return render_template(
        "admin/levels/draft.html",
        form=form,
        words=words,
        slots=ladder_forms.SLOTS,
        shown=max([*used, 1]) + 1,
    )


def _said(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in definition.items() if name != "levels"}} | {
        f"level {place}": f"{row['name']} {row['threshold']}"
        for place, row in enumerate(definition.get("levels", []), 1)
    }
