"""Databases of our own for every test: SQLite always, and each server that DATABASE_URLS names.

`DATABASE_URLS=postgresql://…,mariadb://…` repeats the database tests on those
servers, in databases made for this run and dropped after it.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bot import schema
from bot.config import DatabaseConfig
from bot.db import Database
from tests.support.chromium import CHROMIUM, QUIET
from tests.support.databases import Provision, kinds
from tests.support.private_redis import private_redis

_provisions: dict[str, Provision] = {}


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


@pytest.fixture
def empty_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite file, for what does not depend on the database."""
    return _copy(request.config, tmp_path)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(DatabaseConfig(url=database_url))
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
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


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
