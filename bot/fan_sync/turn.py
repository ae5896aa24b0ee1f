"""One worker's turn at a run: what every phase works with."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.db import Database
from bot.fan_sync import runs, writing
from bot.fan_sync.asking import Asking
from bot.fan_sync.models import Kind
from bot.fan_sync.runs import RUN

COUNTED: Final = {
    Kind.ADDED: RUN.c.added,
    Kind.RETURNED: RUN.c.returned,
    Kind.LEFT: RUN.c.gone,
    Kind.UNIONID: RUN.c.unionids,
    Kind.TAGS: RUN.c.retagged,
    Kind.BLACKLISTED: RUN.c.blacklisted,
    Kind.RELEASED: RUN.c.released,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """The run, who works on it, and the line. `until` (of the monotonic clock) is when the turn is over.

    `tell` is called after each step, outside of transactions: for progress on a terminal.
    """

    db: Database
    asking: Asking
    run_id: int
    who: str
    account_id: int
    account: str
    until: float
    tell: Callable[[], None] = lambda: None

    def own(self, session: Session, *, now: datetime) -> None:
        """Lock the run: the first statement of each step's transaction. Raise `HeldByAnother`."""
        runs.keep(session, self.run_id, self.who, now=now)

    def keep(self, session: Session, *, now: datetime, **facts: Any) -> None:
        """Write how far the run is; the same transaction holds what was done."""
        runs.keep(session, self.run_id, self.who, now=now, **facts)

    def note(
        self, session: Session, found: Mapping[Kind, Collection[int]], *, now: datetime, **facts: Any
    ) -> None:
        """Keep what was found different, count it, and write how far the run is."""
        writing.note(session.connection(), self.run_id, found, now=now)
        counts = {
            COUNTED[kind].name: COUNTED[kind] + len(fan_ids) for kind, fan_ids in found.items() if fan_ids
        }
        self.keep(session, now=now, **counts, **facts)
