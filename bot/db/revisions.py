"""What a process remembers of the database, and how it learns of a change within a second.

Whoever changes rules, shops or agents calls `bump` in the same transaction.
Every process asks for the revisions at most twice a second, in a transaction
it has open anyway, and loads again what moved.  No Redis is needed for it, so
a flushed or absent Redis makes nobody answer from yesterday's rules.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db.scope import HEAD_OFFICE, beyond_scope
from bot.db.types import Base

T = TypeVar("T")
MAX_AGE = 0.5


class Revision(Base):
    """How often the thing called `name` has changed."""

    __tablename__ = "revision"
    __scope__ = HEAD_OFFICE

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int]


def bump(session: Session, name: str) -> None:
    """Tell every process, once `session` commits, that `name` has changed."""
    changed = update(Revision).where(Revision.name == name).values(value=Revision.value + 1)
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        if session.connection().execute(changed).rowcount:
            return
        try:
            with session.begin_nested():
                session.add(Revision(name=name, value=1))
        except IntegrityError:
            session.connection().execute(changed)  # another process was first by a moment


class Remembered(Generic[T]):
    """One thing kept in memory: its name among the revisions and how to load it."""

    def __init__(self, name: str, load: Callable[[Session], T]) -> None:
        self.name = name
        self.load = load


class Memory:
    """What this process remembers. Safe to share between threads."""

    def __init__(self, *things: Remembered[Any], max_age: float = MAX_AGE) -> None:
        self._things = things
        self._max_age = max_age
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._revisions: dict[str, int] = {}
        self._checked_at = float("-inf")

    @property
    def is_due(self) -> bool:
        """Whether the last look is older than half a second."""
        return time.monotonic() - self._checked_at >= self._max_age

    def refresh(self, session: Session) -> None:
        """Load what has changed, if the last look is older than half a second."""
        if not self.is_due:
            return
        with self._lock:
            rows = session.connection().execute(select(Revision.name, Revision.value)).all()
            current: dict[str, int] = {row.name: row.value for row in rows}
            for thing in self._things:
                revision = current.get(thing.name, 0)
                if thing.name not in self._values or self._revisions.get(thing.name) != revision:
                    self._values[thing.name] = thing.load(session)
                    self._revisions[thing.name] = revision
            self._checked_at = time.monotonic()

    def recall(self, thing: Remembered[T]) -> T:
        """Return the thing as last loaded; `refresh` must have run once."""
        value: T = self._values[thing.name]
        return value
