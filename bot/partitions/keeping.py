"""What a table cut by month needs: the months to come, and an end of those kept long enough."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, text

from bot.db import Database
from bot.db.types import table_of
from bot.partitions.shapes import Part, Parted, following, midnight, month_of, parts

AHEAD = 2  # months after this one: with one, a clock that stands still over a month's end would be too late
LOCK = 8001  # whoever changes partitions waits for whoever does so already
LIKE = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE"
# A message waits behind whoever waits for the whole table, so nobody may wait long for that.
PATIENCE = "1s"


def patient(connection: Connection) -> None:
    """Take turns with others who change partitions; give a table up at once if somebody long has it."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))


def missing(found: Sequence[Part], *, now: datetime, ahead: int = AHEAD) -> list[date]:
    """Return the months from this one on that no partition is for; none of a whole table."""
    if not found:
        return []
    months = [following(month_of(now), number) for number in range(ahead + 1)]
    return [one for one in months if not any(part.holds(midnight(one)) for part in found)]


def make_missing(connection: Connection, parted: Parted, *, now: datetime) -> list[str]:
    """Make the partitions that are missing, and return their names. Twice is the same as once.

    What a month's rows have filled into the rest meanwhile moves into their partition.
    """
    if not parts(connection, parted):
        return []
    patient(connection)
    return [_make(connection, parted, month) for month in missing(parts(connection, parted), now=now)]


def make_each(db: Database, parted: Parted, *, now: datetime, most: int | None = None) -> Iterator[str]:
    """Do as `make_missing` with a transaction for each month, the farthest first, and yield each name.

    Nobody writes or reads the table while a month's rows move, and PostgreSQL reads the whole rest to see
    that none is left in it.  So nothing is made while the rest holds more than `most` rows, of any month.
    """
    with db.connection() as connection:
        wanted = reversed(missing(parts(connection, parted), now=now))
    for month in wanted:
        with db.connection() as connection:
            patient(connection)
            if month not in missing(parts(connection, parted), now=now):
                continue
            if most is not None and in_rest(connection, parted, most=most + 1) > most:
                return
            made = _make(connection, parted, month)
        yield made


def add_rest(connection: Connection, parted: Parted) -> None:
    """Make the partition for moments that no other one is for: a push may claim any CreateTime."""
    _run(connection, f"CREATE TABLE {parted.rest} (LIKE {parted.table} {LIKE})")
    _run(connection, f"ALTER TABLE {parted.table} ATTACH PARTITION {parted.rest} DEFAULT")


def drop_old(connection: Connection, parted: Parted, *, until: datetime) -> list[str]:
    """Drop the partitions that end before `until`, and return their names."""
    if not any(_is_over(part, until) for part in parts(connection, parted)):
        return []
    patient(connection)
    gone = [part.name for part in parts(connection, parted) if _is_over(part, until)]
    for name in gone:
        _run(connection, f"ALTER TABLE {parted.table} DETACH PARTITION {name}")
        _run(connection, f"DROP TABLE {name}")
    return gone


def in_rest(connection: Connection, parted: Parted, *, most: int) -> int:
    """Return how many rows the rest holds, `most` at most."""
    named = f"SELECT FROM {parted.rest} LIMIT :most"
    count = text(f"SELECT count(*) FROM ({named}) AS few")  # noqa: S608 - our name
    return int(connection.execute(count, {"most": most}).scalar_one())


def _is_over(part: Part, until: datetime) -> bool:
    return part.high is not None and part.high <= until


def _make(connection: Connection, parted: Parted, month: date) -> str:
    name, low, high = parted.month(month), midnight(month), midnight(following(month))
    _run(connection, f"CREATE TABLE {name} (LIKE {parted.table} {LIKE})")
    # PostgreSQL refuses a partition whose rows lie in the rest; locked first, so that none comes meanwhile.
    _run(connection, f"LOCK TABLE {parted.rest} IN ACCESS EXCLUSIVE MODE")
    columns = ", ".join(f'"{column.name}"' for column in table_of(parted.model).columns)
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {parted.rest} WHERE {parted.by} >= :low AND {parted.by} < :high "  # noqa: S608 - our names
            f"RETURNING {columns}) INSERT INTO {name} ({columns}) SELECT {columns} FROM moved"
        ),
        {"low": low, "high": high},
    )
    attach = f"ALTER TABLE {parted.table} ATTACH PARTITION {name}"
    _run(connection, f"{attach} FOR VALUES FROM ('{low.isoformat()}') TO ('{high.isoformat()}')")
    return name


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
