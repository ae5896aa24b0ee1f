"""A database that is ours alone, its settings, and the command line."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import cli, schema
from bot.config import Config, load
from bot.db import Database
from tests import make
from tests.support.databases import Provision, kinds

KEY, OTHER_KEY = "A" * 43 + "=", "B" * 43 + "="


@dataclass
class House:
    """One deployment that is not running."""

    file: Path
    url: str

    @property
    def config(self) -> Config:
        return load(self.file, environ={})

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def database_file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def run(self, *words: object) -> int:
        return cli.main([*map(str, words), "--config", str(self.file)])

    def open(self) -> Database:
        return Database(self.config.database)

    def settle(self, **privacy: str) -> None:
        keys = {"keys": f"2026a:{KEY}", "index_key": KEY, **privacy}
        said = "\n".join(f'{name} = "{value}"' for name, value in keys.items())
        account = make.account()
        self.file.write_text(
            f'[server]\nfolder = "{self.file.parent}/var"\n[database]\nurl = "{self.url}"\n'
            f'sqlite_synchronous = "normal"\n[redis]\nurl = "unix:///nonexistent/redis.sock"\n'
            f'[wechat]\napi_base = "{make.NOWHERE}"\n[privacy]\n{said}\n'
            f'[[accounts]]\nname = "head"\napp_id = "{account.app_id}"\napp_secret = "{account.app_secret}"\n'
            f'token = "{account.token}"\nmode = "plain"\n'
        )


@pytest.fixture(scope="module")
def provided(worker_id: str) -> Iterator[dict[str, Provision]]:
    """Databases of this module's own: nobody else is connected, and a schema put aside is nobody's trouble."""
    made: dict[str, Provision] = {}
    yield made
    for one in made.values():
        one.drop()


@pytest.fixture(params=[one for one in kinds(os.environ.get("DATABASE_URLS", "")) if one.id != "mariadb"])
def house(
    request: pytest.FixtureRequest, tmp_path: Path, worker_id: str, provided: dict[str, Provision]
) -> House:
    kind, base = request.param
    if kind == "sqlite":
        url = request.getfixturevalue("empty_sqlite")
    else:
        if kind not in provided:
            provided[kind] = Provision(base, f"{worker_id}_kept")
        url = _emptied(provided[kind])
    found = House(tmp_path / "config.toml", url)
    found.settle()
    return found


def _emptied(provision: Provision) -> str:
    """Nobody stays connected, or nothing could be restored."""
    with provision.database.connection() as connection:
        found = connection.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before%'"))
        for name in found.all():
            connection.execute(text(f'DROP SCHEMA "{name}" CASCADE'))
    schema.migrate(provision.database)
    provision.empty()
    provision.database.close()
    return provision.url
