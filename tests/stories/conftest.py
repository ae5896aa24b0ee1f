from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.server import Server
from tests.support.private_redis import private_redis
from tests.support.system import System


@pytest.fixture
def deploy(tmp_path: Path, empty_sqlite: str) -> Iterator[Callable[..., System]]:
    """Deploys systems on SQLite, started and enrolled, and takes them down again."""
    yield from _deploying(tmp_path, empty_sqlite)


@pytest.fixture
def deploy_everywhere(tmp_path: Path, database_url: str) -> Iterator[Callable[..., System]]:
    """The same on each kind of database: for what is decided there, since starting it all takes seconds."""
    yield from _deploying(tmp_path, database_url)


def _deploying(folder: Path, database_url: str) -> Iterator[Callable[..., System]]:
    systems: list[System] = []
    with private_redis() as redis, Server() as platform:

        def deploy_one(*names: str, **facts: object) -> System:
            system = System(folder, database_url, redis, platform, **facts)
            systems.append(system)
            system.enrol()
            system.start(*(names or ("web", "worker", "clock")))
            return system

        try:
            yield deploy_one
        finally:
            for system in systems:
                system.stop()
