"""What waits for a fan's next deed: left when no other route is open, taken up with the next push of theirs.

`fan.note_until` tells the webhook, which has the fan's row in hand anyway, that
something may wait; so a push of anybody else costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.fans.models import Fan
from bot.fans.rows import in_lock_order
from bot.outbox.promises import Wish
from bot.reach import planning
from bot.reach.intents import Intent
from bot.reach.judging import Facts
from bot.reach.models import Lane, NoticeState, ReachNotice, Reason, RouteName

TABLE = table_of(ReachNotice)
FAN = table_of(Fan)
IN_HAND = (NoticeState.WAITING.value, NoticeState.CALLING.value)


@dataclass(frozen=True, slots=True)
class Left:
    """A notice that becomes a note: in whose claim it is, and what decided."""

    id: int
    claims: int
    fan_id: int
    intent: Intent
    judged: Facts


def leave_notes(session: Session, left: Sequence[Left], *, now: datetime) -> None:
    """Turn notices into notes; one whose fan acted since is judged again, one that others took over stays.

    Rows are locked in the webhook's order, so that the two never wait for each other in a circle.
    The deed came before the note and would never find it: so the fan's row decides which was first.
    """
    connection = session.connection()
    order = in_lock_order(connection, {one.fan_id for one in left})
    place = {fan_id: number for number, fan_id in enumerate(order)}
    for one in sorted(left, key=lambda one: place[one.fan_id]):
        until = now + one.intent.note_for
        marked = connection.execute(
            update(FAN)
            .where(FAN.c.id == one.fan_id, _has_not_acted_since(one.judged))
            .values(note_until=_later_of(until))
        ).rowcount
        values = {
            "state": NoticeState.NOTE.value if marked else NoticeState.WAITING.value,
            "route": RouteName.NOTE.value if marked else None,
            "reason": Reason.WINDOW_CLOSED.value,
            "note_until": until if marked else None,
            "due_at": until if marked else now,  # so that those that are over are found by the index
            "leased_until": None,
        }
        mine = (TABLE.c.id == one.id, TABLE.c.claims == one.claims, TABLE.c.state.in_(IN_HAND))
        connection.execute(update(TABLE).where(*mine).values(**values))


def take_up(session: Session, account_id: int, fan_id: int, *, now: datetime) -> int:
    """Have the notes sent of a fan who just acted; return how many. Those that waited too long stay."""
    mine = (TABLE.c.fan_id == fan_id, TABLE.c.state == NoticeState.NOTE.value, TABLE.c.note_until > now)
    connection = session.connection()
    lanes = set(connection.scalars(select(TABLE.c.lane).where(*mine)))
    values = {"state": NoticeState.WAITING.value, "due_at": now, "route": None, "note_until": None}
    count = connection.execute(update(TABLE).where(*mine).values(**values)).rowcount
    planning.pump(session, [(account_id, Lane(lane)) for lane in lanes], now=now)
    return count


def over(session: Session, account_id: int, lane: Lane, *, now: datetime) -> int:
    """End the notes of a lane that nobody came for in time; return how many."""
    mine = (TABLE.c.account_id == account_id, TABLE.c.lane == lane.value)
    late = (*mine, TABLE.c.state == NoticeState.NOTE.value, TABLE.c.due_at <= now)
    values = {"state": NoticeState.UNREACHED.value, "reason": Reason.NOTE_OVER.value}
    return session.connection().execute(update(TABLE).where(*late).values(**values)).rowcount


def forget(session: Session, fan_id: int) -> None:
    """Let go of what was told to a fan: that it was, and when, stays; what was still to be told is not."""
    connection = session.connection()
    mine = update(TABLE).where(TABLE.c.fan_id == fan_id)
    connection.execute(mine.values(facts={}, detail=None))
    waiting = TABLE.c.state.in_(planning.NOT_SENT)
    values = {"state": NoticeState.CANCELLED.value, "reason": Reason.GONE.value}
    connection.execute(mine.where(waiting).values(**values))


def wish(fan_id: int, now: datetime) -> Wish:
    """Return the promise to look for notes of the fan."""
    return Wish("reach.tell_notes", {"fan_id": fan_id}, now, f"reach.tell_notes:{fan_id}")


def _has_not_acted_since(judged: Facts) -> ColumnElement[bool]:
    seen = judged.last_interaction_at
    if seen is None:
        return FAN.c.last_interaction_at.is_(None)
    return or_(FAN.c.last_interaction_at.is_(None), FAN.c.last_interaction_at <= seen)


def _later_of(until: datetime) -> object:
    return case((FAN.c.note_until > until, FAN.c.note_until), else_=until)
