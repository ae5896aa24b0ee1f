"""What a broadcast brought: who opened its links, who left, who bound a telephone afterwards.

Counted anew every ten minutes until four days after its end, and then kept: the
figures stay when notices and clicks have gone with their periods.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.broadcasts import deciding
from bot.broadcasts.models import Broadcast, BroadcastState, MassRecipient, MassSend, MassState, Way
from bot.channels.models import ChannelEvent, Deed
from bot.links.models import LinkClick, ShortLink
from bot.reach.models import NoticeState, ReachNotice

FOLLOWED_FOR: Final = timedelta(days=4)
WITHIN: Final = timedelta(days=3)
A_DAY: Final = timedelta(days=1)
ARRIVED: Final = (NoticeState.SENT.value, NoticeState.BOUNCED.value)
AT_ONCE: Final = 2_000


def due(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the broadcasts under way, and those that ended within four days."""
    wanted = select(Broadcast.id).where(
        Broadcast.started_at.is_not(None),
        Broadcast.state.in_([BroadcastState.SENDING.value, BroadcastState.PAUSED.value])
        | (Broadcast.ended_at >= now - FOLLOWED_FOR),
    )
    return session.scalars(wanted.order_by(Broadcast.id)).all()


def count(session: Session, broadcast: Broadcast, *, now: datetime) -> dict[str, Any]:
    """Return the figures: how many it was sent to, and what these did then."""
    began = broadcast.started_at or now
    until = (broadcast.ended_at or now) + WITHIN
    clicks, people = _clicks(session, broadcast, began)
    left = _after(session, broadcast, Deed.LEAVE, began, until)
    bound = _after(session, broadcast, Deed.BIND, began, until)
    return {
        "sent": _sent(session, broadcast),
        "clicks": clicks,
        "clickers": people,
        "left_1": sum(later <= A_DAY for later in left),
        "left_3": len(left),
        "bound": len(bound),
        "counted_at": now.isoformat(),
    }


def keep(session: Session, broadcast_id: int, effect: dict[str, Any]) -> None:
    """Keep the figures on the broadcast."""
    broadcast = deciding.locked(session, broadcast_id)
    if broadcast is not None:
        broadcast.effect = effect


def recipients(broadcast: Broadcast) -> Select[int, datetime | None]:
    """Select fan and moment of everyone it was sent to; of a mass send by tag WeChat names nobody."""
    if broadcast.way == Way.PLANNER:
        return select(ReachNotice.fan_id, ReachNotice.sent_at).where(
            ReachNotice.batch == broadcast.batch, ReachNotice.state.in_(ARRIVED)
        )
    return (
        select(MassRecipient.fan_id, MassSend.finished_at)
        .join(MassSend, MassSend.id == MassRecipient.mass_send_id)
        .where(MassRecipient.broadcast_id == broadcast.id, MassSend.state == MassState.DONE.value)
    )


def _sent(session: Session, broadcast: Broadcast) -> int:
    if broadcast.way != Way.PLANNER:
        told = select(func.sum(MassSend.sent)).where(MassSend.broadcast_id == broadcast.id)
        return int(session.scalar(told) or 0)
    counted = select(func.count(ReachNotice.id)).where(
        ReachNotice.batch == broadcast.batch, ReachNotice.state.in_(ARRIVED)
    )
    return session.scalar(counted) or 0


def _clicks(session: Session, broadcast: Broadcast, began: datetime) -> tuple[int, int]:
    """Return how often its links were opened since it began, and by how many of whom it was sent to."""
    links = select(ShortLink.id).where(ShortLink.owner == broadcast.batch)
    # Trials are opened by colleagues before it begins, and by nobody who is in no notice.
    reached = (
        select(ReachNotice.id).where(
            ReachNotice.fan_id == LinkClick.fan_id, ReachNotice.batch == broadcast.batch
        )
    ).exists()
    wanted = select(func.count(LinkClick.id), func.count(LinkClick.fan_id.distinct())).where(
        LinkClick.link_id.in_(links), LinkClick.at >= began, reached
    )
    row = session.execute(wanted).one()
    return int(row[0]), int(row[1])


def _after(
    session: Session, broadcast: Broadcast, deed: Deed, began: datetime, until: datetime
) -> list[timedelta]:
    """Return for each recipient who did `deed` within three days how long after the message it was.

    From the deeds of those days to their notices, and not the other way round: few leave.
    """
    events = (
        select(ChannelEvent.fan_id, func.min(ChannelEvent.at))
        .where(
            ChannelEvent.at >= began,
            ChannelEvent.at <= until,
            ChannelEvent.deed == deed.value,
            ChannelEvent.account_id == broadcast.account_id,
        )
        .group_by(ChannelEvent.fan_id)
    )
    did = {row[0]: row[1] for row in session.execute(events)}
    found = []
    for some in _slices(sorted(did)):
        sent = recipients(broadcast)
        column = sent.selected_columns[0]
        for fan_id, at in session.execute(sent.where(column.in_(some))):
            if at is not None and timedelta(0) <= did[fan_id] - at <= WITHIN:
                found.append(did[fan_id] - at)
    return found


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
