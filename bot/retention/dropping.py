"""Forgetting a whole month at once, where the table is cut by month."""

import logging
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError

from bot.config import PrivacyConfig
from bot.db import Database
from bot.db.database import is_passing
from bot.partitions import keeping, shapes
from bot.retention.periods import Period, horizon

log = logging.getLogger(__name__)


def drop_months(
    db: Database, period: Period, config: PrivacyConfig, *, now: datetime
) -> ColumnElement[bool] | None:
    """Drop the months of the table that are over; return which rows are still to be deleted one by one.

    A month goes when its last day may, so its first day stays a month longer
    than the settings say: deleting those rows by and by would leave nothing to
    drop.  A month that somebody reads just now goes in the next run.
    """
    parted = next((one for one in shapes.TABLES if one.model is period.model), None)
    if parted is None or db.dialect != "postgresql":
        return None
    try:
        with db.connection() as connection:
            gone = keeping.drop_old(connection, parted, until=horizon(period.months(config), now=now))
        if gone:
            log.info("partitions dropped", extra={"partitions": gone})
    except DBAPIError as error:
        if not is_passing(error):
            raise
        log.info("partitions stay", extra={"table": parted.table, "reason": type(error.orig).__name__})
    with db.connection() as connection:
        return shapes.outside_months(parted, shapes.parts(connection, parted))
