"""Databases of our own for every test: SQLite always, and each server that DATABASE_URLS names.

`DATABASE_URLS=postgresql://…,mariadb://…` repeats the database tests on those
servers, in databases made for this run and dropped after it.
"""

import gc
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from admin import rate
from bot import schema
from bot.config import DatabaseConfig
from bot.db import Database
from bot.posters import versions
from h5 import limits
from tests.support.chromium import CHROMIUM, QUIET
from tests.support.databases import Provision, kinds
from tests.support.kept import keep_compiled
from tests.support.private_redis import private_redis

_provisions: dict[str, Provision] = {}
PAGES = frozenset({"admin", "h5", "menus", "materials", "broadcasts"})  # what people make on pages


@pytest.fixture(params=kinds(os.environ.get("DATABASE_URLS", "")))
def database_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> str:
    """The address of an empty, migrated database on each kind of server."""
    kind, base = request.param
    if kind == "sqlite":
        return _copy(request.config, tmp_path)
    if kind not in _provisions:
        _provisions[kind] = Provision(base, worker_id)
        schema.migrate(_provisions[kind].database)
    _provisions[kind].empty()
    return _provisions[kind].url


@pytest.fixture(autouse=True)
def _nobody_has_come_yet() -> None:
    """Forget whom earlier tests of this process counted, as the pages do here without a Redis, and their designs.

    The first fan and design of every database have the same numbers, and all come from one address.
    """
    limits._here.clear()
    rate._counts.clear()
    versions._remembered.clear()


@pytest.fixture
def empty_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite file, for what does not depend on the database."""
    return _copy(request.config, tmp_path)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    # Were each commit on the disk before the next begins, threads of a test would wait for SQLite's one lock
    # as long as a busy disk takes: longer than one of them may.
    database = Database(DatabaseConfig(url=database_url, sqlite_synchronous="off"))
    yield database
    database.close()


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The address of a Redis of this test's own."""
    with private_redis() as server:
        yield server.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process: Playwright takes no second one beside it."""
    if not Path(CHROMIUM).exists():
        missing = f"browser tests need Chromium at {CHROMIUM}; on Debian: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


def pytest_sessionstart() -> None:
    keep_compiled()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Ask what people make on pages of SQLite and of one server, by turns; nouns, races and stories of every server.

    Where a test file says `EVERY_SERVER = True`, its tests are asked of all; where it says False, by turns: those
    are long, and no two writers meet in them.
    """
    kept, left = [], []
    for item in items:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("database_url", ("", ""))[0]
        place = item.path.parent.name
        takes_turns = not getattr(item.module, "EVERY_SERVER", place not in PAGES)
        servers = sorted(_servers())
        turn = zlib.crc32(item.nodeid.replace(kind or "", "").encode()) % len(servers) if servers else 0
        (left if takes_turns and kind in servers and servers[turn] != kind else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def _servers() -> set[str]:
    return {param.values[0][0] for param in kinds(os.environ.get("DATABASE_URLS", ""))} - {"sqlite"}


def pytest_collection_finish() -> None:
    """Leave what was imported out of each collection of garbage: hundreds of mappers take a second to walk."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish() -> None:
    for provision in _provisions.values():
        provision.drop()


def _copy(config: pytest.Config, folder: Path) -> str:
    shutil.copy(_template(config), folder / "test.db")
    return f"sqlite:///{folder}/test.db"


def _template(config: pytest.Config) -> Path:
    """Return an empty migrated SQLite file, made once a process."""
    known: Path | None = getattr(config, "_yizhan_template", None)
    if known is None:
        known = Path(config.rootpath) / "var" / "test" / f"template-{os.getpid()}.db"
        known.parent.mkdir(parents=True, exist_ok=True)
        known.unlink(missing_ok=True)
        database = Database(DatabaseConfig(url=f"sqlite:///{known}"))
        schema.migrate(database)
        database.close()  # the last connection writes the log back into the file
        config._yizhan_template = known  # type: ignore[attr-defined]
        config.add_cleanup(lambda: known.unlink(missing_ok=True))
    return known
