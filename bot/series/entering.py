"""Taking fans into series: a statement or two for all that one batch of messages, or one look, brought."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, Row
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.series import audiences, timing, withdrawing
from bot.series.book import Book, Cause, Entry
from bot.series.models import ALIVE, RunState, Series, SeriesRun, Stop, Trigger

RUN = table_of(SeriesRun)
COLUMNS = (
    "account_id",
    "series_id",
    "version_id",
    "fan_id",
    "entry",
    "source",
    "state",
    "step",
    "due_at",
    "base_at",
    "entered_at",
    "exclusive_key",
    "tempo",
    "is_test",
)
_insert = BulkInsert(RUN, COLUMNS)
Wanted = dict[tuple[int, int], tuple[Entry, Cause]]  # by series and fan


@dataclass(frozen=True, slots=True)
class _Past:
    """What is known of a fan's earlier runs of a series."""

    entries: int = 0
    last_at: datetime | None = None
    is_alive: bool = False


def enter(session: Session, book: Book, causes: Iterable[Cause], *, now: datetime) -> datetime | None:
    """Take in whom the causes lead into a series; return when the first step is due, None for nobody.

    Run twice, or by two processes at once: a fan's way into a series is one
    row by its number, and who is in it already, or was too lately, stays out.
    """
    wanted: Wanted = {}
    for cause in causes:
        for entry in book.taking(cause, now=now):
            wanted.setdefault((entry.id, cause.fan_id), (entry, cause))
    if not wanted:
        return None
    with beyond_scope(session):
        wanted = _within_audience(session, wanted, now=now)
        past = _past(session, wanted)
        wanted = {
            key: (entry, cause)
            for key, (entry, cause) in wanted.items()
            if _may(entry, cause, past.get(key, _Past()), now=now)
        }
        wanted = _one_at_a_time(session, wanted, now=now)
        rows = [_row(entry, cause, past.get(key, _Past()), now=now) for key, (entry, cause) in wanted.items()]
        _insert.run(session.connection(), sorted(rows))
    return min((row[COLUMNS.index("due_at")] for row in rows), default=None)


def _within_audience(session: Session, wanted: Wanted, *, now: datetime) -> Wanted:
    """Leave out who does not fulfil a series' conditions; a statement for each series that has some."""
    fans: dict[int, tuple[Entry, set[int]]] = {}
    for (series_id, fan_id), (entry, _cause) in wanted.items():
        fans.setdefault(series_id, (entry, set()))[1].add(fan_id)
    within = {
        series_id: audiences.within(session, entry.audience, entry.account_id, ids, now=now)
        for series_id, (entry, ids) in fans.items()
    }
    return {key: found for key, found in wanted.items() if key[1] in within[key[0]]}


def _past(session: Session, wanted: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], _Past]:
    series, fans = ({key[place] for key in wanted} for place in (0, 1))
    asked = select(
        SeriesRun.series_id,
        SeriesRun.fan_id,
        SeriesRun.entry,
        SeriesRun.entered_at,
        SeriesRun.state,
        SeriesRun.tempo,
    ).where(SeriesRun.series_id.in_(sorted(series)), SeriesRun.fan_id.in_(sorted(fans)))
    found: dict[tuple[int, int], _Past] = {}
    for row in session.execute(asked.order_by(SeriesRun.entry)):
        key = (row.series_id, row.fan_id)
        known = found.get(key, _Past())
        is_try = row.tempo > 1
        last_at = known.last_at if is_try else row.entered_at
        is_alive = known.is_alive or (not is_try and row.state in ALIVE)
        found[key] = _Past(row.entry, last_at, is_alive)
    return found


def _may(entry: Entry, cause: Cause, past: _Past, *, now: datetime) -> bool:
    """Tell whether the fan may enter (again). The same silence never counts twice."""
    if past.is_alive:
        return False
    if past.last_at is None:
        return True
    if entry.reentry_days is None or now - past.last_at < timedelta(days=entry.reentry_days):
        return False
    return cause.trigger is not Trigger.SILENCE or cause.at > past.last_at


def _one_at_a_time(session: Session, wanted: Wanted, *, now: datetime) -> Wanted:
    """Of exclusive series keep the first in rank for each fan, and stop the run of one that ranks lower."""
    exclusive = {fan_id for (_series, fan_id), (entry, _cause) in wanted.items() if entry.exclusive}
    if not exclusive:
        return wanted
    running = {
        row.exclusive_key: row
        for row in session.execute(
            select(SeriesRun.exclusive_key, SeriesRun.id, Series.priority)
            .join(Series, Series.id == SeriesRun.series_id)
            .where(SeriesRun.exclusive_key.in_(sorted(exclusive)))
        )
    }
    ranks: dict[int, list[Entry]] = defaultdict(list)
    for (_series, fan_id), (entry, _cause) in wanted.items():
        if entry.exclusive:
            ranks[fan_id].append(entry)
    kept: dict[int, int] = {}
    displaced = []
    for fan_id, entries in ranks.items():
        first = max(entries, key=lambda one: (one.priority, -one.id))
        there = running.get(fan_id)
        if there is not None and there.priority >= first.priority:
            continue
        kept[fan_id] = first.id
        if there is not None:
            displaced.append(there.id)
    stop(session, displaced, Stop.DISPLACED, now=now)
    return {
        (series_id, fan_id): (entry, cause)
        for (series_id, fan_id), (entry, cause) in wanted.items()
        if not entry.exclusive or kept.get(fan_id) == series_id
    }


def _row(entry: Entry, cause: Cause, past: _Past, *, now: datetime) -> Row:
    # Of a silence the clock begins when it is noticed, not months ago.
    began = now if cause.trigger is Trigger.SILENCE else cause.at
    due_at = timing.due(entry.first, trigger=began, before=began)
    return (
        entry.account_id,
        entry.id,
        entry.version_id,
        cause.fan_id,
        past.entries + 1,
        cause.source,
        RunState.RUNNING.value,
        1,
        due_at,
        began,
        now,
        cause.fan_id if entry.exclusive else None,
        1,
        cause.is_test,
    )


def stop(session: Session, run_ids: Collection[int], why: Stop, *, now: datetime) -> int:
    """End these runs, take back what they have not said yet, return how many. One that ended stays so."""
    if not run_ids:
        return 0
    ending = (
        update(SeriesRun)
        .where(SeriesRun.id.in_(sorted(run_ids)), SeriesRun.state.in_([one.value for one in ALIVE]))
        .values(state=RunState.STOPPED.value, stopped_why=why.value, ended_at=now, exclusive_key=None)
        .execution_options(synchronize_session=False)
    )
    ended: int = session.execute(ending).rowcount  # type: ignore[attr-defined]
    withdrawing.unsaid(session, run_ids)
    return ended
