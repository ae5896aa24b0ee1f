"""One segment: its conditions, counted while they are written."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin import scanning
from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, reading, record, refuse_hidden, survey, visitor
from admin.segments import rows, words
from admin.segments.blueprint import pages
from admin.segments.names import SCOPED, Names, names_in
from admin.segments.rows import Row
from bot.broadcasts.models import Broadcast, BroadcastState
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.keys import key_in
from bot.segments import compiling, slices
from bot.segments.conditions import Junction
from bot.segments.fields import FIELDS, Ask, Kind
from bot.segments.models import Segment
from bot.users.roles import Permission

Shown = str | tuple[str, int]


@pages.get("/new")
@allowed(Permission.BROADCASTS_CHANGE)
def new() -> str:
    """Show an empty form, with the condition most begin with."""
    first = rows.new("all")
    first.field, first.ask, first.values = "standing", Ask.ANY.value, ["following"]
    with reading() as session:
        return _page(session, Form({"version": 0}), None, [first])


@pages.post("/new")
@allowed(Permission.BROADCASTS_CHANGE)
def add() -> AnyResponse | Shown:
    """Add a segment."""
    form, found = _sent()
    with changing() as session:
        values = _values(form, found, names_in(session))
        if not form.is_right or _adds_a_row(form, found):
            return _page(session, form, None, found), 422 if not form.is_right else 200
        now = utc_now()
        segment = Segment(
            **values,
            created_by_id=visitor.user_id,
            created_by=visitor.name,
            created_at=now,
            shared_at=now if form.ticked("shared") else None,
        )
        session.add(segment)
        session.flush()
        record(session, "segment.added", segment, after=_facts(segment))
    say(_("Saved."))
    return redirect(url_for("admin.segments.show", key=segment.id), 303)


@pages.get("/<int:key>")
@allowed(Permission.BROADCASTS_SEE)
def show(key: int) -> str:
    """Show one segment."""
    with reading() as session:
        segment = find(session, Segment, key)
        form = Form({"name": segment.name, "note": segment.note, "version": segment.version})
        form.values["shared"] = ["yes"] if segment.shared_at else []
        return _page(session, form, segment, rows.rows_of(segment.document))


@pages.post("/<int:key>")
@allowed(Permission.BROADCASTS_CHANGE)
def change(key: int) -> AnyResponse | Shown:
    """Change it, unless somebody else has since the form was opened. What was submitted keeps its copy."""
    form, found = _sent()
    try:
        with changing() as session:
            segment = find(session, Segment, key)
            names = names_in(session)
            values = _values(form, found, names, segment)
            if not form.is_right or _adds_a_row(form, found):
                return _page(session, form, segment, found), 422 if not form.is_right else 200
            if str(form.values.get("version")) != str(segment.version):
                return _stale(session, form, segment, found)
            before = _facts(segment)
            segment.shared_at = (segment.shared_at or utc_now()) if form.ticked("shared") else None
            for name, value in values.items():
                setattr(segment, name, value)
            record(session, "segment.changed", segment, before=before, after=_facts(segment))
    except StaleDataError:
        with reading() as session:
            return _stale(session, form, find(session, Segment, key), found)
    say(_("Saved."))
    return redirect(url_for("admin.segments.show", key=key), 303)


@pages.post("/<int:key>/delete")
@allowed(Permission.BROADCASTS_CHANGE)
def delete(key: int) -> AnyResponse:
    """Delete it, unless a draft is for it. What was submitted or sent has its own copy of the conditions."""
    with changing() as session:
        segment = find(session, Segment, key)
        drafts = select(Broadcast.name).where(
            Broadcast.segment_id == key, Broadcast.state == BroadcastState.DRAFT.value
        )
        if (name := session.scalar(drafts.limit(1))) is not None:
            say(_("The draft %(name)s is for this segment. Choose another there first.", name=name), "danger")
            return redirect(url_for("admin.segments.show", key=key), 303)
        record(session, "segment.deleted", segment, before=_facts(segment))
        session.delete(segment)
    say(_("Deleted."))
    return redirect(url_for("admin.segments.listing"), 303)


@pages.post("/row")
@allowed(Permission.BROADCASTS_CHANGE)
def row() -> str:
    """Return one row of the editor: an empty one, or one whose field was changed."""
    # htmx sends the whole form from within one.
    found = [one for one in rows.sent(Form.sent()) if one.id == request.args.get("of")]
    if request.args.get("new"):
        found = [rows.new(request.args["new"])]
    if not found:
        raise NotFound
    with reading() as session:
        return render_template("admin/segments/row.html", row=found[0], **_words(names_in(session)))


@pages.post("/count")
@allowed(Permission.BROADCASTS_SEE)
def count() -> str:
    """Count whom the conditions of the form reach, in the visitor's scope, as far as half a second allows."""
    found = rows.sent(Form.sent())
    document = rows.document_of(found)
    served, counted = account(), None
    if served is not None and not any(one.error for one in found):
        wanted = compiling.select(document, account_id=served.id, now=utc_now())
        counted = survey(
            lambda session: slices.count(session, wanted, newest=scanning.newest(session, Fan.id))
        )
    return render_template("admin/segments/count.html", counted=counted, account=served)


def _sent() -> tuple[Form, list[Row]]:
    form = Form.sent()
    return form, rows.sent(form)


def _adds_a_row(form: Form, found: list[Row]) -> bool:
    """Add the row that a button without a script asks for."""
    block = str(form.values.get("add", ""))
    if block not in set(Junction):
        return False
    found.append(rows.new(block))
    return True


def _values(form: Form, found: list[Row], names: Names, segment: Segment | None = None) -> dict[str, Any]:
    name = form.text("name", longest=64)
    note = form.text("note", longest=200, required=False)
    if segment is not None and form.values.get("kept"):
        return {"name": name, "note": note, "document": segment.document}
    document = rows.document_of(found)
    known = rows.rows_of(segment.document) or [] if segment else []
    kept = {(one.field, value) for one in known for value in one.values}
    for one in found:
        if one.about is not None and one.about.kind in {Kind.KEYS, Kind.NAMES}:
            offered = {str(key) for key in names.of[one.about.of]}
            unknown = [v for v in one.values if v not in offered and (one.field, v) not in kept]
            if unknown and one.about.of in SCOPED:
                refuse_hidden(SCOPED[one.about.of], (k for v in unknown if (k := key_in(v)) is not None))
            if unknown:
                one.error = one.error or str(_("Please choose one of these."))
        if one.error:
            form.wrong(one.id, one.error)
    return {"name": name, "note": note, "document": document}


def _facts(segment: Segment) -> dict[str, Any]:
    return {
        "name": segment.name,
        "note": segment.note,
        "document": segment.document,
        "shared": segment.shared_at is not None,
    }


def _stale(session: ScopedSession, form: Form, segment: Segment, found: list[Row]) -> Shown:
    form.values["version"] = segment.version
    return _page(session, form, segment, found, is_conflict=True), 409


def _words(names: Names) -> dict[str, Any]:
    return {"names": names, "words": words, "fields": FIELDS, "Ask": Ask, "Kind": Kind}


def _page(
    session: ScopedSession, form: Form, segment: Segment | None, found: list[Row] | None, **more: Any
) -> str:
    mine = segment is None or visitor.scope.everything or segment.created_by_id == visitor.user_id
    return render_template(
        "admin/segments/form.html",
        form=form,
        segment=segment,
        rows=found,
        blocks=rows.BLOCKS,
        may=mine and visitor.may(Permission.BROADCASTS_CHANGE),
        **_words(names_in(session)),
        **more,
    )
