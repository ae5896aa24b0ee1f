"""Databases made for one test process on servers somebody else runs, and dropped afterwards."""

import os

from sqlalchemy import URL, create_engine, literal, make_url, select, text, union_all

from bot.audit.chain import GENESIS
from bot.config import DatabaseConfig
from bot.db import Database
from bot.tables import METADATA

DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql", "mysql": "mysql+pymysql"}


def kinds(addresses: str) -> list[object]:
    """Return pytest params: SQLite, then one for each address in a comma-separated list."""
    import pytest

    bases = [one.strip() for one in addresses.split(",") if one.strip()]
    params = [pytest.param(("sqlite", ""), id="sqlite")]
    for base in bases:
        kind = make_url(base).get_backend_name()
        if kind != "sqlite":
            params.append(pytest.param((kind, base), id=kind))
    return params


class Provision:
    """One database of our own on the server at `base`."""

    def __init__(self, base: str, worker: str, *, like: "Provision | None" = None) -> None:
        """Make the database: empty, or a copy of PostgreSQL's `like`, to which nobody is connected."""
        url = make_url(base)
        self._base = url.set(drivername=DRIVERS[url.get_backend_name()])
        self._name = f"yizhan_test_{worker}_{os.getpid()}"
        self._run(f"DROP DATABASE IF EXISTS {self._name}")
        self._run(f"CREATE DATABASE {self._name}{f' TEMPLATE {like._name}' if like else ''}")
        plain: URL = url.set(database=self._name)
        self.url = plain.render_as_string(hide_password=False)
        self.database = Database(DatabaseConfig(url=self.url))

    def empty(self) -> None:
        """Delete every row, children first, so that the next test finds nothing."""
        with self.database.connection() as connection:
            # Asked first in one statement: deleting from a hundred empty tables takes longer than most tests.
            found = [
                select(literal(name)).where(select(table).exists()) for name, table in METADATA.tables.items()
            ]
            filled = set(connection.scalars(union_all(*found)))
            for table in reversed(METADATA.sorted_tables):
                if table.name not in filled:
                    continue
                if table.name == "audit_head":  # comes with the migration, and stays
                    connection.execute(table.update().values(count=0, hash=GENESIS))
                    continue
                for column in table.c:  # MariaDB deletes row by row, and minds those that hang below one
                    if column.nullable and any(key.column.table is table for key in column.foreign_keys):
                        connection.execute(table.update().values({column: None}))
                connection.execute(table.delete())

    def drop(self) -> None:
        """Take the database away, whoever is still connected to it."""
        self.database.close()
        force = " WITH (FORCE)" if self._base.get_backend_name() == "postgresql" else ""
        self._run(f"DROP DATABASE IF EXISTS {self._name}{force}")

    def _run(self, statement: str) -> None:
        engine = create_engine(self._base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
