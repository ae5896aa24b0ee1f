"""Many rows in one statement, on each database in the way it likes best.

The hot tables (fan, message, outbox) are written a batch at a time.  PostgreSQL
takes all rows as one JSON text, so that the statement never changes and is
prepared once, and because psycopg escapes an array's elements one by one, in
Python; the others take what their drivers make of `executemany`
(SQLite a loop in C, PyMySQL one INSERT of many rows).  SQLite is given finished
tuples: compiling and converting a row costs more than writing it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    insert,
    update,
)
from sqlalchemy.types import TypeEngine

from bot.db.types import UtcDateTime

Row = tuple[Any, ...]
Encoder = Callable[[Any], Any] | None


class BulkInsert:
    """Insert rows whose unique keys are free, pass over the others, and tell how many went in."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        names = ", ".join(columns)
        self.postgresql = (
            f"INSERT INTO {table.name} ({names}) SELECT {names} "  # noqa: S608 - our names
            f"FROM {_records(table, columns)} ON CONFLICT DO NOTHING"
        )
        marks = ", ".join("?" * len(self.columns))
        self._sqlite = f"INSERT INTO {table.name} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - our names
        self._encoders = _encoders(table, self.columns)
        # IGNORE also turns errors into warnings; lengths and ranges were checked on the way in.
        self._mysql = (
            insert(table).prefix_with("IGNORE", dialect="mysql").prefix_with("IGNORE", dialect="mariadb")
        )

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Return how many of `rows` were inserted; the others were there already."""
        if not rows:
            return 0
        if connection.dialect.name == "postgresql":
            return connection.exec_driver_sql(self.postgresql, self.values(rows)).rowcount
        if connection.dialect.name == "sqlite":
            return connection.exec_driver_sql(self._sqlite, _encoded(self._encoders, rows)).rowcount
        return connection.execute(self._mysql, _named(self.columns, rows)).rowcount

    def values(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Return what PostgreSQL's statement is given."""
        return (_records_from(self.columns, rows),)


class BulkUpdate:
    """Set the same columns of many rows, named by their ids, to values of their own."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.columns = ("id", *columns)
        pairs = ", ".join(f"{name} = v.{name}" for name in columns)
        self.postgresql = (
            f"UPDATE {table.name} SET {pairs} "  # noqa: S608 - our names
            f"FROM {_records(table, self.columns)} WHERE {table.name}.id = v.id "
            # Says no more, but tells the planner how few rows there are: it would read the table otherwise.
            f"AND {table.name}.id = ANY(%s::bigint[])"
        )
        marks = ", ".join(f"{name} = ?{number}" for number, name in enumerate(columns, start=2))
        self._sqlite = f"UPDATE {table.name} SET {marks} WHERE id = ?1"  # noqa: S608 - our names
        self._encoders = _encoders(table, self.columns)
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        self._plain = update(table).where(table.c.id == bindparam("new_id")).values(values)

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Write `rows`, which must be locked already: each the id, then the columns in their order."""
        if not rows:
            return 0
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(self.postgresql, self.values(rows))
        elif connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self._sqlite, _encoded(self._encoders, rows))
        else:
            connection.execute(self._plain, _named([f"new_{name}" for name in self.columns], rows))
        return len(rows)

    def values(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Return what PostgreSQL's statement is given."""
        return (_records_from(self.columns, rows), array_from(row[0] for row in rows))


Write = tuple[BulkInsert | BulkUpdate, Sequence[Row]]


def write_all(connection: Connection, writes: Iterable[Write]) -> list[int]:
    """Do all `writes`, no two of one row, and return of how many rows; on PostgreSQL in one statement."""
    wanted = list(writes)
    due = [(bulk, rows) for bulk, rows in wanted if rows]
    if connection.dialect.name != "postgresql" or len(due) < 2:
        return [bulk.run(connection, rows) for bulk, rows in wanted]
    values = tuple(chain.from_iterable(bulk.values(rows) for bulk, rows in due))
    statement = _together(*[bulk.postgresql for bulk, _rows in due])
    counts = iter(connection.exec_driver_sql(statement, values).one())
    return [next(counts) if rows else 0 for _bulk, rows in wanted]


@cache
def _together(*statements: str) -> str:
    parts = [f"w{number} AS ({one} RETURNING 1)" for number, one in enumerate(statements)]
    counts = [f"(SELECT count(*) FROM w{number})" for number in range(len(statements))]  # noqa: S608 - our names
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _records_from(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return `rows` as the JSON that `json_to_recordset` reads on PostgreSQL."""
    return orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_bytea).decode()


def array_from(values: Iterable[bytes | str | int]) -> str:
    """Return `values` as the text of an array on PostgreSQL."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: bytes | str | int) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytea(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"no place in a row for {type(value).__name__}")


def moment_from(text: str | None) -> datetime | None:
    """Return the moment that SQLite keeps as `text`, aware, in UTC."""
    return None if text is None else datetime.fromisoformat(text + "+00:00")


@lru_cache(maxsize=1024)  # the moments of a batch are few, and each is written several times
def _moment_to(value: datetime | None) -> str | None:
    """Return the moment as `UtcDateTime` has SQLite keep it, and refuse a naive one as it does."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment without its time zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _day_to(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _document_to(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _encoders(table: Table, columns: Sequence[str]) -> tuple[Encoder, ...]:
    """Return for each column how SQLite takes its values; None for as they are."""
    kinds = [table.c[name].type for name in columns]
    known: tuple[tuple[type[TypeEngine[Any]], Encoder], ...] = (
        (UtcDateTime, _moment_to),
        (JSON, _document_to),
        (Date, _day_to),
    )
    return tuple(next((how for one, how in known if isinstance(kind, one)), None) for kind in kinds)


def _encoded(encoders: Sequence[Encoder], rows: Sequence[Row]) -> list[Row]:
    columns = [
        map(encode, column) if encode else column
        for encode, column in zip(encoders, zip(*rows, strict=True), strict=True)
    ]
    return list(zip(*columns, strict=True))


def _named(columns: Sequence[str], rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _records(table: Table, columns: Sequence[str]) -> str:
    kinds = ", ".join(f"{name} {_postgresql_type(table.c[name].type)}" for name in columns)
    return f"json_to_recordset(%s::json) AS v({kinds})"


def _postgresql_type(kind: TypeEngine[Any]) -> str:
    """Return PostgreSQL's name for the type."""
    if isinstance(kind, UtcDateTime):
        return "timestamptz"
    for python_type, name in (
        (BigInteger, "bigint"),
        (Integer, "bigint"),
        (LargeBinary, "bytea"),
        (Boolean, "boolean"),
        (JSON, "jsonb"),
        (Date, "date"),
    ):
        if isinstance(kind, python_type):
            return name
    return "text"
