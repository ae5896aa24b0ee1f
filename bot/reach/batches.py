"""Stopping, going on with and counting the notices of a batch: a broadcast, a series.

The batch's own row decides, at once and for whatever is planned into it later;
its notices are moved in slices, the first within the call, the others by a job.
What is being called at that moment is not taken back.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.outbox.promises import Wish, promise_all
from bot.reach import planning
from bot.reach.models import BatchHold, Lane, NoticeState, ReachBatch, ReachNotice

SLICE: Final = 5_000
TABLE = table_of(ReachNotice)
BATCHES = table_of(ReachBatch)

# What becomes of a notice that is not sent yet, by what was said of its batch.
MOVES: Final[dict[BatchHold, tuple[Collection[NoticeState], NoticeState]]] = {
    BatchHold.HELD: ((NoticeState.WAITING,), NoticeState.HELD),
    BatchHold.OPEN: ((NoticeState.HELD,), NoticeState.WAITING),
    BatchHold.CANCELLED: (
        (NoticeState.WAITING, NoticeState.HELD, NoticeState.NOTE),
        NoticeState.CANCELLED,
    ),
}

Counted = dict[tuple[str, str | None, str | None], int]


def hold(session: Session, batch: str) -> None:
    """Send nothing more of the batch until it is released. Twice: it is held. A cancelled one stays so."""
    _say(session, batch, BatchHold.HELD, now=utc_now())


def release(session: Session, batch: str, now: datetime) -> None:
    """Go on with a batch that was held. Twice, or never held: nothing changes. A cancelled one stays so."""
    _say(session, batch, BatchHold.OPEN, now=now)


def cancel(session: Session, batch: str) -> None:
    """Send nothing more of the batch, ever, notes included. What was sent stays sent."""
    _say(session, batch, BatchHold.CANCELLED, now=utc_now())


def counts(session: Session, batch: str) -> Counted:
    """Return how many notices of the batch there are by state, route and reason, in sight of the session."""
    columns = (ReachNotice.state, ReachNotice.route, ReachNotice.reason)
    found = session.execute(
        select(*columns, func.count(ReachNotice.id)).where(ReachNotice.batch == batch).group_by(*columns)
    )
    return {(state, route, reason): number for state, route, reason, number in found}


def holds(session: Session, names: Collection[str]) -> dict[str, BatchHold]:
    """Return what was said of these batches; those of which nothing was said are missing.

    It cannot be changed until the transaction ends: who releases a batch finds everything that was held.
    """
    wanted = (
        select(ReachBatch.name, ReachBatch.hold)
        .where(ReachBatch.name.in_(list(names)))
        .with_for_update(read=True)
    )
    return {name: BatchHold(said) for name, said in session.execute(wanted)} if names else {}


def settle_slice(session: Session, batch: str, *, now: datetime) -> bool:
    """Move up to `SLICE` notices to where their batch's row wants them; True if there may be more.

    Rows that a pump has locked are passed over: it asks for the batch's row when it takes one up.
    """
    with beyond_scope(session):
        said = holds(session, [batch]).get(batch)
        if said is None:
            return False
        before, after = MOVES[said]
        wanted = select(TABLE.c.id, TABLE.c.account_id, TABLE.c.lane).where(
            TABLE.c.batch == batch, TABLE.c.state.in_([state.value for state in before])
        )
        connection = session.connection()
        rows = connection.execute(wanted.limit(SLICE).with_for_update(skip_locked=True)).all()
        if rows:
            moved = update(TABLE).where(TABLE.c.id.in_([row.id for row in rows])).values(state=after.value)
            connection.execute(moved)
    if after is NoticeState.WAITING:
        planning.pump(session, {(row.account_id, Lane(row.lane)) for row in rows}, now=now)
    return len(rows) == SLICE


def wish(batch: str, now: datetime) -> Wish:
    """Return the promise of the slices to come."""
    return Wish("reach.settle_batch", {"batch": batch}, now, f"reach.settle_batch:{batch}")


def _say(session: Session, batch: str, said: BatchHold, *, now: datetime) -> None:
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        connection = session.connection()
        if said is not BatchHold.OPEN:
            insert_where_free(connection, BATCHES, [{"name": batch, "hold": said.value, "since": now}])
        connection.execute(
            update(BATCHES)
            .where(BATCHES.c.name == batch, BATCHES.c.hold != BatchHold.CANCELLED.value)
            .values(hold=said.value, since=now)
        )
        if settle_slice(session, batch, now=now):
            promise_all(connection, [wish(batch, now)], now=now)
