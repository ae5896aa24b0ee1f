"""Surveys: reading what may be some seconds old, from the replica where there is one that is near."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as TooBusy
from sqlalchemy.orm import Session

from bot.config import DatabaseConfig
from bot.db import Database, Scope, engines
from bot.db.scoped import ScopedSession
from bot.metrics import REPLICA_READS
from bot.replica.looking import Sight, look
from bot.replica.watch import Watch

Done = TypeVar("Done")
Kind = TypeVar("Kind", bound=Session)
BESIDE = engines.Bounds(kept=1, more=0, wait_seconds=1)
# How PostgreSQL, MariaDB and MySQL say that a statement took longer than it may.
TOO_LONG = ("57014", 1969, 3024)


class Surveys:
    """Where figures and reports are read. Without `[database] replica_url` that is the primary, always.

    Never for what somebody has just changed, nor for what decides about anything.
    """

    def __init__(self, db: Database, config: DatabaseConfig) -> None:
        """Connect to nothing yet; raise `ConfigError` where the replica cannot be one of `url`."""
        url = engines.replica_address(config)
        self._db = db
        self.replica: Engine | None = engines.replica(url) if url is not None else None
        self.glance: Engine | None = engines.glance(url) if url is not None else None
        # Looking waits behind no page that holds the others, and says nothing wrong of the replica meanwhile.
        self._beside = db.apart(BESIDE) if url is not None else db
        self.watch = Watch(self._look, limit=timedelta(seconds=config.replica_lag_seconds))

    def take(self, scope: Scope, work: Callable[[ScopedSession], Done]) -> Done:
        """Return what `work` reads of the rows within `scope`, which may be some seconds old.

        `work` changes nothing, here or there: whatever goes wrong at the replica, a row or a
        column that has not come yet included, it is done once more at the primary.  Only a report
        that took too long is not, and its error goes to the caller; nor is what a job had no time left for.
        """
        within = partial(ScopedSession, scope=scope)
        return self._taken(work, within, self._db.scoped_reading(scope))

    def take_all(self, work: Callable[[Session], Done]) -> Done:
        """Do as `take`, with every row."""
        within = partial(Session, expire_on_commit=False)
        return self._taken(work, within, self._db.reading())

    def close(self) -> None:
        """Let go of every connection to the replica."""
        self.watch.close()
        for engine in (self.replica, self.glance):
            if engine is not None:
                engine.dispose()

    def _taken(
        self,
        work: Callable[[Kind], Done],
        within: Callable[[Connection], Kind],
        primary: AbstractContextManager[Kind],
    ) -> Done:
        connection = self._connection()
        if connection is not None:
            with connection, within(connection) as session:
                try:
                    found = work(session)
                except BaseException as error:
                    if not isinstance(error, SQLAlchemyError):
                        connection.invalidate()  # an alarm, which may have rung in the middle of a statement
                    if not isinstance(error, Exception):
                        raise
                    self._failed(error)  # what is truly wrong is wrong at the primary, too
                else:
                    REPLICA_READS.labels("replica").inc()
                    return found
        with primary as session:
            return work(session)

    def _connection(self) -> Connection | None:
        """Return a connection to the replica, or None where the primary is to be asked."""
        if self.replica is None:
            return None
        if not self.watch.allows():
            REPLICA_READS.labels(self.watch.state.value).inc()
            return None
        try:
            return self.replica.connect()
        except TooBusy:
            REPLICA_READS.labels("busy").inc()
        except DBAPIError as error:
            self.watch.lost(error)
            REPLICA_READS.labels("away").inc()
        return None

    def _failed(self, error: Exception) -> None:
        """Count that `work` failed at the replica; raise `error` again if the primary is to be spared."""
        if isinstance(error, DBAPIError):
            if _took_too_long(error):
                REPLICA_READS.labels("slow").inc()
                raise error
            if error.connection_invalidated:
                self.watch.lost(error)
        REPLICA_READS.labels("failed").inc()

    def _look(self) -> Sight:
        assert self.glance is not None
        return look(self._beside, self.glance)


def _took_too_long(error: DBAPIError) -> bool:
    said = getattr(error.orig, "sqlstate", None) or (error.orig and error.orig.args and error.orig.args[0])
    return said in TOO_LONG
