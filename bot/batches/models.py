import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key
from bot.db.scope import ByMaker
from bot.db.types import DOCUMENT


class BatchState(enum.StrEnum):
    """Where a batch stands; the last three are for ever."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Batch(Base):
    """Long work, done by the job `kind`. The back office shows it to whoever asked for it only.

    `done` of `total` are behind us, `failed` of them with a reason among
    `problems` (`{"what", "why"}`, the first thousand).  `notes` is the job's
    own, to go on from where it was.  `file_id` is what came of it: for who
    still holds the permission in `needs` and reaches what was `reached`
    (`bot.batches.rights`).
    """

    __tablename__ = "batch"
    __scope__ = ByMaker("created_by_id")
    __table_args__ = (Index("ix_batch_created_by_id_id", "created_by_id", "id"), Base.__table_args__)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(48))
    title: Mapped[str] = mapped_column(String(120))
    arguments: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    notes: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    state: Mapped[str] = mapped_column(String(16))
    wants_cancel: Mapped[bool]
    total: Mapped[int]
    done: Mapped[int]
    failed: Mapped[int]
    problems: Mapped[list[dict[str, str]]] = mapped_column(DOCUMENT)
    file_id: Mapped[int | None]
    needs: Mapped[str | None] = mapped_column(String(48))
    reached: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    created_by_id: Mapped[int | None]
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
