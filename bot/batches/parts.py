"""Files that a batch binds of many parts.

A slice leaves what it made as a file of its own, in the transaction that counts
it; the last one binds these into what is handed out.  However much there is, no
more than one such part is in memory.
"""

import enum
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.batches import work
from bot.batches.models import BatchState
from bot.db import Database
from bot.files import store

ZIP, PDF = "application/zip", "application/pdf"
KEPT = timedelta(days=3)  # what is handed out
PARTS_KEPT = timedelta(days=1)
EPOCH = (2020, 1, 1, 0, 0, 0)  # the same things are the same archive, whenever it is packed
UNSAFE = re.compile(r"[^\w·（）()-]+")
LONGEST = 60


class Form(enum.StrEnum):
    """What is handed out."""

    ZIP = "zip"
    PDF = "pdf"


def put(session: Session, content: bytes, *, now: datetime) -> int:
    """Keep a part until it is bound; return its file."""
    file = store.put(session, content, name="part", media_type=ZIP, now=now, keep_until=now + PARTS_KEPT)
    return file.id


def end(db: Database, batch_id: int, parts: Sequence[int], *, file_id: int | None, now: datetime) -> None:
    """End the batch with what was bound of its parts, and let go of these; without any it has failed.

    One that was cancelled meanwhile stays as it is.
    """
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is None:
            return
        work.end(batch, BatchState.DONE if parts else BatchState.FAILED, now=now, file_id=file_id)
        for part in parts:
            store.remove(session, part)


def entry(name: str) -> zipfile.ZipInfo:
    """Return the place of a file in an archive."""
    return zipfile.ZipInfo(name, EPOCH)


def plain(text: str) -> str:
    """Return `text` as a part of a name that every file system takes; empty if nothing of it is left."""
    return UNSAFE.sub("_", text).strip("_")[:LONGEST]
