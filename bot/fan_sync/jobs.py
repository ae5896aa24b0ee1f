"""Reconciling the fans of an account with WeChat, slice by slice, and beginning that every night."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bot.db import utc_now
from bot.fan_sync import runs
from bot.fan_sync.models import FanSyncRun
from bot.fan_sync.working import Working

if TYPE_CHECKING:
    from bot.runtime import Runtime

SECONDS: Final = 12.0  # a job may take thirty


def sync(runtime: "Runtime", run_id: int) -> None:
    """Go on with a run for about twelve seconds, and promise the next slice.

    Run twice, or by two workers: one holds the run, and each step is written
    with how far it is; what was asked and not written is asked again.
    """
    work(runtime, run_id, seconds=SECONDS)


def work(runtime: "Runtime", run_id: int, *, seconds: float, tell: Callable[[], None] = lambda: None) -> bool:
    """Do as `sync` for so many seconds, with `tell` called after each step; True once the run has ended."""
    with runtime.db.reading() as session:
        run = session.get(FanSyncRun, run_id)
    if run is None:
        return True
    account = runtime.account_by_id(run.account_id).name
    pace = runtime.config.fan_sync
    working = Working(
        runtime.db,
        runtime.wechat.of(account),
        run_id=run_id,
        account=account,
        per_second=pace.calls_per_second,
        at_once=pace.calls_at_once,
        tell=tell,
    )
    return working.run(seconds=seconds)


def begin_sync(runtime: "Runtime", account: str) -> None:
    """Begin the night's run of an account, and forget what runs found months ago.

    Run twice: a run under way is the one that was begun.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        runs.begin(session, runtime.accounts[account].id, asked_by="timetable", now=now)
    with runtime.db.transaction() as session:
        runs.forget_old(session, now=now)
