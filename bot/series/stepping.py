"""Saying what is due: runs a slice at a time, everything of a slice in one transaction.

What a step says is a notice of the planner's, under the run's and the step's
own key, written with the run's move to its next step.  So a server killed in
the middle has said nothing and moved nothing, and no step is said twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, BulkUpdate, Row
from bot.db.types import table_of
from bot.fans.models import Fan
from bot.materials import documents
from bot.organisation.directory import ShopFacts
from bot.reach import planning
from bot.reach.contents import Content
from bot.reach.planning import Planned
from bot.replies.speaking import with_shop
from bot.series import audiences, steps, stopping, timing, withdrawing
from bot.series.models import Deed, RunState, Series, SeriesDeed, SeriesRun, SeriesVersion, Skip, Stop
from bot.series.steps import Step

AT_ONCE = 200
MOVED = ("state", "stopped_why", "step", "due_at", "base_at", "ended_at", "exclusive_key")
TOLD = ("run_id", "step", "series_id", "version_id", "fan_id", "at", "deed", "why", "is_test")
_move = BulkUpdate(table_of(SeriesRun), MOVED)
_tell = BulkInsert(table_of(SeriesDeed), TOLD)


@dataclass(frozen=True, slots=True)
class _Due:
    """A slice of runs that are due, and what has to be known of them."""

    runs: Sequence[SeriesRun]
    versions: Mapping[int, SeriesVersion]
    fans: Mapping[int, Fan]
    steps: Mapping[int, tuple[Step, ...]]
    off: Collection[int]

    def step_of(self, run: SeriesRun) -> Step | None:
        """Return the step that is due; None for a run that has no more."""
        of_run = self.steps[run.version_id]
        return of_run[run.step - 1] if run.step <= len(of_run) else None


def go_on(session: Session, shops: Mapping[int, ShopFacts], *, now: datetime) -> int:
    """Do what is due of up to `AT_ONCE` runs, the longest due first; return how many were moved.

    Two at once do different runs.  Run again after a crash: what was not
    committed is due still, what was is not.
    """
    due = _claim(session, now=now)
    if not due.runs:
        return 0
    held = {run.id for run in due.runs if run.series_id in due.off and run.tempo == 1}
    stops = stopping.found(session, [run for run in due.runs if run.id not in held], due.versions, due.fans)
    going = [run for run in due.runs if run.id not in stops and run.id not in held]
    asked = [run for run in going if not _must_wait(run, due.step_of(run), now)]
    fitting = _fitting(session, due, asked, now=now)
    planned, deeds = _speak(due, [run for run in asked if run.id in fitting], shops, now=now)
    # What the step before has not got through to the fan is said no more: two at once are too many.
    withdrawing.unsaid(session, {*stops, *(deed[0] for deed in deeds if deed[6] == Deed.SAID.value)})
    deeds += [_deed(run, Deed.SKIPPED, Skip.CONDITION, now) for run in asked if run.id not in fitting]
    planning.notify_many(session, planned, now=now)
    _tell.run(session.connection(), sorted(deeds))
    rows = [_stopped(run, stops[run.id], now) for run in due.runs if run.id in stops]
    rows += [_held(run) for run in due.runs if run.id in held]
    done = {run.id for run in asked}
    rows += [_advanced(due, run, now) if run.id in done else _postponed(due, run, now) for run in going]
    _move.run(session.connection(), sorted(rows, key=lambda row: row[0]))
    session.expunge_all()
    return len(due.runs)


def _claim(session: Session, *, now: datetime) -> _Due:
    wanted = select(SeriesRun).where(SeriesRun.state == RunState.RUNNING.value, SeriesRun.due_at <= now)
    oldest = wanted.order_by(SeriesRun.due_at, SeriesRun.id).limit(AT_ONCE)
    runs = session.scalars(oldest.with_for_update(skip_locked=True)).all()
    of_versions = {run.version_id for run in runs}
    found = session.scalars(select(SeriesVersion).where(SeriesVersion.id.in_(sorted(of_versions))))
    versions = {version.id: version for version in found}
    fans = session.scalars(select(Fan).where(Fan.id.in_(sorted({run.fan_id for run in runs}))))
    read = {version.id: steps.read_all(version.steps) for version in versions.values()}
    off = select(Series.id).where(Series.id.in_(sorted({run.series_id for run in runs})), ~Series.enabled)
    return _Due(runs, versions, {fan.id: fan for fan in fans}, read, set(session.scalars(off)))


def _must_wait(run: SeriesRun, step: Step | None, now: datetime) -> bool:
    """Tell whether the hours of the step are over: the server was away while they were not."""
    return step is not None and run.tempo == 1 and timing.within(now, step.hours) > now


def _fitting(session: Session, due: _Due, runs: Iterable[SeriesRun], *, now: datetime) -> set[int]:
    """Return the runs whose step is for their fan; a statement for each step that has a condition."""
    fitting: set[int] = set()
    asking: dict[tuple[int, int, int], list[SeriesRun]] = defaultdict(list)
    for run in runs:
        step = due.step_of(run)
        if step is None or step.only is None or run.tempo > 1:
            fitting.add(run.id)
        else:
            asking[run.account_id, run.version_id, run.step].append(run)
    for (account_id, _version, _step), some in asking.items():
        step = due.step_of(some[0])
        only = step.only if step is not None else None
        fans = audiences.within(session, only, account_id, {run.fan_id for run in some}, now=now)
        fitting |= {run.id for run in some if run.fan_id in fans}
    return fitting


def _speak(
    due: _Due, runs: Iterable[SeriesRun], shops: Mapping[int, ShopFacts], *, now: datetime
) -> tuple[list[Planned], list[Row]]:
    """Return the notices of these runs, with each fan's shop in them, and what is noted of them."""
    contents: dict[tuple[int, int, int], Content | None] = {}
    planned, deeds = [], []
    for run in runs:
        step = due.step_of(run)
        if step is None:
            continue
        shop = shops.get(due.fans[run.fan_id].last_shop_id or 0)
        of = (run.version_id, run.step, shop.id if shop else 0)
        if of not in contents:
            said = with_shop(step.answer, shop)
            contents[of] = Content(documents.to_document(said)) if said is not None else None
        content = contents[of]
        if content is None:
            deeds.append(_deed(run, Deed.SKIPPED, Skip.EMPTY, now))
            continue
        key, batch = withdrawing.key_of(run.id, run.step), batch_of(run.series_id, is_try=run.tempo > 1)
        planned.append(Planned(run.account_id, run.fan_id, withdrawing.INTENT, key, content, batch=batch))
        deeds.append(_deed(run, Deed.SAID, None, now))
    return planned, deeds


def batch_of(series_id: int, *, is_try: bool = False) -> str:
    """Return the planner's batch of what a series says; tries have one that a switch does not hold."""
    return f"series:{series_id}:try" if is_try else f"series:{series_id}"


def _deed(run: SeriesRun, deed: Deed, why: Skip | None, now: datetime) -> Row:
    of = (run.id, run.step, run.series_id, run.version_id, run.fan_id)
    return (*of, now, deed.value, why.value if why else None, run.is_test)


def _held(run: SeriesRun) -> Row:
    """Return the run as it waits: it came in by what a process remembered from before the switch."""
    return (run.id, RunState.HELD.value, None, run.step, run.due_at, run.base_at, None, run.exclusive_key)


def _stopped(run: SeriesRun, why: Stop, now: datetime) -> Row:
    return (run.id, RunState.STOPPED.value, why.value, run.step, run.due_at, run.base_at, now, None)


def _advanced(due: _Due, run: SeriesRun, now: datetime) -> Row:
    """Return the run at its next step, or finished. One that was held up keeps its distances from now on."""
    of_run = due.steps[run.version_id]
    late = timing.held_up(run.due_at, now) if run.tempo == 1 else now - run.due_at
    base_at = run.base_at + late
    if run.step >= len(of_run):
        return (run.id, RunState.FINISHED.value, None, run.step, run.due_at, base_at, now, None)
    before = run.due_at + late
    due_at = timing.due(of_run[run.step], trigger=base_at, before=before, tempo=run.tempo)
    return (run.id, RunState.RUNNING.value, None, run.step + 1, due_at, base_at, None, run.exclusive_key)


def _postponed(due: _Due, run: SeriesRun, now: datetime) -> Row:
    """Return the run where it is, due when the hours of its step begin again."""
    step = due.step_of(run)
    due_at = timing.within(now, step.hours if step else None)
    base_at = run.base_at + timing.held_up(run.due_at, due_at)
    return (run.id, RunState.RUNNING.value, None, run.step, due_at, base_at, None, run.exclusive_key)
