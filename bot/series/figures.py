"""What a series came to: who entered, what each step said, who stopped and why. In sight of the session."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, String, and_, case, cast, func, literal, select
from sqlalchemy.orm import Session

from bot.fans.models import Fan, Standing
from bot.members.models import Member
from bot.purchases.models import Purchase, PurchaseState
from bot.reach.models import ReachNotice
from bot.series.models import ALIVE, Deed, RunState, SeriesDeed, SeriesRun
from bot.series.withdrawing import INTENT


@dataclass(slots=True)
class StepFigures:
    """One step: how often it was said or skipped, and what became of the notices."""

    said: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notices: Counter[tuple[str, str]] = field(default_factory=Counter)  # by state and reason


@dataclass(slots=True)
class Funnel:
    """The runs of one version that began since a moment; tries and tests are left out."""

    entered: int = 0
    under_way: int = 0
    finished: int = 0
    stopped: Counter[str] = field(default_factory=Counter)
    steps: dict[int, StepFigures] = field(default_factory=lambda: defaultdict(StepFigures))


def funnel(session: Session, version_id: int, *, series_id: int, since: datetime | None) -> Funnel:
    """Return the figures of the version, of runs that began after `since`, or all."""
    found = Funnel()
    runs = select(SeriesRun.state, SeriesRun.stopped_why, func.count(SeriesRun.id)).where(
        SeriesRun.series_id == series_id, SeriesRun.version_id == version_id, ~SeriesRun.is_test
    )
    if since is not None:
        runs = runs.where(SeriesRun.entered_at >= since)
    for state, why, number in session.execute(runs.group_by(SeriesRun.state, SeriesRun.stopped_why)):
        found.entered += number
        if state in ALIVE:
            found.under_way += number
        elif state == RunState.FINISHED:
            found.finished += number
        else:
            found.stopped[why or ""] += number
    for step, deed, why, state, reason, number in session.execute(_deeds(version_id, since)):
        of = found.steps[step]
        if deed == Deed.SKIPPED:
            of.skipped[why or ""] += number
            continue
        of.said += number
        of.notices[state or "", reason or ""] += number
    return found


def _deeds(version_id: int, since: datetime | None) -> Select[int, str, str | None, str, str | None, int]:
    key = literal("series:").concat(cast(SeriesDeed.run_id, String(20)))
    key = key.concat(literal(":")).concat(cast(SeriesDeed.step, String(20)))
    of_deed = and_(
        ReachNotice.fan_id == SeriesDeed.fan_id, ReachNotice.intent == INTENT, ReachNotice.key == key
    )
    columns = (SeriesDeed.step, SeriesDeed.deed, SeriesDeed.why, ReachNotice.state, ReachNotice.reason)
    wanted = (
        select(*columns, func.count())
        .select_from(SeriesDeed)
        .outerjoin(ReachNotice, of_deed)
        .where(SeriesDeed.version_id == version_id, ~SeriesDeed.is_test)
        .group_by(*columns)
    )
    if since is not None:
        began = select(SeriesRun.id).where(SeriesRun.id == SeriesDeed.run_id, SeriesRun.entered_at >= since)
        # No deed is older than its run: the index passes over those of earlier runs.
        wanted = wanted.where(SeriesDeed.at >= since, began.exists())
    return wanted


def standing(session: Session, series_ids: Collection[int], *, since: datetime) -> dict[int, Counter[str]]:
    """Return how many runs of each series that began after `since` there are by state, tests left out."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    wanted = (
        select(SeriesRun.series_id, SeriesRun.state, func.count(SeriesRun.id))
        .where(SeriesRun.series_id.in_(sorted(series_ids)), ~SeriesRun.is_test)
        .where(SeriesRun.entered_at >= since)
        .group_by(SeriesRun.series_id, SeriesRun.state)
    )
    for series_id, state, number in session.execute(wanted):
        found[series_id][state] += number
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A step of one run as it happened, with what became of its notice."""

    step: int
    at: datetime
    deed: str
    why: str | None
    state: str | None
    reason: str | None
    route: str | None


def of_runs(session: Session, runs: Collection[SeriesRun]) -> dict[int, list[Said]]:
    """Return what each run came to so far, in order."""
    found: dict[int, list[Said]] = defaultdict(list)
    if not runs:
        return found
    fans = sorted({run.fan_id for run in runs})
    deeds = select(SeriesDeed).where(SeriesDeed.run_id.in_(sorted(run.id for run in runs)))
    rows = session.scalars(deeds.order_by(SeriesDeed.step)).all()
    keys = [f"series:{row.run_id}:{row.step}" for row in rows]
    notices = select(ReachNotice).where(
        ReachNotice.fan_id.in_(fans), ReachNotice.intent == INTENT, ReachNotice.key.in_(keys)
    )
    known = {one.key: one for one in session.scalars(notices)}
    for row, key in zip(rows, keys, strict=True):
        notice = known.get(key)
        what = (notice.state, notice.reason, notice.route) if notice else (None, None, None)
        found[row.run_id].append(Said(row.step, row.at, row.deed, row.why, *what))
    return found


@dataclass(frozen=True, slots=True)
class Effect:
    """What the fans of a version's runs have done since they entered, whatever moved them to it."""

    wrote: int = 0
    bound: int = 0
    bought: int = 0
    left: int = 0


def effect(session: Session, version_id: int, *, series_id: int, since: datetime | None) -> Effect:
    """Return how many of the runs' fans have written, become members, bought, left since they entered."""
    bound = select(Member.id).where(Member.id == Fan.member_id, Member.verified_at >= SeriesRun.entered_at)
    bought = select(Purchase.id).where(
        Purchase.member_id == Fan.member_id,
        Purchase.state == PurchaseState.COUNTED.value,
        Purchase.occurred_at > SeriesRun.entered_at,
    )
    did = (
        Fan.last_message_at > SeriesRun.entered_at,
        bound.exists(),
        bought.exists(),
        Fan.standing == Standing.LEFT.value,  # nobody enters who has left
    )
    counted = (func.coalesce(func.sum(case((one, 1), else_=0)), 0) for one in did)
    wanted = (
        select(*counted)
        .select_from(SeriesRun)
        .join(Fan, Fan.id == SeriesRun.fan_id)
        .where(SeriesRun.series_id == series_id, SeriesRun.version_id == version_id, ~SeriesRun.is_test)
    )
    if since is not None:
        wanted = wanted.where(SeriesRun.entered_at >= since)
    return Effect(*map(int, session.execute(wanted).one()))
