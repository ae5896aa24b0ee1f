"""The clock's part: months to come are there before their first message."""

import logging
from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.partitions import checks, keeping
from bot.partitions.shapes import TABLES

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)

MOVED_BY_ITSELF = 20_000  # rows: half a second, less than a message waits for a lock


def keep_ahead(runtime: "Runtime") -> None:
    """Make the partitions of the months to come, of tables that are cut. Run twice: they are there.

    With many rows in the rest, of a month that comes too late, it is left to the operator, and `doctor` says
    so: all messages wait while they move, or are only read.
    """
    for parted in TABLES:
        with runtime.db.connection() as connection:
            if broken_off := checks.forget_overdue(connection, parted, now=utc_now()):
                log.warning("cutting by month was broken off", extra={"checks": broken_off})
        if made := list(keeping.make_each(runtime.db, parted, now=utc_now(), most=MOVED_BY_ITSELF)):
            log.info("partitions made", extra={"partitions": made})
