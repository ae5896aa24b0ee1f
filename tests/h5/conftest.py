from collections.abc import Callable, Iterator

import pytest

from h5 import mine
from simulator.server import Server
from tests.support.inn import Inn


@pytest.fixture(autouse=True)
def _nothing_is_drawn_in_the_background(monkeypatch):
    """Let no test draw into the next one; that designs are prepared ahead has a test of its own."""
    monkeypatch.setattr(mine.KEPT, "_is_warm", True)


@pytest.fixture
def open_inn(empty_sqlite: str, tmp_path) -> Iterator[Callable[..., Inn]]:
    """Opens the pages on SQLite with Redis away, and the simulator as their WeChat."""
    yield from opening(empty_sqlite, tmp_path)


@pytest.fixture
def open_inn_anywhere(database_url: str, tmp_path) -> Iterator[Callable[..., Inn]]:
    """Opens them on each kind of database."""
    yield from opening(database_url, tmp_path)


@pytest.fixture
def inn(open_inn) -> Inn:
    return open_inn()


def opening(url, folder):
    inns = []
    with Server() as platform:

        def opened(**facts) -> Inn:
            inns.append(Inn(url, platform, folder, **facts))
            return inns[-1]

        yield opened
        for each in inns:
            each.close()
