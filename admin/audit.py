"""Who did what, when, before and after; read it, search it, take it along."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Select, select

from admin import audit_words, scanning
from admin.access import allowed
from admin.exports import safe
from admin.formats import HERE, exact
from admin.forms import Form
from admin.office import changing, find, reading, record
from admin.paging import page
from bot.audit import Subject
from bot.audit.models import AuditEntry
from bot.users.roles import Permission

pages = Blueprint("audit", __name__, url_prefix="/audit")
MOST = 50_000
COLUMNS = (
    "id",
    "at",
    "actor",
    "address",
    "action",
    "subject_kind",
    "subject_id",
    "subject_name",
    "reason",
    "before",
    "after",
    "hash",
)


@pages.get("/")
@allowed(Permission.AUDIT_SEE)
def listing() -> str:
    """List what was done, newest first."""
    with reading() as session:
        # Names, subjects and days have an index; the rest is looked through, newest first.
        is_found = any(request.args.get(name) for name in ("who", "subject", "since", "until"))
        listed = page if is_found else scanning.scan
        found = listed(session, _wanted(request.args), by=AuditEntry.id)
    # Asking the entries which actions there are would read them all.
    actions = [(code, str(words)) for code, words in audit_words.ACTIONS.items()]
    return render_template("admin/audit/list.html", page=found, actions=actions)


@pages.get("/<int:key>")
@allowed(Permission.AUDIT_SEE)
def show(key: int) -> str:
    """Show one entry with what changed."""
    with reading() as session:
        entry = find(session, AuditEntry, key)
    return render_template("admin/audit/entry.html", entry=entry, changes=changes_of(entry))


@pages.post("/export")
@allowed(Permission.AUDIT_EXPORT)
def export() -> Response | tuple[str, int]:
    """Hand the filtered entries over as CSV that Excel reads, and write down that this was done, and why."""
    form = Form.sent()
    reason = form.text("reason", longest=200)
    with changing() as session:
        wanted = _wanted(form.values).order_by(AuditEntry.id.desc()).limit(MOST)
        if not form.is_right:
            found = page(session, _wanted(form.values), by=AuditEntry.id)
            return render_template("admin/audit/list.html", page=found, actions=[], form=form), 422
        content = "".join(_lines(session.scalars(wanted).all()))
        filters = {name: form.values[name] for name in FILTERS if form.values.get(name)}
        record(session, "audit.exported", Subject("audit_entry"), after={"filters": filters}, reason=reason)
    # Excel takes a file without the mark for the system's old encoding.
    response = Response("\ufeff" + content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=audit.csv"
    return response


FILTERS = ("who", "action", "kind", "subject", "since", "until")


def _wanted(asked: Any) -> Select[AuditEntry]:
    values = {name: str(asked.get(name, "")).strip()[:64] for name in FILTERS}
    wanted = select(AuditEntry)
    if values["who"]:
        wanted = wanted.where(AuditEntry.actor == values["who"])
    if values["action"]:
        wanted = wanted.where(AuditEntry.action == values["action"])
    if values["kind"]:
        wanted = wanted.where(AuditEntry.subject_kind == values["kind"])
    if values["subject"]:
        wanted = wanted.where(AuditEntry.subject_id == values["subject"])
    if since := _day(values["since"]):
        wanted = wanted.where(AuditEntry.at >= datetime.combine(since, time(), HERE))
    if until := _day(values["until"]):
        wanted = wanted.where(AuditEntry.at < datetime.combine(until + timedelta(1), time(), HERE))
    return wanted


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def changes_of(entry: AuditEntry) -> list[tuple[str, Any, Any, bool]]:
    """Return each fact's name, what it was, what it is, and whether that differs."""
    before, after = (_facts(text) for text in (entry.before, entry.after))
    names = list(dict.fromkeys([*before, *after]))
    return [(name, before.get(name), after.get(name), before.get(name) != after.get(name)) for name in names]


def _facts(text: str | None) -> dict[str, Any]:
    facts = orjson.loads(text) if text else {}
    return facts if isinstance(facts, dict) else {_("all"): facts}


def _lines(entries: Any) -> Iterator[str]:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        values = [getattr(entry, name) for name in COLUMNS]
        writer.writerow([safe(exact(one) if isinstance(one, datetime) else one) for one in values])
    yield out.getvalue()
