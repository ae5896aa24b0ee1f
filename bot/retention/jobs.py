"""Keeping to the periods, and letting go of who left."""

import time
from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.privacy import NoKeys, Vault, vault_of
from bot.retention import dropping, leaving, periods

if TYPE_CHECKING:
    from bot.runtime import Runtime

ENOUGH = 15.0  # seconds after which no further slice is begun: a job has thirty


def forget(runtime: "Runtime") -> None:
    """Delete what is older than the settings keep, in slices, until nothing is or the time is over.

    Tables that are cut by month lose whole months. Run twice: there is less to
    delete. What is left, the next run deletes.
    """
    config, now = runtime.config.privacy, utc_now()
    began = time.monotonic()
    for period in periods.PERIODS:
        within = dropping.drop_months(runtime.db, period, config, now=now)
        last: int | None = 0
        while last is not None and time.monotonic() - began < ENOUGH:
            with runtime.db.transaction() as session:
                last = periods.forget(session, period, config, after=last, now=now, within=within)


def obey_leave(runtime: "Runtime", fan_id: int) -> None:
    """Forget what a fan who left had given, once the days of grace are over; before that, promise it.

    Run twice: it is forgotten, or promised, already. Who is back keeps all.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        if not leaving.later(session, fan_id, days=runtime.config.privacy.leave_days, now=now):
            leaving.forget(session, _vault(runtime), fan_id, now=now)


def forget_talk(runtime: "Runtime", fan_id: int) -> None:
    """Empty what was said between a fan and us. Run twice: it is empty already."""
    last: int | None = 0
    while last is not None:
        with runtime.db.transaction() as session:
            last = leaving.forget_talk(session, fan_id, after=last)


def _vault(runtime: "Runtime") -> Vault | None:
    try:
        return vault_of(runtime.config.privacy)
    except NoKeys:
        return None
