"""Recipients as a sheet: their columns, and what stands in a row."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from admin.broadcasts import reach_words, recipients, words
from admin.formats import exact
from admin.scanning import Bounds
from bot.broadcasts.models import Broadcast, MassRecipient, Way
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.reach.models import ReachNotice
from bot.sheets import Column
from bot.sheets.writing import Row

FILTERS = ("broadcast", "state", "reason", "clicked")
COLUMNS = (
    Column("openid", "OpenID", "OpenID", width=32),
    Column("state", "结果", "What became of it", width=20),
    Column("route", "方式", "By", width=16),
    Column("reason", "原因", "Why", width=28),
    Column("at", "送达时间", "Sent", width=20),
    Column("clicks", "点击次数", "Clicks", is_text=False, width=10),
)


def wanted(session: ScopedSession, asked: Mapping[str, str]) -> Select[Any]:
    """Select the recipients of the broadcast asked for, in the scope of the session; else nobody."""
    row = _broadcast(session, asked)
    return recipients.wanted(row, asked) if row else select(ReachNotice).where(ReachNotice.id < 0)


def bounds(session: ScopedSession, asked: Mapping[str, str]) -> Bounds | None:
    """Return between which keys its recipients are: one broadcast's lie together."""
    row = _broadcast(session, asked)
    if row is None:
        return Bounds(1, 1)
    model: Any = ReachNotice if row.way == Way.PLANNER else MassRecipient
    of = model.batch == row.batch if row.way == Way.PLANNER else model.broadcast_id == row.id
    low, high = session.execute(select(func.min(model.id), func.max(model.id)).where(of)).one()
    return Bounds(low or 1, high or 1)


def rows(session: ScopedSession, found: Sequence[Any]) -> list[Row]:
    """Return the rows as cells."""
    if not found:
        return []
    row = _of(session, found[0])
    if row is None:
        return []
    states = {**words.MASS_STATES, **reach_words.STATES}
    return [
        {
            "openid": one.openid,
            "state": str(states[one.state][0]) if one.state in states else one.state,
            "route": reach_words.route(one.route),
            "reason": reach_words.reason(one.reason),
            "at": exact(one.at),
            "clicks": one.clicks,
        }
        for one in recipients.described(session, row, found)
    ]


def _broadcast(session: ScopedSession, asked: Mapping[str, str]) -> Broadcast | None:
    key = key_in(asked.get("broadcast", ""))
    return session.get(Broadcast, key) if key is not None else None


def _of(session: ScopedSession, one: Any) -> Broadcast | None:
    key = one.broadcast_id if isinstance(one, MassRecipient) else key_in((one.batch or "").partition(":")[2])
    return session.get(Broadcast, key) if key is not None else None
