"""One engine per process, and the only two ways into the database: `transaction` and `reading`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from bot.config import DatabaseConfig
from bot.db import engines
from bot.db.engines import Bounds
from bot.db.scope import Scope
from bot.db.scoped import ScopedSession
from bot.db.timepiece import Timepiece
from bot.db.types import utc_now
from bot.errors import DatabaseAway

READING = {engines.READING: True}
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5  # seconds between two tries while the database is away
Done = TypeVar("Done")


class Database:
    """The database of one process.

    Opening it connects to nothing; the first transaction does.  Share it
    between threads; after a fork or spawn build another.
    """

    def __init__(self, config: DatabaseConfig, *, bounds: Bounds | None = None) -> None:
        self.url = engines.address(config.url)
        self.engine = engines.primary(self.url, config, bounds or Bounds(config.pool_size, config.pool_size))
        self.dialect = self.engine.dialect.name
        self.timepiece = Timepiece()
        self._config = config
        self._apart: list[Database] = []

    def apart(self, bounds: Bounds) -> "Database":
        """Return the same database over connections of its own, for what must not wait until others let go
        of theirs. Closed together with this one.
        """
        other = Database(self._config, bounds=bounds)
        other.timepiece = self.timepiece
        self._apart.append(other)
        return other

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit on success, roll back on error. Edges only; services never commit."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def scoped(self, scope: Scope) -> Iterator[ScopedSession]:
        """Do as `transaction`, with the rows within `scope` only (`bot.db.scope`)."""
        with ScopedSession(self.engine, scope) as session, session.begin():
            yield session

    @contextmanager
    def scoped_reading(self, scope: Scope) -> Iterator[ScopedSession]:
        """Do as `reading`, with the rows within `scope` only (`bot.db.scope`)."""
        with (
            self.engine.connect().execution_options(**READING) as connection,
            ScopedSession(connection, scope) as session,
        ):
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Commit on success, roll back on error, without a session: for the hot rows."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read a consistent view. Nothing written here is kept, and SQLite's writers are not kept waiting."""
        with (
            self.engine.connect().execution_options(**READING) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    def insist(self, work: Callable[[Session], Done], *, seconds: float) -> Done:
        """Return what `work` did in a transaction, begun anew for `seconds` while the database is away.

        For what follows something that cannot be undone, such as a message WeChat has shown. A connection
        lost at the commit may mean that it was done after all, so `work` has to bear being done twice.
        """
        patience = Patience(seconds)
        while True:
            try:
                with self.transaction() as session:
                    return work(session)
            except DBAPIError as error:
                if not patience.outlasts(error):
                    raise

    def now(self, connection: Connection) -> datetime:
        """Return the time by the clock all hosts share (`bot.db.timepiece`)."""
        return utc_now() + self.timepiece.ahead(connection)

    def time(self) -> datetime:
        """Return what `now` would by what the database said last: for jobs, since a worker asks before each.

        In a process that never asked it is the host's own time.
        """
        return utc_now() + self.timepiece.reckoned()

    def close(self) -> None:
        """Let go of every pooled connection."""
        for one in self._apart:
            one.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class Patience:
    """How long something is tried again while the database restarts, is full, or cannot be reached."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = FIRST_PAUSE

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() > self._until

    def outlasts(self, error: DBAPIError) -> bool:
        """Whether to try again after `error`: it may pass, and time is left. Waits a little if so."""
        if not is_passing(error) or time.monotonic() + self._pause > self._until:
            return False
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return True


def is_passing(error: DBAPIError) -> bool:
    """Tell whether the same transaction may succeed if tried again: a deadlock, a lock, a lost connection."""
    if error.connection_invalidated or isinstance(error, OperationalError):
        return True
    return getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "55P03"}


def last_word(error: DBAPIError) -> str:
    """Return what the driver said, in one line: no statement, and nothing that would hold a password."""
    return " ".join(str(error.orig).split())[:300]


def away(error: DBAPIError) -> DatabaseAway:
    """Return what an operator is to be told where no connection can be made."""
    remedy = "see that it runs and lets us in"
    return DatabaseAway(f"[database] url: no answer ({last_word(error)}); {remedy}")
