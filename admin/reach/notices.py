"""The notices: to whom, what, by which way, and why not; and taking back what was not sent yet."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies, scanning
from admin.access import allowed
from admin.days import day_bounds
from admin.office import changing, find, reading, record
from admin.reach import words
from admin.reach.blueprint import pages
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.keys import key_in
from bot.reach import planning
from bot.reach.models import NoticeState, ReachContent, ReachNotice
from bot.users.roles import Permission

LONGEST_BATCH = 40


@pages.get("/")
@allowed(Permission.REACH_SEE)
def listing() -> str:
    """List the notices to fans of the visitor's scope, the newest first."""
    wanted = wanted_by(request.args)
    with reading() as session:
        found = scanning.scan(session, wanted, by=ReachNotice.id)
        fan_ids = {row.fan_id for row in found.rows}
        fans = {fan.id: fan for fan in session.scalars(select(Fan).where(Fan.id.in_(fan_ids)))}
        contents = contents_of(session, found.rows)
    return render_template(
        "admin/reach/list.html",
        page=found,
        fans=fans,
        contents=contents,
        words=words,
        still=planning.NOT_SENT,
        asked_fan=key_in(request.args.get("fan")),
    )


@pages.post("/<int:key>/take-back")
@allowed(Permission.REACH_CHANGE)
def take_back(key: int) -> AnyResponse:
    """Do not send a notice that was not sent yet. A pump may take it up meanwhile: the first of them wins."""
    with changing() as session:
        row = find(session, ReachNotice, key)
        before = {"state": row.state}
        is_in_time = bool(planning.take_back(session, [row.id]))
        if is_in_time:
            after = {"state": NoticeState.CANCELLED.value}
            record(session, "reach_notice.taken_back", row, before=before, after=after)
    if is_in_time:
        cookies.say(_("Taken back; it is not sent."))
    else:
        cookies.say(_("Too late: it was sent or settled in the meantime."), "warning")
    return redirect(url_for("admin.reach.listing", fan=row.fan_id), 303)


def wanted_by(asked: Any) -> Select[ReachNotice]:
    """Return the notices that the filters leave."""
    wanted = select(ReachNotice)
    if (fan := key_in(asked.get("fan"))) is not None:
        wanted = wanted.where(ReachNotice.fan_id == fan)
    for name, column, known in (
        ("state", ReachNotice.state, words.STATES),
        ("route", ReachNotice.route, words.ROUTES),
        ("reason", ReachNotice.reason, words.REASONS),
        ("intent", ReachNotice.intent, words.INTENTS),
    ):
        if (value := asked.get(name, "")) in known:
            wanted = wanted.where(column == value)
    if batch := asked.get("batch", "").strip()[:LONGEST_BATCH]:
        wanted = wanted.where(ReachNotice.batch == batch)
    since, until = day_bounds(asked.get("since", ""), asked.get("until", ""))
    if since:
        wanted = wanted.where(ReachNotice.created_at >= since)
    if until:
        wanted = wanted.where(ReachNotice.created_at < until)
    return wanted


def contents_of(session: ScopedSession, rows: Sequence[ReachNotice]) -> dict[int, str]:
    """Return what each notice says, by its id, with numbers masked."""
    ids = {row.content_id for row in rows}
    found = {one.id: one for one in session.scalars(select(ReachContent).where(ReachContent.id.in_(ids)))}
    return {
        row.id: words.content(found[row.content_id], row.facts) for row in rows if row.content_id in found
    }
