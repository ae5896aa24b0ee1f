"""Promises that an older database brings back: some go on, some are held until somebody looks."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.outbox.models import Promise, State

TABLE = table_of(Promise)
OPEN = (State.WAITING.value, State.QUEUED.value, State.RUNNING.value)


def hold(session: Session, jobs: Collection[str], *, reason: str, now: datetime) -> int:
    """Hold what is not done of these jobs, let everything else wait again, and return how many are held.

    Whoever had a promise in hand is of another time, so no lease holds.
    """
    connection = session.connection()
    mine = update(TABLE).where(TABLE.c.job.in_(jobs), TABLE.c.state.in_(OPEN))
    held = connection.execute(mine.values(state=State.HELD.value, waiting_key=None, reason=reason)).rowcount
    leased = update(TABLE).where(TABLE.c.state.in_([State.QUEUED.value, State.RUNNING.value]))
    connection.execute(leased.values(state=State.WAITING.value, due_at=now))
    return held


def held(session: Session) -> dict[str, int]:
    """Return how many promises of each job are held."""
    wanted = select(TABLE.c.job, func.count()).where(TABLE.c.state == State.HELD.value)
    found = session.execute(wanted.group_by(TABLE.c.job).order_by(TABLE.c.job))
    return {row[0]: row[1] for row in found}


def drop(session: Session, jobs: Collection[str], *, reason: str, now: datetime) -> int:
    """End what is held of these jobs as done, with the reason; return how many there were."""
    return _move(session, jobs, state=State.DONE.value, finished_at=now, reason=reason)


def release(session: Session, jobs: Collection[str], *, now: datetime) -> int:
    """Let what is held of these jobs wait again; return how many there were."""
    return _move(session, jobs, state=State.WAITING.value, due_at=now, attempts=0)


def _move(session: Session, jobs: Collection[str], **values: object) -> int:
    mine = update(TABLE).where(TABLE.c.job.in_(jobs), TABLE.c.state == State.HELD.value)
    return session.connection().execute(mine.values(**values)).rowcount
