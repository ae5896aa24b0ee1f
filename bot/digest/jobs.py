"""Telling shop managers on Monday what their channels brought; sending is the planner's."""

import time
from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.digest import weekly

if TYPE_CHECKING:
    from bot.runtime import Runtime

SECONDS = 15.0  # a job may take thirty; the rest waits ten minutes


def make_digests(runtime: "Runtime") -> None:
    """Write last week's digests, from Monday nine o'clock, a shop to a transaction.

    Run twice: a shop, a week and a manager have one digest, by a unique key.
    """
    week = weekly.week_due(utc_now())
    if week is None:
        return
    with runtime.db.reading() as session:
        shops = weekly.shops_due(session, week)
    until = time.monotonic() + SECONDS
    for shop_id in shops:
        if time.monotonic() >= until:
            return
        with runtime.db.transaction() as session:
            weekly.make(session, shop_id, week, now=utc_now())
