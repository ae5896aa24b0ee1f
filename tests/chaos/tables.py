"""Our tables: what they are given before a run, and read for after it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.config import DatabaseConfig
from bot.db import Database
from bot.db.revisions import bump
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.outbox.models import Promise, State
from bot.replies.models import AutoReply
from bot.tables import METADATA
from tests.chaos import settings
from tests.chaos.ledger import Promised, Tables, answer, follow_up, number_in, number_said, question

assert METADATA.tables  # importing it is what makes every table known to every other
SAY = "replies.say"


class Book:
    """The database of the run, reached from outside the hosts."""

    def __init__(self) -> None:
        self._db = Database(DatabaseConfig(url=settings.database_url()))

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        self._db.close()  # what is pooled may be of a server that was restarted
        with self._db.reading() as session:
            yield session

    def write_rules(self, count: int) -> None:
        """Have each of `count` messages a rule of its own, so that every answer names what it answers."""
        with self._db.transaction() as session:
            session.add_all(_rule(number) for number in range(count))
            bump(session, "replies")

    def is_settled(self) -> bool:
        """Whether every follow-up is over."""
        open_ones = select(func.count()).where(
            Promise.job == SAY, Promise.state.not_in([State.DONE, State.DEAD])
        )
        with self._reading() as session:
            return session.scalar(open_ones) == 0

    def newest_message(self) -> int:
        """Return the number of rows there were ever messages for: it grows while we take any in."""
        with self._reading() as session:
            return session.scalar(select(func.max(Message.id))) or 0

    def read(self, whose: dict[str, str]) -> Tables:
        """Return everything a comparison needs; `whose` says which traveller an OpenID is."""
        tables = Tables()
        with self._reading() as session:
            for fields in session.scalars(select(Message.fields).where(Message.kind == "text")):
                number = number_in(fields["Content"])
                tables.stored[-1 if number is None else number] += 1
            for openid, count in session.execute(select(Fan.openid, Fan.message_count)):
                tables.counted[whose.get(openid, openid)] = count
            for row in session.scalars(select(Promise).where(Promise.job == SAY)):
                number = number_said(row.arguments["reply"]["content"])
                said = tables.follow_ups.setdefault(number, [])
                said.append(Promised(row.state, row.attempts, row.reason))
            for row in session.scalars(select(Promise).where(Promise.state == State.DEAD)):
                tables.dead.append(f"{row.job}: {row.reason}")
        return tables

    def close(self) -> None:
        self._db.close()


def _rule(number: int) -> AutoReply:
    return AutoReply(
        title=f"rule {number}",
        trigger="keyword",
        match="exact",
        words=[question(number)],
        reply={"type": "text", "content": answer(number)},
        follow_ups=[{"type": "text", "content": follow_up(number)}],
        priority=0,
        enabled=True,
    )
