"""Things done every so often, each slot once however many clocks there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import String, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import HEAD_OFFICE, Base
from bot.db.types import table_of
from bot.outbox.promises import Wish, promise_all

if TYPE_CHECKING:
    from bot.runtime import Runtime


class Slot(Base):
    """The last slot of a timetable entry that some clock has seen to."""

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
    connection = session.connection()
    rows = [{"name": entry.name, "slot": 0} for entry in entries]
    if connection.dialect.name in {"mysql", "mariadb"}:
        connection.execute(mysql.insert(TABLE).prefix_with("IGNORE"), rows)
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(TABLE).on_conflict_do_nothing(), rows)


def see_to(session: Session, entry: Entry, runtime: "Runtime", *, now: datetime) -> bool:
    """Promise what `entry` asks for, if its slot has come and nobody has; True if we did."""
    if not claim(session, entry, now=now):
        return False
    promise_all(session.connection(), entry.wishes(runtime, now), now=now)
    return True
