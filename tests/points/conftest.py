import pytest

from bot.config import DatabaseConfig
from bot.db import Database
from tests.points.world import Till


@pytest.fixture
def till(empty_sqlite):
    """A ledger on SQLite that must balance at the end of the test."""
    database = Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="off"))
    desk = Till(database)
    yield desk
    assert desk.findings() == []
    database.close()
