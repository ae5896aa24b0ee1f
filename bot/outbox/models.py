import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Key
from bot.db.types import DOCUMENT


class State(enum.StrEnum):
    """Where a promise stands. Done and dead are for ever, until an operator replays a dead one.

    A held one may have been kept before the database was restored; an operator lets it go on or drops it.
    """

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    DEAD = "dead"


class Promise(Base):
    """One thing to do outside.

    `due_at` is when it may next be taken up: not before for a waiting row, the
    end of the lease for a queued or running one.  `waiting_key` is the
    coalescing key while the row waits and NULL afterwards, so that its unique
    index allows one waiting promise per key.
    """

    __tablename__ = "outbox"
    __scope__ = HEAD_OFFICE
    __table_args__ = (
        Index("ix_outbox_state_due_at", "state", "due_at"),
        # Everyday promises are deleted; a number given twice could be settled by who had it first.
        {**Base.__table_args__, "sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    job: Mapped[str] = mapped_column(String(64))
    arguments: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    waiting_key: Mapped[str | None] = mapped_column(String(128), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
