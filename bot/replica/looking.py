"""One look at the replica: whether it is a copy of this primary, and how far behind it is at most.

Clocks write the slot they are in every two seconds anyway (`timetable.PULSE`),
so the row that has arrived says of when the copy is, on every kind of database,
and an idle primary looks no different from a busy one.  That it is our primary's
row and no other installation's is told by the audit: each entry seals all before it,
so the end of the replica's chain is an entry of ours, or it is a copy of something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.audit.chain import GENESIS
from bot.audit.models import AuditEntry
from bot.db import Database
from bot.db.types import table_of
from bot.outbox.timetable import PULSE, PULSE_SECONDS, Slot

SLOT, ENTRY = table_of(Slot), table_of(AuditEntry)
LAST_SLOT = select(SLOT.c.slot).where(SLOT.c.name == PULSE)
LAST_ENTRY = select(ENTRY.c.id, ENTRY.c.hash, ENTRY.c.previous).order_by(ENTRY.c.id.desc()).limit(1)
WHO = {
    "postgresql": text("SELECT concat_ws(' ', pg_postmaster_start_time(), current_database())"),
    "mysql": text("SELECT concat_ws(' ', @@hostname, @@port, @@server_id, database())"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen. `behind` is at most how old the copy is, None where no clock has ever written."""

    behind: timedelta | None
    is_ours: bool


class PrimaryAway(Exception):
    """The primary could not be asked, which tells nothing of the replica."""


def look(db: Database, replica: Engine) -> Sight:
    """Compare the replica with the primary.

    A database error of the replica goes to the caller; raise `PrimaryAway` for one of the primary.
    """
    with replica.connect() as copy:
        there = _pulse(copy)
        entry = copy.execute(LAST_ENTRY).one_or_none()
    near = [entry.id, entry.id - 1] if entry is not None else []
    try:
        with db.reading() as session:
            here = session.connection()
            now = db.now(here)
            ours = dict(here.execute(select(ENTRY.c.id, ENTRY.c.hash).where(ENTRY.c.id.in_(near))).all())
    except SQLAlchemyError as error:
        raise PrimaryAway from error
    is_ours = entry is None or continues(*entry, ours)  # a chain without entries tells nothing
    return Sight(max(now - there, timedelta()) if there else None, is_ours)


def continues(key: int, seal: str, previous: str, ours: Mapping[int, str]) -> bool:
    """Tell whether the entry `key` of the replica is of our chain, of which `ours` are some seals by key.

    A replica may show a commit a moment before the primary does, and no more than one: each writer
    waits for the one before.  Then its entry follows our last.
    """
    if key in ours:
        return ours[key] == seal
    return ours.get(key - 1, GENESIS if key == 1 else None) == previous


def beat_of(db: Database) -> timedelta | None:
    """Return how long ago a clock last wrote the row that replicas are judged by; None if none ever has."""
    with db.reading() as session:
        here = session.connection()
        last = _pulse(here)
        return max(db.now(here) - last, timedelta()) if last else None


def are_one(db: Database, replica: Engine) -> bool:
    """Tell whether both addresses lead to the same database of the same server."""
    with replica.connect() as copy, db.connection() as here:
        kind = "postgresql" if db.dialect == "postgresql" else "mysql"
        return bool(copy.scalar(WHO[kind]) == here.scalar(WHO[kind]))


def _pulse(connection: Connection) -> datetime | None:
    slot = connection.scalar(LAST_SLOT)
    return datetime.fromtimestamp(slot * PULSE_SECONDS, UTC) if slot else None
