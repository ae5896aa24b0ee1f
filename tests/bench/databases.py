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
from tests.bench.pushes import ANSWER, FANS, MODES, QUESTION, openid
from tests.support.databases import Provision

ANYWHERE = "postgresql://postgres@127.0.0.1/postgres"
MARIADB = "mariadb://root@127.0.0.1/test"


COLUMNS = "account_id, openid, standing, created_at, followed_at, follow_count, message_count"
MORE = {
    "postgresql": f"""INSERT INTO fan ({COLUMNS})
        SELECT :account, 'oBench_' || lpad(i::text, 21, '0'), 'following', :now, :now, 1, 0
        FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) i""",
    "sqlite": f"""WITH RECURSIVE number(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM number WHERE i < :last)
        INSERT INTO fan ({COLUMNS})
        SELECT :account, printf('oBench_%021d', i), 'following', substr(:now, 1, 26), substr(:now, 1, 26), 1, 0
        FROM number""",
}


class NoServer(Exception):
    """No server would make us a database; the text says which was asked and why not."""


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Yield the address of a file of our own."""
    yield f"sqlite:///{folder}/bench.db"


@contextmanager
def postgresql(label: str = "bench") -> Iterator[str]:
    """Yield the address of a database of our own; raise `NoServer` where none can be had.

    BENCH_POSTGRESQL names the server, else DATABASE_URLS, else the local one is asked.
    """
    with _made("BENCH_POSTGRESQL", ("postgresql",), ANYWHERE, label) as url:
        yield url


@contextmanager
def mariadb() -> Iterator[str]:
    """Do as `postgresql`; BENCH_MARIADB names the server, else DATABASE_URLS, else the local one is asked."""
    with _made("BENCH_MARIADB", ("mariadb", "mysql"), MARIADB) as url:
        yield url


@contextmanager
def _made(named: str, kinds: tuple[str, ...], local: str, label: str = "bench") -> Iterator[str]:
    addresses = [
        one.strip() for one in (os.environ.get(named) or os.environ.get("DATABASE_URLS", "")).split(",")
    ]
    base = next((one for one in addresses if one.startswith(kinds)), local)
    try:
        provision = Provision(base, label)
    except DBAPIError as error:
        where = base.rpartition("@")[2]
        raise NoServer(f"no database at {where}: {str(error.orig).splitlines()[0]}") from None
    try:
        yield provision.url
    finally:
        provision.drop()


def seed(config: Config, fans: int = FANS) -> None:
    """Make the tables, the accounts, the fans, and one rule with one follow-up: one promise a message.

    Beyond the usual fans only the first account has more; the database makes them itself.
    """
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
        usual = [
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
            for number in range(min(fans, FANS))
        ]
        session.execute(insert(Fan), usual)
        if fans > FANS:
            more = {"account": accounts[MODES[0]], "first": FANS, "last": fans - 1, "now": now}
            session.execute(text(MORE[database.dialect]), more)
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
