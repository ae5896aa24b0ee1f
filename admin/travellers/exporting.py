"""Taking a list along: at once while it is short, as a batch with its progress where it is long."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin import scanning
from admin.access import allowed
from admin.forms import Form
from admin.hiding import hide
from admin.office import actor, changing, reading, record
from admin.sheets import handing
from admin.travellers.lists import LISTS, List
from bot.audit import Subject
from bot.batches import work
from bot.db import utc_now
from bot.users.roles import Permission

pages = Blueprint("exports", __name__, url_prefix="/exports")
AT_ONCE = 5_000


@pages.post("/fans")
@allowed(Permission.FANS_EXPORT)
def fans() -> AnyResponse | tuple[str, int]:
    """Take the fans along that the filters of their list leave."""
    return _export(LISTS["fans"])


@pages.post("/messages")
@allowed(Permission.FANS_EXPORT)
def messages() -> AnyResponse | tuple[str, int]:
    """Take the messages along that the filters of their list leave."""
    return _export(LISTS["messages"])


def _export(of: List) -> AnyResponse | tuple[str, int]:
    form = Form.sent()
    reason = form.text("reason", longest=200)
    asked = {name: str(form.values[name])[:64] for name in of.filters if form.values.get(name)}
    if not form.is_right:
        return render_template("admin/exports/form.html", form=form, of=of, asked=asked), 422
    said = {name: hide(value) for name, value in asked.items()}
    with reading() as session:
        bounds = of.bounds(session, asked)
        wanted = of.wanted(session, asked)
        counted = scanning.count(session, wanted, by=of.by, bounds=bounds)
        highest = bounds.high if bounds else scanning.newest(session, of.by)
        is_short = counted.is_exact and counted.number <= AT_ONCE
        if is_short:
            found = session.scalars(wanted.order_by(of.by.desc()).limit(AT_ONCE)).all()
            rows = of.rows(session, found)
    title = handing.dated(str(of.title))
    if is_short:
        hand = handing.csv if form.values.get("as") == "csv" else handing.excel
        response: AnyResponse = hand(of.columns, rows, title=title)
        with changing() as session:
            after = {"rows": len(rows), "filters": said}
            record(session, f"{of.name}.exported", Subject(of.name), after=after, reason=reason)
        return response
    language = "zh" if handing.in_chinese() else "en"
    arguments = {"list": of.name, "asked": asked, "language": language, "name": title, "from": highest}
    with changing() as session:
        batch = work.begin(
            session,
            kind="exports.write",
            title=_("Export: %(name)s", name=of.title),
            arguments=arguments,
            total=max(highest - (bounds.low if bounds else 1) + 1, 0),
            needs=Permission.FANS_EXPORT,
            maker=actor(),
            now=utc_now(),
        )
        after = {"batch": batch.id, "filters": said}
        record(session, f"{of.name}.exported", Subject(of.name), after=after, reason=reason)
    return redirect(url_for("admin.batches.show", key=batch.id), 303)
