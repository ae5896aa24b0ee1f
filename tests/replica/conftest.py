from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from bot import schema
from bot.config import DatabaseConfig
from bot.db import Database, utc_now
from bot.db.types import table_of
from bot.outbox.timetable import PULSE, PULSE_SECONDS, Slot
from bot.replica import watch
from bot.runtime import Runtime, open_runtime
from tests import make
from tests.support.postgresql import Pair, Server, pair

SLOT = table_of(Slot)
LAG = 300


@pytest.fixture(scope="session")
def servers() -> Iterator[Pair]:
    """A primary with a migrated database `yizhan`, and its replica."""
    with pair(_prepare) as made:
        yield made


def _prepare(server: Server) -> None:
    server.ask("CREATE DATABASE yizhan")
    with Database(DatabaseConfig(url=server.url())) as db:
        schema.migrate(db)
        with db.connection() as connection:
            connection.execute(insert(SLOT).values(name=PULSE, slot=0))


@pytest.fixture
def runtime(servers: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """What a process works with that has a replica, which it looks at each time; a clock has just run."""
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(watch, "PATIENCE", 30.0)  # a busy machine is no replica that is away
    config = make.config(servers.primary.url())
    # One beat has to do for the whole test, whatever it takes.
    database = replace(config.database, replica_url=servers.replica.url(), replica_lag_seconds=LAG)
    opened = open_runtime(replace(config, database=database))
    beat(opened.db)
    servers.catch_up()
    yield opened
    opened.close()


def beat(db: Database, *, ahead: float = 0) -> None:
    """Write what a clock writes every two seconds, `ahead` seconds from now."""
    with db.connection() as connection:
        now = utc_now().timestamp() + ahead
        row = update(SLOT).where(SLOT.c.name == PULSE)
        connection.execute(row.values(slot=int(now) // PULSE_SECONDS))
