from collections.abc import Iterator

import pytest

from bot.config import DatabaseConfig
from bot.db import Database
from bot.runtime import Runtime, open_runtime
from tests.levels.world import Stairs, rungs
from tests.support.members import config


@pytest.fixture
def stairs(empty_sqlite: str) -> Iterator[Stairs]:
    with Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="off")) as db:
        yield Stairs(db, rungs())


@pytest.fixture
def runtime(empty_sqlite: str) -> Iterator[Runtime]:
    opened = open_runtime(config(empty_sqlite))
    yield opened
    opened.close()
