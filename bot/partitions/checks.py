"""The check that a table has while it is being cut: no row lies at or after the bound.

It lets the table be attached without being read. A run that is killed leaves
it, and from the bound on it would refuse every row.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from bot.partitions import keeping
from bot.partitions.shapes import Parted, midnight, parts

LAST_DAYS = timedelta(days=3)
_LEFT = (
    "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(:name) AND contype = 'c' "
    "AND starts_with(conname, :start)"
)


def name_of(parted: Parted, bound: date) -> str:
    """Return the name of the check, which holds its bound."""
    return f"ck_{parted.table}_before_{bound:%Y_%m}"


def left_over(connection: Connection, parted: Parted) -> list[str]:
    """Return the checks that a run which was killed has left on a whole table."""
    if connection.dialect.name != "postgresql" or parts(connection, parted):
        return []
    named = {"name": parted.table, "start": f"ck_{parted.table}_before_"}
    return list(connection.scalars(text(_LEFT), named))


def forget(connection: Connection, parted: Parted, run: Callable[[str], object]) -> None:
    """Have `run`, which waits as it sees fit, take away the checks that `left_over` names."""
    for name in left_over(connection, parted):
        run(f"ALTER TABLE {parted.table} DROP CONSTRAINT {name}")


def forget_overdue(connection: Connection, parted: Parted, *, now: datetime) -> list[str]:
    """Take away checks that would soon refuse every row, and return them: nobody came back for them."""
    names = [name for name in left_over(connection, parted) if _bound_of(name) <= now + LAST_DAYS]
    if names:
        keeping.patient(connection)
        forget(connection, parted, connection.exec_driver_sql)
    return names


def _bound_of(check: str) -> datetime:
    year, month = check.split("_")[-2:]
    return midnight(date(int(year), int(month), 1))
