"""Taking the recipients along: at once while they are few, as a task where they are many."""

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin import scanning
from admin.access import allowed
from admin.broadcasts import sheet
from admin.broadcasts.blueprint import pages
from admin.cookies import say
from admin.forms import Form
from admin.office import actor, changing, find, reading, record
from admin.sheets import handing
from bot.batches import work
from bot.broadcasts.models import Broadcast, MassRecipient, Way
from bot.db import utc_now
from bot.reach.models import ReachNotice
from bot.users.roles import Permission

AT_ONCE = 5_000


@pages.post("/<int:key>/export")
@allowed(Permission.BROADCASTS_EXPORT)
def export(key: int) -> AnyResponse:
    """Export the recipients that the filters leave, with the reason in the audit."""
    form = Form.sent()
    reason = form.text("reason_for", longest=200)  # `reason` is a filter
    asked = {name: str(form.values[name])[:32] for name in sheet.FILTERS if form.values.get(name)}
    asked["broadcast"] = str(key)
    if not form.is_right:
        say(_("Say what the export is for; it stands in the audit."), "danger")
        return redirect(url_for("admin.broadcasts.listing_of", key=key), 303)
    with reading() as session:
        row = find(session, Broadcast, key)
        by = ReachNotice.id if row.way == Way.PLANNER else MassRecipient.id
        bounds = sheet.bounds(session, asked)
        wanted = sheet.wanted(session, asked)
        counted = scanning.count(session, wanted, by=by, bounds=bounds)
        is_short = counted.is_exact and counted.number <= AT_ONCE
        rows = (
            sheet.rows(session, session.scalars(wanted.order_by(by.desc()).limit(AT_ONCE)).all())
            if is_short
            else []
        )
    title = handing.dated(row.name)
    filters = {name: value for name, value in asked.items() if name != "broadcast"}
    if is_short:
        hand = handing.csv if form.values.get("as") == "csv" else handing.excel
        response: AnyResponse = hand(sheet.COLUMNS, rows, title=title)
        with changing() as session:
            after = {"rows": len(rows), "filters": filters}
            record(session, "broadcast.exported", find(session, Broadcast, key), after=after, reason=reason)
        return response
    low, high = (bounds.low, bounds.high) if bounds else (1, scanning.FIRST)
    of = "broadcast_notices" if row.way == Way.PLANNER else "broadcast_mass"
    language = "zh" if handing.in_chinese() else "en"
    with changing() as session:
        batch = work.begin(
            session,
            kind="exports.write",
            title=_("Export: %(name)s", name=row.name),
            arguments={"list": of, "asked": asked, "language": language, "name": title, "from": high},
            total=max(high - low + 1, 0),
            needs=Permission.BROADCASTS_EXPORT,
            maker=actor(),
            now=utc_now(),
        )
        after = {"batch": batch.id, "filters": filters}
        record(session, "broadcast.exported", find(session, Broadcast, key), after=after, reason=reason)
    return redirect(url_for("admin.batches.show", key=batch.id), 303)
