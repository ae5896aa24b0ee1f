"""Which database the settings name, as far as keeping it and putting it back is concerned."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO, Protocol

from bot.backups.archive import Counted
from bot.backups.errors import BackupError
from bot.backups.postgresql import Postgresql
from bot.backups.sqlite import Sqlite
from bot.config import DatabaseConfig
from bot.db import Database


class Place(Protocol):
    """A database that can be kept and put back. `kept` says where the one before it is, after `put`."""

    kept: str

    @property
    def server(self) -> str:
        """What runs it, and in which version."""

    def dump(self, to: Counted) -> None:
        """Write it as it is at one moment, while others go on."""

    def others(self) -> str:
        """Say who else is at it; empty if nobody can be seen."""

    def put(self, source: IO[bytes], *, now: datetime) -> AbstractContextManager[Database]:
        """Load what `dump` wrote beside it, give that away, and have it take the place; or change nothing."""


def of(config: DatabaseConfig) -> Place:
    """Return the place; raise `BackupError` for a server whose own tools have to do it."""
    with Database(config) as db:
        url, dialect = db.url, db.dialect
    if dialect == "sqlite":
        return Sqlite(config, url)
    if dialect == "postgresql":
        return Postgresql(config, url)
    raise BackupError(
        "MySQL and MariaDB are kept by their own tools: mariadb-dump --single-transaction (mysqldump), and "
        "the client to load it into an empty database; then run `python -m bot restoration begin` "
        "before anything else is started (docs/operations.md)"
    )
