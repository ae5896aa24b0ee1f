"""SQLite: copied through its backup interface while others write, and put back by a rename."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import URL

from bot.backups.archive import CHUNK, OURS_ALONE, Counted, sync_folder
from bot.backups.errors import BackupError, InUse, NotABackup
from bot.config import DatabaseConfig
from bot.db import Database


class Sqlite:
    """The database file of the settings."""

    def __init__(self, config: DatabaseConfig, url: URL) -> None:
        self._config = config
        self._file = Path(url.database or "")
        self.kept = ""

    @property
    def server(self) -> str:
        """What made the file."""
        return f"SQLite {sqlite3.sqlite_version}"

    def dump(self, to: Counted) -> None:
        """Write the database as it is at one moment; writers are not kept waiting.

        It is copied beside the file first, since the interface needs one, and the copy is checked.
        """
        if not self._file.exists():
            raise BackupError(f"there is no database at {self._file}; check [database] url")
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=self._file.parent) as folder:
            copy = Path(folder) / "copy.db"
            with closing(sqlite3.connect(self._file)) as source, closing(sqlite3.connect(copy)) as target:
                # All pages in one step, from one view: a step at a time would begin anew after each write.
                source.backup(target, pages=-1)
            _settle(copy)
            with copy.open("rb") as plain:
                shutil.copyfileobj(plain, to, CHUNK)

    def others(self) -> str:
        """Say who else has the database open; empty if nobody does."""
        if not self._file.exists():
            return ""
        try:
            with closing(sqlite3.connect(self._file, timeout=1)) as connection:
                # Leaving the WAL takes everybody else's being gone; who opens it next goes back to it.
                [[mode]] = connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite3.OperationalError:
            mode = "wal"
        except sqlite3.DatabaseError:
            return ""  # damaged: nobody works with it
        return "another process" if mode == "wal" else ""

    @contextmanager
    def put(self, source: IO[bytes], *, now: datetime) -> Iterator[Database]:
        """Write the database beside the file and give it away; at the end it takes the file's place.

        That is one step.  What was there is kept beside it (`kept`).  An error leaves everything as it was.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=self._file.parent) as folder:
            fresh = Path(folder) / "fresh.db"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE), "wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
            _settle(fresh)
            url = f"sqlite:///{fresh}"
            with Database(DatabaseConfig(url=url, sqlite_synchronous=self._config.sqlite_synchronous)) as db:
                yield db
            _settle(fresh)
            if self.others():
                raise InUse("somebody opened the database meanwhile; stop every process, then again")
            self._swap(fresh, f"{self._file.name}.before-{now:%Y%m%dT%H%M%S.%fZ}")

    def _holds_something(self) -> bool:
        if not self._file.exists():
            return False
        try:
            with closing(sqlite3.connect(self._file)) as connection:
                wanted = "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
                return bool(connection.execute(wanted).fetchone()[0])
        except sqlite3.DatabaseError:
            return True  # damaged, and perhaps somebody can still read some of it

    def _swap(self, fresh: Path, aside: str) -> None:
        if self._holds_something():
            old = self._file.with_name(aside)
            os.link(self._file, old)
            self.kept = str(old)
        fresh.replace(self._file)
        for name in ("-wal", "-shm"):  # of a file that was damaged, and would be taken for the new one's
            with suppress(FileNotFoundError):
                self._file.with_name(self._file.name + name).unlink()
        sync_folder(self._file.parent)


def _settle(file: Path) -> None:
    """Have all of it in the one file and on the disk; raise `NotABackup` if SQLite finds fault with it."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said != ["ok"]:
        raise NotABackup(f"SQLite says of the copy: {'; '.join(said)[:300]}")
    with file.open("rb+") as whole:
        os.fsync(whole.fileno())
