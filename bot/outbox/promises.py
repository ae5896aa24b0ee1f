"""Making a promise: a row in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, Write, write_all
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_or_set
from bot.outbox.models import Promise, State

TABLE = table_of(Promise)
COLUMNS = ("job", "arguments", "waiting_key", "state", "due_at", "attempts", "created_at")
_insert = BulkInsert(TABLE, COLUMNS)


@dataclass(frozen=True, slots=True)
class Wish:
    """A promise about to be made.

    `job` is a name in `bot.jobs.JOBS`, `arguments` are its JSON keywords.  Two
    wishes with the same `key` while the first still waits become one: the job
    reconciles towards what the rows say when it runs, so once is enough.
    """

    job: str
    arguments: Mapping[str, Any]
    due_at: datetime
    key: str | None = None


def promise(session: Session, wish: Wish, *, now: datetime) -> None:
    """Have `wish` come true once `session` commits, and never if it does not."""
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        promise_all(session.connection(), [wish], now=now)


def promise_all(connection: Connection, wishes: Sequence[Wish], *, now: datetime) -> None:
    """Make many promises at once; see `Wish` for what becomes of equal keys."""
    write_all(connection, [write(wishes, now=now)])
    promise_keyed(connection, wishes, now=now)


def write(wishes: Sequence[Wish], *, now: datetime) -> Write:
    """Return what makes those promises of `wishes` that have no key."""
    return _insert, [_row(wish, now) for wish in wishes if wish.key is None]


def promise_keyed(connection: Connection, wishes: Sequence[Wish], *, now: datetime) -> None:
    """Make those promises of `wishes` that have a key."""
    keyed = {wish.key: wish for wish in wishes if wish.key is not None}
    # In the order of their keys, so that two transactions never wait for each other in a circle.
    for _key, wish in sorted(keyed.items()):
        _insert_or_touch(connection, wish, now)


def _insert_or_touch(connection: Connection, wish: Wish, now: datetime) -> None:
    """Add the promise, or lock the one that waits under its key until we commit.

    Merely passing over the other row would lose our change: the job could
    take it up and read the tables before our commit.  Touching it makes the
    relay wait for us.
    """
    values = dict(zip(COLUMNS, _row(wish, now), strict=True))
    insert_or_set(connection, TABLE, values, key="waiting_key", changed="due_at")


def _row(wish: Wish, now: datetime) -> tuple[Any, ...]:
    return (wish.job, dict(wish.arguments), wish.key, State.WAITING.value, wish.due_at, 0, now)
