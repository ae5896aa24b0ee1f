"""Files in and out of the database, half a megabyte at a time.

A small one is put in the caller's transaction; a large one is written by a
job, a part per transaction, so that nobody waits for it.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.db.scope import beyond_scope
from bot.errors import YizhanError
from bot.files.models import File, FilePart

PART = 512 * 1024
LARGEST_AT_ONCE = 12 * 1024 * 1024


class NotWhole(YizhanError):
    """Nobody's move: the file is still being written, or its writer was stopped."""


def put(
    session: Session,
    content: bytes,
    *,
    name: str,
    media_type: str,
    now: datetime,
    keep_until: datetime | None = None,
) -> File:
    """Add a file of at most 12 MiB in the caller's transaction, and return it with its id."""
    if len(content) > LARGEST_AT_ONCE:
        raise ValueError(f"{len(content)} bytes are too many for one transaction; use Writer")
    file = File(
        name=name[:200],
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        created_at=now,
        keep_until=keep_until,
    )
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        session.add(file)
        session.flush()
        for number, start in enumerate(range(0, len(content), PART)):
            session.add(FilePart(file_id=file.id, number=number, content=content[start : start + PART]))
        session.flush()
    return file


def content(session: Session, file_id: int) -> bytes:
    """Return the whole of a file that fits into memory; raise `NotWhole` for an unfinished one."""
    with beyond_scope(session):
        file = session.get_one(File, file_id)
        if file.size is None:
            raise NotWhole(f"file {file_id} is not whole")
        parts = select(FilePart.content).where(FilePart.file_id == file_id).order_by(FilePart.number)
        return b"".join(session.scalars(parts))


def about(session: Session, file_id: int) -> File | None:
    """Return what is known of a file; None if it was deleted."""
    with beyond_scope(session):
        return session.get(File, file_id)


def parts(db: Database, file_id: int) -> Iterator[bytes]:
    """Return a file a part at a time, each read by itself: a slow browser holds no connection."""
    number = 0
    while True:
        with db.reading() as session:
            part = session.get(FilePart, (file_id, number))
        if part is None:
            return
        yield part.content
        number += 1


def keep(session: Session, file_id: int, until: datetime | None) -> None:
    """Keep the file until then, or for good. One that is gone stays gone."""
    with beyond_scope(session):
        kept = update(File).where(File.id == file_id).values(keep_until=until)
        session.execute(kept.execution_options(synchronize_session=False))


def join(db: Database, file_ids: Sequence[int], to: "Writer") -> None:
    """Write the files one after the other into `to`, which is whole when its caller leaves it."""
    for file_id in file_ids:
        for part in parts(db, file_id):
            to.write(part)


def remove(session: Session, file_id: int) -> None:
    """Delete a file, parts and all. Deleting one that is gone does nothing."""
    with beyond_scope(session):
        for model, column in ((FilePart, FilePart.file_id), (File, File.id)):
            session.execute(
                delete(model).where(column == file_id).execution_options(synchronize_session=False)
            )


def outdated(session: Session, *, now: datetime, limit: int = 20) -> list[int]:
    """Return the ids of files that are no longer to be kept."""
    old = select(File.id).where(File.keep_until < now).order_by(File.keep_until).limit(limit)
    return list(session.scalars(old))


class Writer(io.RawIOBase):
    """A file being written by a job: a context manager that `zipfile` and `pypdf` can write into.

    Left by an exception, the file stays unfinished and goes when `keep_until` has come.
    """

    def __init__(
        self, db: Database, *, name: str, media_type: str, now: datetime, keep_until: datetime
    ) -> None:
        super().__init__()
        self._db = db
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0
        self._number = 0
        with db.transaction() as session:
            file = File(
                name=name[:200], media_type=media_type, size=None, created_at=now, keep_until=keep_until
            )
            session.add(file)
            session.flush()
            self.file_id = file.id

    def writable(self) -> bool:
        """Return True: nothing is ever read back."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Take `data`, and keep each half megabyte as it fills."""
        self._waiting += data
        self._digest.update(data)
        self._size += len(data)
        while len(self._waiting) >= PART:
            self._keep(bytes(self._waiting[:PART]))
            del self._waiting[:PART]
        return len(data)

    def finish(self) -> None:
        """Keep the rest and mark the file whole."""
        if self._waiting:
            self._keep(bytes(self._waiting))
            self._waiting.clear()
        with self._db.transaction() as session:
            file = session.get_one(File, self.file_id)
            file.size, file.sha256 = self._size, self._digest.digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        super().__exit__(kind, error, trace)

    def _keep(self, part: bytes) -> None:
        with self._db.transaction() as session:
            session.add(FilePart(file_id=self.file_id, number=self._number, content=part))
        self._number += 1
