"""What happens to a promise after it was made: claimed for the queue, taken up, settled, replayed.

Every step is one conditional UPDATE, so two clocks or two workers that meet on
a row decide it there: one wins, the other goes on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.outbox.models import Promise, State

TABLE = table_of(Promise)
AT_ONCE = 1000
LEASED = (State.QUEUED.value, State.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Taken:
    """A promise a worker has taken up; `attempt` counts from one."""

    id: int
    job: str
    arguments: dict[str, Any]
    attempt: int


def claim_due(
    connection: Connection, *, now: datetime, lease: timedelta, limit: int, besides: Collection[str] = ()
) -> list[int]:
    """Move due promises to `queued` and return their ids, oldest first; those of the jobs `besides` wait on.

    A promise is due when it waits and its time has come, or when whoever had
    it let the lease end: Redis was flushed, or a worker was killed.
    """
    due = (
        select(TABLE.c.id)
        .where(TABLE.c.state.in_((State.WAITING.value, *LEASED)), TABLE.c.due_at <= now)
        .where(*([TABLE.c.job.not_in(besides)] if besides else []))
        .order_by(TABLE.c.due_at, TABLE.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(due).scalars())
    if ids:
        connection.execute(
            update(TABLE)
            .where(TABLE.c.id.in_(ids))
            .values(state=State.QUEUED.value, waiting_key=None, due_at=now + lease)
        )
    return ids


def take_up(session: Session, promise_id: int, *, now: datetime, lease: timedelta) -> Taken | None:
    """Mark the promise running and return it; None if it is no longer queued.

    The queue may hold a promise twice, or one that was settled meanwhile.
    """
    taken = session.connection().execute(
        update(TABLE)
        .where(TABLE.c.id == promise_id, TABLE.c.state == State.QUEUED.value)
        .values(state=State.RUNNING.value, attempts=TABLE.c.attempts + 1, due_at=now + lease)
    )
    if not taken.rowcount:
        return None
    found = select(TABLE.c.id, TABLE.c.job, TABLE.c.arguments, TABLE.c.attempts)
    return Taken(*session.connection().execute(found.where(TABLE.c.id == promise_id)).one())


def settle(session: Session, taken: Taken, state: State, *, now: datetime, reason: str | None = None) -> bool:
    """End this attempt as `done` or `dead`; False if another attempt has begun since."""
    return _end(session, taken, {"state": state.value, "finished_at": now, "reason": reason})


def put_back(session: Session, taken: Taken, *, due_at: datetime, reason: str) -> bool:
    """Let the promise wait for another attempt at `due_at`; False if another has begun since."""
    return _end(session, taken, {"state": State.WAITING.value, "due_at": due_at, "reason": reason})


def discard(session: Session, taken: Taken) -> None:
    """Delete a promise that was kept and that nobody will ask about: the timetable's everyday ones."""
    session.connection().execute(
        delete(TABLE).where(TABLE.c.id == taken.id, TABLE.c.attempts == taken.attempt)
    )


def replay(session: Session, ids: Sequence[int], *, now: datetime) -> int:
    """Make dead promises wait again with a fresh count, and return how many there were."""
    fresh = {"state": State.WAITING.value, "attempts": 0, "due_at": now, "finished_at": None}
    count = 0
    for place in range(0, len(ids), AT_ONCE):
        some = Promise.id.in_(ids[place : place + AT_ONCE])
        dead = update(Promise).where(some, Promise.state == State.DEAD.value).values(fresh)
        done = session.execute(dead.execution_options(synchronize_session=False))
        count += done.rowcount  # type: ignore[attr-defined]
    return count


def counts(session: Session) -> dict[str, int]:
    """Return how many promises stand in each state, every state named."""
    found = session.execute(select(TABLE.c.state, func.count()).group_by(TABLE.c.state)).all()
    return {state.value: 0 for state in State} | {row[0]: row[1] for row in found}


def forget(session: Session, *, before: datetime, limit: int = 5000) -> int:
    """Delete promises done before that moment, at most `limit`, and return how many. Dead ones stay."""
    old = (
        select(TABLE.c.id).where(TABLE.c.state == State.DONE.value, TABLE.c.finished_at < before).limit(limit)
    )
    ids = list(session.scalars(old))
    return session.connection().execute(delete(TABLE).where(TABLE.c.id.in_(ids))).rowcount if ids else 0


def overdue(session: Session, *, now: datetime) -> int:
    """Return how many promises should have been taken up by now."""
    late = (TABLE.c.state.in_((State.WAITING.value, *LEASED)), TABLE.c.due_at <= now)
    return session.scalar(select(func.count()).where(*late)) or 0


def _end(session: Session, taken: Taken, values: dict[str, Any]) -> bool:
    mine = update(TABLE).where(
        TABLE.c.id == taken.id,
        TABLE.c.state == State.RUNNING.value,
        TABLE.c.attempts == taken.attempt,
    )
    return bool(session.connection().execute(mine.values(values)).rowcount)
