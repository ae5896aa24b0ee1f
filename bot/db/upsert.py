"""Inserting a row that may be there already, in each database's own words.

For many rows of the hot tables see `bot.db.bulk`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Insert, Table, insert, inspect
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session, make_transient_to_detached

from bot.db.scope import beyond_scope
from bot.db.scoped import ScopedSession
from bot.db.types import Base, table_of


def insert_or_set(
    connection: Connection, table: Table, values: Mapping[str, Any], *, key: str, changed: str
) -> None:
    """Insert `values`; where the unique column `key` holds their value already, lock that row until the
    transaction ends and set its column `changed`.
    """
    if _is_mysql(connection):
        add = mysql.insert(table).values(values)
        connection.execute(add.on_duplicate_key_update({changed: add.inserted[changed]}))
        return
    put = _insert(connection)(table).values(values)
    connection.execute(put.on_conflict_do_update(index_elements=[key], set_={changed: put.excluded[changed]}))


def insert_or_change(
    connection: Connection,
    table: Table,
    values: Mapping[str, Any],
    *,
    key: str,
    change: Callable[[Any], Mapping[str, Any]],
) -> None:
    """Insert `values`; where the column `key` holds their value already, change that row instead.

    `change` is given the columns of the row that was not inserted, and returns what is set, in that order.
    """
    if _is_mysql(connection):
        add = mysql.insert(table).values(values)
        connection.execute(add.on_duplicate_key_update(list(change(add.inserted).items())))
        return
    put = _insert(connection)(table).values(values)
    connection.execute(put.on_conflict_do_update(index_elements=[key], set_=dict(change(put.excluded))))


def insert_where_free(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`; those whose unique keys are taken are passed over."""
    if _is_mysql(connection):
        connection.execute(mysql.insert(table).prefix_with("IGNORE"), rows)
        return
    connection.execute(_insert(connection)(table).on_conflict_do_nothing(), rows)


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert `rows`, return their ids in that order: one statement, where the database tells ids back."""
    if len(rows) > 1 and connection.dialect.insert_executemany_returning_sort_by_parameter_order:
        return list(connection.scalars(_adding_all(table), rows))
    return [_id_of(connection.execute(_plainly(table), row)) for row in rows]


def add_if_free(session: Session, row: Base) -> bool:
    """Write the new `row`, all of whose columns are set, at once; False, and nothing is written, if a unique
    key is taken.

    The session knows the row as if it had loaded it.  One statement, where a
    savepoint around the row would be three.  A scoped session looks at it as at
    every row that is added.
    """
    session.flush()  # what it points at
    if isinstance(session, ScopedSession):
        session.check_new(row)
    given = {name: value for name, value in inspect(row).dict.items() if not name.startswith("_")}
    with beyond_scope(session):
        key = insert_if_free(session.connection(), table_of(type(row)), given)
    if key is None:
        return False
    row.id = key  # type: ignore[attr-defined]
    make_transient_to_detached(row)
    session.add(row)
    return True


def insert_if_free(connection: Connection, table: Table, values: Mapping[str, Any]) -> int | None:
    """Insert `values` and return the row's id; None, and nothing is written, if a unique key is taken.

    MySQL's IGNORE passes over other faults too: give it values that fit.
    """
    done = connection.execute(_adding(connection.dialect.name, table), values)
    if _is_mysql(connection):
        return done.lastrowid if done.rowcount else None
    key: int | None = done.scalar()
    return key


@lru_cache
def _adding(dialect: str, table: Table) -> Insert:
    """Return the statement of `insert_if_free`, made once: making it costs as much as running it."""
    if dialect in {"mysql", "mariadb"}:
        return mysql.insert(table).prefix_with("IGNORE")
    put = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return put(table).on_conflict_do_nothing().returning(table.c.id)


@lru_cache
def _adding_all(table: Table) -> Any:
    return insert(table).returning(table.c.id, sort_by_parameter_order=True)


@lru_cache
def _plainly(table: Table) -> Insert:
    return insert(table)


def _id_of(done: CursorResult[Any]) -> int:
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def _is_mysql(connection: Connection) -> bool:
    return connection.dialect.name in {"mysql", "mariadb"}


def _insert(connection: Connection) -> Any:
    # SQLite's and PostgreSQL's spelling is the same, and SQLAlchemy's classes for it are not.
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
