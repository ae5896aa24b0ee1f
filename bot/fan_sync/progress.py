"""How far a run is, and how long it will take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.fan_sync.models import FanSyncRun, Phase, RunState
from bot.wechat.interfaces.fans import INFOS_PER_CALL

SETTLED: Final = timedelta(seconds=5)  # before that the pace is what the settings allow, not what was seen


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` of the profiles are behind us, from 0 to 1; `left` is an estimate, if one can be made."""

    share: float
    left: timedelta | None


def progress(run: FanSyncRun, *, per_second: float, now: datetime) -> Progress:
    """Tell how far the run is: the profiles are nearly all there is to ask for.

    They go on at the pace seen so far in their phase, or before that at the one
    the settings allow; a spent quota is waited for first.
    """
    if run.state != RunState.RUNNING:
        return Progress(1.0 if run.state == RunState.DONE else _share(run), None)
    asked = max(run.total, run.listed)
    if not asked:
        return Progress(0.0, None)
    fans_a_second = per_second * INFOS_PER_CALL
    spent = now - run.phase_at
    if run.phase == Phase.PROFILES and run.profiled and spent > SETTLED:
        fans_a_second = run.profiled / spent.total_seconds()
    left = timedelta(seconds=max(0, asked - run.profiled) / fans_a_second)
    if run.not_before is not None and run.not_before > now:
        left += run.not_before - now
    return Progress(_share(run), left)


def _share(run: FanSyncRun) -> float:
    asked = max(run.total, run.listed)
    if run.phase in {Phase.BLACKLIST, Phase.MISSING}:
        return 0.99
    return min(0.98, run.profiled / asked) if asked else 0.0
