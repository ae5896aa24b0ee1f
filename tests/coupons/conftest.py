import pytest

from bot.config import DatabaseConfig
from bot.db import Database
from tests.coupons.world import Desk


@pytest.fixture
def desk(empty_sqlite):
    with Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="off")) as database:
        yield Desk(database)
