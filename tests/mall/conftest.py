import pytest

from bot.config import DatabaseConfig
from bot.db import Database
from tests import make
from tests.mall.world import Mall


@pytest.fixture
def mall(empty_sqlite):
    """A mall on SQLite whose orders must agree with the ledger at the end of the test."""
    database = Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="off"))
    made = Mall(database)
    made.shop_id = make.shop(database)
    yield made
    assert made.findings() == []
    database.close()


@pytest.fixture
def mall_anywhere(db: Database):
    """The same on each kind of database."""
    made = Mall(db)
    made.shop_id = make.shop(db)
    yield made
    assert made.findings() == []
