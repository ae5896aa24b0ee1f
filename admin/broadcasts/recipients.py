"""Who got a broadcast, and who did not and why, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from sqlalchemy import ColumnElement, Select, false, func, select

from admin.access import allowed
from admin.broadcasts import reach_words, words
from admin.broadcasts.blueprint import pages
from admin.office import find, reading
from admin.paging import page
from bot.broadcasts.models import Broadcast, MassRecipient, MassSend, Way
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.links.models import LinkClick, ShortLink
from bot.reach.models import NoticeState, ReachNotice, Reason
from bot.users.roles import Permission


@dataclass(frozen=True, slots=True)
class Recipient:
    """One fan of a broadcast, as the list and the export show them."""

    fan_id: int
    openid: str
    state: str
    route: str | None
    reason: str | None
    at: datetime | None
    clicks: int


@pages.get("/<int:key>/recipients")
@allowed(Permission.BROADCASTS_SEE)
def listing_of(key: int) -> str:
    """List the recipients in the visitor's scope, the newest fans first."""
    with reading() as session:
        row = find(session, Broadcast, key)
        model = ReachNotice if row.way == Way.PLANNER else MassRecipient
        found = page(session, wanted(row, request.args), by=model.id)
        rows = described(session, row, found.rows)
    return render_template(
        "admin/broadcasts/recipients.html",
        row=row,
        page=found,
        rows={one.id: shown for one, shown in zip(found.rows, rows, strict=True)},
        words=words,
        reach_words=reach_words,
    )


def wanted(row: Broadcast, asked: Mapping[str, str]) -> Select[Any]:
    """Select the recipients that are asked for by `state`, `reason` and `clicked`."""
    state, reason = asked.get("state", ""), asked.get("reason", "")
    if row.way != Way.PLANNER:
        masses = select(MassRecipient).where(MassRecipient.broadcast_id == row.id)
        if reason in words.LEFT_OUT:
            masses = masses.where(MassRecipient.reason == reason)
        return masses
    notices = select(ReachNotice).where(ReachNotice.batch == row.batch)
    if state in set(NoticeState):
        notices = notices.where(ReachNotice.state == state)
    if reason in set(Reason):
        notices = notices.where(ReachNotice.reason == reason)
    if asked.get("clicked"):
        clicked = select(LinkClick.id).where(LinkClick.fan_id == ReachNotice.fan_id, *_counts_for(row))
        notices = notices.where(clicked.exists())
    return notices


def _counts_for(row: Broadcast) -> tuple[ColumnElement[bool], ...]:
    """Return which clicks are the broadcast's: of its links, since it began; before that come trials."""
    links = select(ShortLink.id).where(ShortLink.owner == row.batch)
    since = LinkClick.at >= row.started_at if row.started_at is not None else false()
    return LinkClick.link_id.in_(links), since


def described(session: ScopedSession, row: Broadcast, found: Sequence[Any]) -> list[Recipient]:
    """Return the rows with their fans and clicks."""
    ids = [one.fan_id for one in found]
    openids = {
        one.id: one.openid for one in session.execute(select(Fan.id, Fan.openid).where(Fan.id.in_(ids)))
    }
    clicks: dict[int, int] = {}
    if row.way == Way.PLANNER:
        counted = select(LinkClick.fan_id, func.count(LinkClick.id)).where(
            LinkClick.fan_id.in_(ids), *_counts_for(row)
        )
        clicks = {one[0]: one[1] for one in session.execute(counted.group_by(LinkClick.fan_id))}
    sends: dict[int, MassSend] = {}
    if row.way != Way.PLANNER:
        sends = {
            one.id: one for one in session.scalars(select(MassSend).where(MassSend.broadcast_id == row.id))
        }
    return [_described(one, openids.get(one.fan_id, ""), clicks.get(one.fan_id, 0), sends) for one in found]


def _described(one: Any, openid: str, clicks: int, sends: dict[int, MassSend]) -> Recipient:
    if isinstance(one, ReachNotice):
        return Recipient(one.fan_id, openid, one.state, one.route, one.reason, one.sent_at, clicks)
    send = sends.get(one.mass_send_id or 0)
    state = send.state if send else "skipped"
    return Recipient(one.fan_id, openid, state, None, one.reason, send.finished_at if send else None, 0)
