"""Laying down who gets a broadcast, a slice of fans at a time.

The audience is that of the moment it began: conditions that count days count
them from then, and who came later is not in it.  A slice and the place it
reached are one transaction, so that a process that is killed leaves nothing
half done: the next one goes on behind the last slice.  The notices are unique by
fan, intent and key besides, and the mass send's recipients by broadcast and fan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.broadcasts import audience, deciding, wording
from bot.broadcasts.models import Broadcast, BroadcastState, Way
from bot.broadcasts.recipients import finish_mass, lay_mass
from bot.db import Database, Scope, utc_now
from bot.fans.models import Fan
from bot.organisation import directory
from bot.reach import contents
from bot.reach.planning import Planned, notify_many
from bot.segments import slices

AT_ONCE: Final = 1_000
BEAT: Final = 10  # seconds, about, between two slices of a broadcast with a rate


@dataclass(frozen=True, slots=True)
class Begun:
    """What a slice needs of a broadcast under way."""

    id: int
    way: str
    scope: Scope
    wanted: Any
    reached: int
    newest: int
    rate: int | None

    @property
    def size(self) -> int:
        """How many recipients one slice may have."""
        if self.rate is None or self.way != Way.PLANNER:
            return AT_ONCE
        return max(1, min(AT_ONCE, self.rate * BEAT // 60))

    def pause_after(self, laid: int) -> float:
        """Return how many seconds the rate asks to wait after so many were laid down."""
        return laid * 60 / self.rate if self.rate and self.way == Way.PLANNER else 0.0


def take(session: Session, broadcast_id: int, *, now: datetime) -> Begun | None:
    """Return the broadcast if recipients are to be laid down now; begin it if its time has come."""
    broadcast = deciding.locked(session, broadcast_id)
    if broadcast is None:
        return None
    is_due = broadcast.send_at is None or broadcast.send_at <= now
    if broadcast.state == BroadcastState.APPROVED and is_due:
        broadcast.state, broadcast.started_at = BroadcastState.SENDING.value, now
        oldest, broadcast.newest = session.execute(
            select(func.coalesce(func.min(Fan.id), 1), func.coalesce(func.max(Fan.id), 0))
        ).one()
        broadcast.reached, broadcast.laid = oldest - 1, 0
    if broadcast.state != BroadcastState.SENDING or broadcast.laid_at is not None:
        return None
    assert broadcast.started_at is not None
    assert broadcast.newest is not None
    said = audience.conditions(session, broadcast)
    return Begun(
        broadcast.id,
        broadcast.way,
        audience.scope_of(session, broadcast),
        audience.wanted(broadcast, said, now=broadcast.started_at),
        broadcast.reached,
        broadcast.newest,
        broadcast.rate,
    )


def lay(db: Database, begun: Begun, *, most: int) -> int:
    """Lay down the next slice; return how many recipients it had, -1 once somebody else did it or all are.

    Reading is a view of its own, in the broadcast's scope; only what follows locks the broadcast.
    """
    if begun.way == Way.MASS_TAG:
        part = slices.Slice((), begun.newest)
        shops: Mapping[int, int | None] = {}
    else:
        with db.scoped_reading(begun.scope) as session:
            part = slices.after(
                session, begun.wanted, reached=begun.reached, newest=begun.newest, most=min(most, begun.size)
            )
            found = session.execute(select(Fan.id, Fan.last_shop_id).where(Fan.id.in_(part.ids)))
            shops = {row.id: row.last_shop_id for row in found}
    now = utc_now()
    with db.transaction() as session:
        broadcast = deciding.locked(session, begun.id)
        if broadcast is None or broadcast.state != BroadcastState.SENDING:
            return -1
        if broadcast.reached != begun.reached or broadcast.laid_at is not None:
            return -1  # another run did these
        if begun.way == Way.PLANNER:
            broadcast.laid += notify_many(session, _planned(session, broadcast, part.ids, shops), now=now)
        else:
            broadcast.laid += lay_mass(session, broadcast, part.ids, now=now)
        broadcast.reached = part.reached
        if broadcast.reached >= begun.newest:
            broadcast.laid_at = now
            if begun.way != Way.PLANNER:
                finish_mass(session, broadcast, now=now)
                deciding.promise_calls(session, broadcast, now=now)
    return len(part.ids)


def _planned(
    session: Session, broadcast: Broadcast, ids: Sequence[int], shops: Mapping[int, int | None]
) -> list[Planned]:
    content = contents.read(broadcast.content)
    places = wording.placeholders(broadcast.content)
    known = directory.load(session) if places else {}
    return [
        Planned(
            account_id=broadcast.account_id,
            fan_id=fan_id,
            intent=broadcast.intent,
            key=broadcast.batch,
            content=content,
            facts=wording.facts(places, known.get(shops.get(fan_id) or 0)),
            batch=broadcast.batch,
        )
        for fan_id in ids
    ]
