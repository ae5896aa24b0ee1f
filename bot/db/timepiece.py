"""The time all hosts share: the database's.

Leases, due times and the timetable compare moments that different hosts
wrote.  A host whose clock is minutes ahead would take every lease for ended
and have things done twice; so none of them asks its own.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, TextClause, text

from bot.db.types import utc_now

ASK_EVERY = 60.0  # seconds; clocks drift slowly, and a jump is noticed at once
NOTABLE = timedelta(seconds=1)  # less is what computers differ by
QUESTIONS = {
    "postgresql": text("SELECT clock_timestamp()"),
    "mysql": text("SELECT utc_timestamp(6)"),
    "mariadb": text("SELECT utc_timestamp(6)"),
}


class Timepiece:
    """Knows how far this host's clock is off. Safe between threads."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._asked_at: float | None = None
        self._boot = 0.0
        self._lock = threading.Lock()

    def ahead(self, connection: Connection) -> timedelta:
        """Return how far the database's clock is ahead of ours; nothing if it is less than a second.

        The database is asked over `connection` once a minute, and when our
        clock was set meanwhile.  SQLite has the clock of its only host.
        """
        question = QUESTIONS.get(connection.dialect.name)
        if question is None:
            return timedelta()
        with self._lock:
            if self._is_stale():
                self._ask(connection, question)
            return self._ahead

    def reckoned(self) -> timedelta:
        """Return what `ahead` said last, put right if our clock was set since; nothing if nobody asked."""
        with self._lock:
            if self._asked_at is None:
                return timedelta()
            jump = timedelta(seconds=time.time() - time.monotonic() - self._boot)
            return self._ahead - jump if abs(jump) > NOTABLE else self._ahead

    def _is_stale(self) -> bool:
        now = time.monotonic()
        jumped = abs((time.time() - now) - self._boot) > NOTABLE.total_seconds()
        return self._asked_at is None or now - self._asked_at > ASK_EVERY or jumped

    def _ask(self, connection: Connection, question: TextClause) -> None:
        before = utc_now()
        said: datetime = connection.execute(question).scalar_one()
        after = utc_now()
        theirs = said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
        doubt = (after - before) / 2  # at which moment of these it was said, nobody knows
        ahead = theirs - (before + doubt)
        self._ahead = ahead if abs(ahead) >= max(NOTABLE, doubt) else timedelta()
        self._asked_at = time.monotonic()
        self._boot = time.time() - self._asked_at
