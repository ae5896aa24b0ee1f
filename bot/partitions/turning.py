"""Turning a whole table into one that is cut by month, while messages go on coming.

What there is becomes the first partition as it lies on the disk; no row is
copied.  What takes long (indexes, one reading of the table) locks nobody out;
what locks is short and gives way:

    unique indexes that hold the moment, built concurrently
    → a check that all rows lie before the bound: NOT VALID, then validated
    → one transaction: rename, make the parent, attach, the rest
    → the months to come

It may be stopped anywhere and started again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.db import Database
from bot.db.database import is_passing
from bot.partitions import checks, keeping
from bot.partitions.shapes import CannotPartition, Parted, following, midnight, month_of

TRIES, PAUSE = 30, 2.0
ROOM = timedelta(days=7)  # to be done before the month begins from which on the whole table takes nothing
Say = Callable[[str], None]

_OBSTACLES = """
SELECT 'the foreign key ' || conname FROM pg_constraint
    WHERE confrelid = CAST(:name AS regclass) AND contype = 'f'
UNION ALL SELECT 'the trigger ' || tgname FROM pg_trigger
    WHERE tgrelid = CAST(:name AS regclass) AND NOT tgisinternal
UNION ALL SELECT DISTINCT 'the view ' || CAST(ev_class AS regclass)
    FROM pg_depend JOIN pg_rewrite r ON r.oid = objid
    WHERE refobjid = CAST(:name AS regclass) AND classid = CAST('pg_rewrite' AS regclass)
UNION ALL SELECT 'the publication ' || pubname
    FROM pg_publication_rel JOIN pg_publication p ON p.oid = prpubid
    WHERE prrelid = CAST(:name AS regclass)
"""
_GRANTS = (
    "SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END "
    "FROM pg_class, aclexplode(relacl) WHERE oid = CAST(:name AS regclass) AND grantee <> relowner"
)
_OWNER = "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = CAST(:name AS regclass)"
_INDEXES = (
    "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid "
    "WHERE indrelid = CAST(:name AS regclass) AND NOT indisunique ORDER BY relname"
)
_FOREIGN = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid = CAST(:name AS regclass) AND contype = 'f'"
)
_IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done: up to `bound` the table stays as it is; `keys` get the moment, `rows` is a guess."""

    parted: Parted
    bound: date
    keys: dict[str, list[str]]
    rows: int
    bytes: int

    @property
    def first(self) -> str:
        """The name of the first partition."""
        return self.parted.before(self.bound)

    @property
    def check(self) -> str:
        """The name of the check that no row lies later, while there is one."""
        return checks.name_of(self.parted, self.bound)

    def index(self, key: str) -> str:
        """Return the name of the unique index that takes the place of `key` in the first partition."""
        return f"{key}_{self.parted.by}"


def plan(connection: Connection, parted: Parted, *, now: datetime) -> Plan:
    """Return what turning the table would do; raise `CannotPartition` with the remedy where it cannot be."""
    if connection.dialect.name != "postgresql":
        name = connection.dialect.name
        raise CannotPartition(
            f"{name} keeps its tables whole: only PostgreSQL's can be cut by month here; nothing was changed"
        )
    named = {"name": parted.table}
    if obstacles := list(connection.scalars(text(_OBSTACLES), named)):
        raise CannotPartition(
            f"{parted.table}: {', '.join(obstacles)} would stay with the old rows; "
            "drop it, run this again, and make it anew"
        )
    looked = inspect(connection)
    primary = looked.get_pk_constraint(parted.table)
    keys = {str(primary["name"]): list(primary["constrained_columns"])}
    for unique in looked.get_unique_constraints(parted.table):
        keys[str(unique["name"])] = list(unique["column_names"])
    widened = {name: [*columns, parted.by] for name, columns in keys.items() if name not in parted.released}
    size = connection.execute(
        text(
            "SELECT reltuples, pg_total_relation_size(oid) FROM pg_class WHERE oid = CAST(:name AS regclass)"
        ),
        named,
    ).one()
    bound = following(month_of(now + ROOM))
    return Plan(parted, bound, widened, max(0, int(size[0])), int(size[1]))


def turn(db: Database, plan: Plan, *, now: datetime, say: Say) -> None:
    """Cut the table. Raise `CannotPartition` if rows or other transactions stand in the way."""
    with _alone(db) as connection:
        for name, columns in plan.keys.items():
            say(f"{plan.parted.table}: unique index on {', '.join(columns)}; messages go on meanwhile")
            _build(connection, plan.parted.table, plan.index(name), columns)
        try:
            say(f"{plan.parted.table}: looking whether every row lies before {plan.bound}")
            _check(connection, plan)
            say(f"{plan.parted.table}: changing places; a moment's wait")
            _patiently(lambda: _change_places(db, plan))
        except BaseException:
            with suppress(CannotPartition):  # or the table would take no rows from that month on
                checks.forget(connection, plan.parted, partial(_soon, connection))
            raise
        with db.connection() as making:
            keeping.make_missing(making, plan.parted, now=now)
        connection.exec_driver_sql(f"ANALYZE {plan.parted.table}")


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    """Yield a connection that may wait and commits each statement, as an index built concurrently needs."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET lock_timeout = 0")
        try:
            yield connection
        finally:
            connection.exec_driver_sql("RESET lock_timeout")


def _build(connection: Connection, table: str, name: str, columns: list[str]) -> None:
    valid = connection.execute(text(_IS_VALID), {"name": name}).scalar()
    if valid:
        return
    if valid is False:  # of a run that was stopped
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")
    connection.exec_driver_sql(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({', '.join(columns)})")


def _check(connection: Connection, plan: Plan) -> None:
    checks.forget(connection, plan.parted, partial(_soon, connection))
    table, by = plan.parted.table, plan.parted.by
    until = midnight(plan.bound).isoformat()
    add = f"ALTER TABLE {table} ADD CONSTRAINT {plan.check} CHECK ({by} < '{until}') NOT VALID"
    _soon(connection, add)
    try:
        connection.exec_driver_sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {plan.check}")
    except IntegrityError:
        raise CannotPartition(
            f"{table}: some rows claim a {by} of {plan.bound} or later, which nobody can have sent yet; "
            f"look at those from {until} on, delete them, and run this again"
        ) from None


def _soon(connection: Connection, statement: str) -> None:
    """Run it as soon as nobody else has the table for long."""
    _patiently(lambda: _briefly(connection, statement))


def _briefly(connection: Connection, statement: str) -> None:
    """Run it, but let nobody queue up behind us for longer than a second."""
    connection.exec_driver_sql(f"SET lock_timeout = '{keeping.PATIENCE}'")
    try:
        connection.exec_driver_sql(statement)
    finally:
        connection.exec_driver_sql("SET lock_timeout = 0")


def _patiently(step: Callable[[], None]) -> None:
    """Try again while somebody has the table: between tries, whoever queued behind us goes on."""
    for tries_left in reversed(range(TRIES)):
        try:
            step()
        except DBAPIError as error:
            if not is_passing(error):
                raise
            if not tries_left:
                raise CannotPartition(
                    "somebody has the table in a long transaction (a backup, a report); "
                    "wait until it is over and run this again: what is done is not done twice"
                ) from None
            time.sleep(PAUSE)
        else:
            return


def _change_places(db: Database, plan: Plan) -> None:
    """Make the table the first partition of one by its name, in one short transaction."""
    with db.connection() as connection:
        keeping.patient(connection)
        connection.exec_driver_sql(f"LOCK TABLE {plan.parted.table} IN ACCESS EXCLUSIVE MODE")
        belongings = _belongings(connection, plan.parted.table)
        for statement in (*_set_aside(plan, belongings), *_put_above(plan, belongings)):
            connection.exec_driver_sql(statement)
        keeping.add_rest(connection, plan.parted)


@dataclass(frozen=True, slots=True)
class _Belongings:
    """What hangs on a table's name and is not copied by LIKE."""

    primary: str
    owner: str
    sequence: str | None
    grants: Sequence[Any]
    foreign: Sequence[Any]
    indexes: Sequence[Any]


def _belongings(connection: Connection, table: str) -> _Belongings:
    named = {"name": table}
    return _Belongings(
        primary=str(inspect(connection).get_pk_constraint(table)["name"]),
        owner=connection.execute(text(_OWNER), named).scalar_one(),
        sequence=connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), named).scalar(),
        grants=connection.execute(text(_GRANTS), named).all(),
        foreign=connection.execute(text(_FOREIGN), named).all(),
        indexes=connection.execute(text(_INDEXES), named).all(),
    )


def _set_aside(plan: Plan, belongings: _Belongings) -> Iterator[str]:
    """Yield what gives the table its new keys and its name as the first partition."""
    table = plan.parted.table
    for name in plan.parted.released:
        yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
    for key in plan.keys:
        index = plan.index(key)
        yield f"ALTER TABLE {table} DROP CONSTRAINT {key}"
        yield f"ALTER TABLE {table} ADD CONSTRAINT {index} {_kind(key, belongings)} USING INDEX {index}"
    for name, _said in belongings.indexes:
        yield f"ALTER INDEX {name} RENAME TO {name}_before"
    yield f"ALTER TABLE {table} RENAME TO {plan.first}"


def _put_above(plan: Plan, belongings: _Belongings) -> Iterator[str]:
    """Yield what makes the table that has the name, and hangs the first partition below it."""
    table, by = plan.parted.table, plan.parted.by
    like = f"LIKE {plan.first} INCLUDING DEFAULTS INCLUDING STORAGE"
    yield f"CREATE TABLE {table} ({like}) PARTITION BY RANGE ({by})"
    yield f"ALTER TABLE {table} OWNER TO {belongings.owner}"
    for key, columns in plan.keys.items():
        yield f"ALTER TABLE {table} ADD CONSTRAINT {key} {_kind(key, belongings)} ({', '.join(columns)})"
    for _name, said in belongings.indexes:
        yield said  # names the table: what is called so now
    for name, said in belongings.foreign:
        yield f"ALTER TABLE {table} ADD CONSTRAINT {name} {said}"
    for right, whom in belongings.grants:
        yield f"GRANT {right} ON {table} TO {whom}"
    if belongings.sequence:
        yield f"ALTER SEQUENCE {belongings.sequence} OWNED BY {table}.id"
    until = midnight(plan.bound).isoformat()
    yield f"ALTER TABLE {table} ATTACH PARTITION {plan.first} FOR VALUES FROM (MINVALUE) TO ('{until}')"
    yield f"ALTER TABLE {plan.first} DROP CONSTRAINT {plan.check}"


def _kind(key: str, belongings: _Belongings) -> str:
    return "PRIMARY KEY" if key == belongings.primary else "UNIQUE"
