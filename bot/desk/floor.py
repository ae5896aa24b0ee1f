"""One account's desk as a job meets it: the database, the line to WeChat, and the time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.db import Database
from bot.db.revisions import Memory
from bot.desk.desks import DESKS
from bot.desk.house import House
from bot.organisation.directory import SHOPS


@dataclass(frozen=True, slots=True)
class Floor:
    """`line` is the account's gateway; whoever simulates a day gives one of their own, and a clock.

    `memory` is the process's; it knows at least desks and shops.
    """

    db: Database
    line: Any
    account_id: int
    now: Callable[[], datetime]
    memory: Memory = field(default_factory=lambda: Memory(DESKS, SHOPS))

    def house(self, session: Session) -> House:
        """Return what holds at the desks, half a second old at most; asks the database in `session`."""
        self.memory.refresh(session)
        return House(self.memory.recall(DESKS), self.memory.recall(SHOPS))
