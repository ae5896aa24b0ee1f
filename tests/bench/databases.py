"""The durable servers' databases: made, migrated and seeded for one run, then dropped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from bot import schema
from bot.accounts.register import enrol
from bot.config import Config, DatabaseConfig
from bot.db import Database
from bot.fans.models import Fan, Standing
from bot.messages.models import Message
from bot.outbox.models import Promise
from bot.replies import rules
from bot.replies.models import AutoReply, Match, Trigger
from tests.bench.pushes import ANSWER, FANS, QUESTION, openid
from tests.support.databases import Provision

ANYWHERE = "postgresql://postgres@127.0.0.1/postgres"


class NoServer(Exception):
    """No PostgreSQL would make us a database; the text says which was asked and why not."""


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Yield the address of a file of our own."""
    yield f"sqlite:///{folder}/bench.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of a database of our own; raise `NoServer` where none can be had.

    BENCH_POSTGRESQL names the server, else DATABASE_URLS, else the local one is asked.
    """
    named = os.environ.get("BENCH_POSTGRESQL") or os.environ.get("DATABASE_URLS", "")
    addresses = [one.strip() for one in named.split(",")]
    base = next((one for one in addresses if one.startswith("postgresql")), ANYWHERE)
    try:
        provision = Provision(base, "bench")
    except DBAPIError as error:
        where = base.rpartition("@")[2]
        raise NoServer(f"no database at {where}: {str(error.orig).splitlines()[0]}") from None
    try:
        yield provision.url
    finally:
        provision.drop()


def seed(config: Config) -> None:
    """Make the tables, the accounts, the fans, and one rule with one follow-up: one promise a message."""
    database = Database(config.database)
    schema.migrate(database)
    now = datetime.now(UTC)
    with database.transaction() as session:
        accounts = enrol(session, config.accounts)
        rule = AutoReply(
            account_id=None,
            title="how to get there",
            trigger=Trigger.KEYWORD.value,
            match=Match.EXACT.value,
            words=[QUESTION],
            reply={"type": "text", "content": ANSWER},
            follow_ups=[{"type": "text", "content": "到站后从三号口出来，沿南京东路向东走。"}],
            priority=0,
            enabled=True,
        )
        rules.save(session, rule)
        fans = [
            {
                "account_id": account,
                "openid": openid(number),
                "standing": Standing.FOLLOWING.value,
                "created_at": now,
                "followed_at": now,
                "follow_count": 1,
                "message_count": 0,
            }
            for account in accounts.values()
            for number in range(FANS)
        ]
        session.execute(insert(Fan), fans)
    if database.dialect == "postgresql":
        with database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))
    database.close()


class Witness:
    """Looks into a durable server's database from outside."""

    def __init__(self, url: str) -> None:
        self._database = Database(DatabaseConfig(url=url))

    def backends(self) -> list[int]:
        """Return the processes PostgreSQL keeps for the server; empty on SQLite, which has none."""
        if self._database.dialect != "postgresql":
            return []
        ours = text(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with self._database.reading() as session:
            numbers = list(session.scalars(ours))
        return [number for number in numbers if Path(f"/proc/{number}/stat").exists()]

    def rows(self) -> dict[str, int]:
        """Return how many messages and promises are kept, and how many messages the fans say they sent."""
        with self._database.reading() as session:
            return {
                "messages": session.scalar(select(func.count()).select_from(Message)) or 0,
                "promises": session.scalar(select(func.count()).select_from(Promise)) or 0,
                "counted": int(session.scalar(select(func.sum(Fan.message_count))) or 0),
            }

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
