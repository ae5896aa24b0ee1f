"""Things done every so often, each slot once however many clocks there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import HEAD_OFFICE, Base
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.outbox.promises import Wish, promise_all

if TYPE_CHECKING:
    from bot.runtime import Runtime


# The entry by whose row one tells of when a copy of the database is (`bot.replica.looking`).
PULSE, PULSE_SECONDS = "desk.look", 2


class Slot(Base):
    """The last slot of a timetable entry that some clock has seen to, or how far a job by dates is."""

    __tablename__ = "timetable_slot"
    __scope__ = HEAD_OFFICE

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timetable: every so many seconds, these promises. Missed slots are not made up for."""

    name: str
    seconds: int
    wishes: Callable[["Runtime", datetime], Sequence[Wish]]


TABLE = table_of(Slot)


def slot(entry: Entry, now: datetime) -> int:
    """Return the number of the slot that `now` is in."""
    return int(now.timestamp()) // entry.seconds


def claim(session: Session, entry: Entry, *, now: datetime) -> bool:
    """Tell whether this slot of `entry` is ours to see to; once for each slot, whoever asks."""
    current = slot(entry, now)
    newer = update(TABLE).where(TABLE.c.name == entry.name, TABLE.c.slot < current).values(slot=current)
    return bool(session.connection().execute(newer).rowcount)


def enter(session: Session, entries: Sequence[Entry]) -> None:
    """Give every entry its row; those that have one keep it."""
    insert_where_free(session.connection(), TABLE, [{"name": entry.name, "slot": 0} for entry in entries])


def see_to(session: Session, entry: Entry, runtime: "Runtime", *, now: datetime) -> bool:
    """Promise what `entry` asks for, if its slot has come and nobody has; True if we did."""
    if not claim(session, entry, now=now):
        return False
    promise_all(session.connection(), entry.wishes(runtime, now), now=now)
    return True


def reached(session: Session, name: str) -> int | None:
    """Return how far the job is that keeps its place under `name`; None before it was ever done."""
    return session.connection().scalar(select(TABLE.c.slot).where(TABLE.c.name == name))


def reach(session: Session, name: str, number: int) -> None:
    """Note that the job has come so far. It never goes back: who comes later with less changes nothing."""
    connection = session.connection()
    insert_where_free(connection, TABLE, [{"name": name, "slot": number}])
    newer = update(TABLE).where(TABLE.c.name == name, TABLE.c.slot < number).values(slot=number)
    connection.execute(newer)
