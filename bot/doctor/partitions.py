"""Whether tables that are cut by month have the months they need."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.db import utc_now
from bot.doctor.findings import Finding, good, wrong
from bot.partitions import checks, keeping
from bot.partitions.jobs import MOVED_BY_ITSELF
from bot.partitions.shapes import TABLES, Part, Parted, parts
from bot.runtime import Runtime
from bot.told import told


def _is_late(connection: Connection, parted: Parted, found: Sequence[Part]) -> bool:
    """Tell whether a month is missing that the clock leaves to the operator."""
    if not keeping.missing(found, now=utc_now(), ahead=1):
        return False
    return keeping.in_rest(connection, parted, most=MOVED_BY_ITSELF + 1) > MOVED_BY_ITSELF


def partitions(runtime: Runtime) -> Iterator[Finding]:
    """Check that each cut table has a place for this month and the next, and no cutting was broken off."""
    if runtime.db.dialect != "postgresql":
        return
    try:
        with runtime.db.connection() as connection:
            found = {parted.table: parts(connection, parted) for parted in TABLES}
            broken = {parted.table for parted in TABLES if checks.left_over(connection, parted)}
            late = {parted.table for parted in TABLES if _is_late(connection, parted, found[parted.table])}
    except SQLAlchemyError:
        return  # `machine.database` says so
    for table, there in found.items():
        remedy = told("run: python -m bot db partition %(table)s", table=table)
        missing = [f"{month:%Y-%m}" for month in keeping.missing(there, now=utc_now(), ahead=1)]
        if table in broken:
            seen = told("cutting it by month was broken off, and soon it takes no more rows")
            yield wrong(table, seen, remedy)
        elif table in late:
            months = ", ".join(missing)
            seen = told(
                "rows wait for the partition of %(months)s, too many to move by the way", months=months
            )
            quiet = told(
                "at a quiet hour run: python -m bot db partition %(table)s; nobody reads it meanwhile",
                table=table,
            )
            yield wrong(table, seen, quiet)
        elif missing:
            seen = told("no partition for %(months)s; is a clock running?", months=", ".join(missing))
            yield wrong(table, seen, remedy)
        elif there:
            yield good(table, told("%(n)s partitions", n=len(there)))
