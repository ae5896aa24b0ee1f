"""Many rows in one statement, on each database in the way it likes best.

The hot tables (fan, message, outbox) are written a batch at a time.  PostgreSQL
takes whole columns as arrays, so that the statement's text never changes and
is prepared once; the others take what their drivers make of `executemany`
(SQLite a loop in C, PyMySQL one INSERT of many rows).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    insert,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from bot.db.types import UtcDateTime

Row = tuple[Any, ...]


class BulkInsert:
    """Insert rows whose unique keys are free, pass over the others, and tell how many went in."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        self._documents = _documents(table, columns)
        names = ", ".join(columns)
        self._postgresql = (
            f"INSERT INTO {table.name} ({names}) SELECT {_values(table, columns)} "  # noqa: S608 - our names
            f"FROM unnest({_arrays(table, columns)}) AS v({names}) ON CONFLICT DO NOTHING"
        )
        self._sqlite = sqlite.insert(table).on_conflict_do_nothing()
        # IGNORE also turns errors into warnings; lengths and ranges were checked on the way in.
        self._mysql = (
            insert(table).prefix_with("IGNORE", dialect="mysql").prefix_with("IGNORE", dialect="mariadb")
        )

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Return how many of `rows` were inserted; the others were there already."""
        if not rows:
            return 0
        if connection.dialect.name == "postgresql":
            arrays = _transpose(self._columns, rows, self._documents)
            return connection.exec_driver_sql(self._postgresql, arrays).rowcount
        statement = self._sqlite if connection.dialect.name == "sqlite" else self._mysql
        return connection.execute(statement, _named(self._columns, rows)).rowcount


class BulkUpdate:
    """Set the same columns of many rows, named by their ids, to values of their own."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self._columns = ("id", *columns)
        self._documents = _documents(table, self._columns)
        names = ", ".join(self._columns)
        pairs = ", ".join(f"{name} = {_value(table, name)}" for name in columns)
        self._postgresql = (
            f"UPDATE {table.name} SET {pairs} "  # noqa: S608 - our names
            f"FROM unnest({_arrays(table, self._columns)}) AS v({names}) WHERE {table.name}.id = v.id"
        )
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        self._plain = update(table).where(table.c.id == bindparam("new_id")).values(values)

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write `rows`: each the id and then the columns in their order. The rows must be locked already."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(self._postgresql, _transpose(self._columns, rows, self._documents))
            return
        connection.execute(self._plain, _named([f"new_{name}" for name in self._columns], rows))


def pairs_from(keys: Iterable[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    """Return `keys` as one array a column, for `unnest` on PostgreSQL."""
    return dict(zip(names, (list(column) for column in zip(*keys, strict=True)), strict=True))


def _named(columns: Sequence[str], rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _documents(table: Table, columns: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name in columns if isinstance(table.c[name].type, JSON))


def _transpose(
    columns: Sequence[str], rows: Sequence[Row], documents: frozenset[str]
) -> dict[str, list[Any]]:
    arrays: dict[str, list[Any]] = {}
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        if name in documents:
            arrays[name] = [None if value is None else orjson.dumps(value).decode() for value in values]
        else:
            arrays[name] = list(values)
    return arrays


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%({name})s::{_array_type(table.c[name].type)}[]" for name in columns)


def _values(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(_value(table, name) for name in columns)


def _value(table: Table, name: str) -> str:
    return f"v.{name}::jsonb" if isinstance(table.c[name].type, JSON) else f"v.{name}"


def _array_type(kind: TypeEngine[Any]) -> str:
    """Return PostgreSQL's name for the type, as one element of an array we send."""
    if isinstance(kind, UtcDateTime):
        return "timestamptz"
    for python_type, name in (
        (BigInteger, "bigint"),
        (Integer, "bigint"),
        (LargeBinary, "bytea"),
        (Boolean, "boolean"),
    ):
        if isinstance(kind, python_type):
            return name
    return "text"
