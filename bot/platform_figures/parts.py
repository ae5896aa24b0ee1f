"""The parts of a day that WeChat tells in calls of their own, how many days each spans, and what is kept."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from bot.db import Base
from bot.platform_figures.models import PlatformHour, PlatformMessages, PlatformSource

Rows = Sequence[Mapping[str, Any]]
YEAR: Final = 366


@dataclass(slots=True)
class Told:
    """What a call told: numbers of each day for its row, and rows of their own in other tables."""

    days: dict[date, dict[str, int]]
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of call. `mark` says when a day had it last; no day further back than `back` is asked for."""

    call: str
    span: int
    mark: str
    read: Callable[[Rows, Sequence[date]], Told]
    back: int = YEAR
    table: type[Base] | None = None


def _number(row: Mapping[str, Any], name: str) -> int:
    try:
        return max(0, int(row.get(name) or 0))
    except (TypeError, ValueError):
        return 0


def _days(rows: Rows, days: Sequence[date]) -> Iterable[tuple[date, Mapping[str, Any]]]:
    """Return the rows of days that were asked for, each with its day."""
    wanted = {day.isoformat(): day for day in days}
    for row in rows:
        day = wanted.get(str(row.get("ref_date")))
        if day is not None:
            yield day, row


def _summed(
    rows: Rows, days: Sequence[date], key: Callable[[Mapping[str, Any]], int], names: Mapping[str, str]
) -> dict[tuple[date, int], dict[str, int]]:
    """Add up `names` (ours by WeChat's) by day and key: WeChat may tell a source twice."""
    found: dict[tuple[date, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(names.values(), 0))
    for day, row in _days(rows, days):
        for theirs, ours in names.items():
            found[day, key(row)][ours] += _number(row, theirs)
    return found


def _users(rows: Rows, days: Sequence[date]) -> Told:
    names = {"new_user": "came", "cancel_user": "went"}
    found = _summed(rows, days, lambda row: _number(row, "user_source"), names)
    told = Told({day: {"came": 0, "went": 0} for day in days})
    for (day, source), numbers in found.items():
        told.rows.append({"day": day, "source": source, **numbers})
        for name, number in numbers.items():
            told.days[day][name] += number
    return told


def _followers(rows: Rows, days: Sequence[date]) -> Told:
    return Told({day: {"followers": _number(row, "cumulate_user")} for day, row in _days(rows, days)})


def _messages(rows: Rows, days: Sequence[date]) -> Told:
    names = {"msg_user": "people", "msg_count": "messages"}
    found = _summed(rows, days, lambda row: _number(row, "msg_type"), names)
    told = Told({day: {"messages": 0} for day in days})
    for (day, kind), numbers in found.items():
        told.rows.append({"day": day, "kind": kind, **numbers})
        told.days[day]["messages"] += numbers["messages"]
    return told


def _calls(rows: Rows, days: Sequence[date]) -> Told:
    names = {
        "callback_count": "calls",
        "fail_count": "failures",
        "total_time_cost": "milliseconds",
        "max_time_cost": "slowest",
    }
    told = Told({day: dict.fromkeys(names.values(), 0) for day in days})
    for day, row in _days(rows, days):
        told.days[day] = {ours: _number(row, theirs) for theirs, ours in names.items()}
    return told


def _hours(rows: Rows, days: Sequence[date]) -> Told:
    found = _summed(rows, days, lambda row: _number(row, "ref_hour") // 100, {"msg_count": "messages"})
    return Told({}, [{"day": day, "hour": hour, **numbers} for (day, hour), numbers in found.items()])


# Those of yesterday first, in this order; then further and further back.
PARTS: Final = (
    Part("getusersummary", 7, "users_at", _users, table=PlatformSource),
    Part("getusercumulate", 7, "followers_at", _followers),
    Part("getupstreammsg", 7, "messages_at", _messages, table=PlatformMessages),
    Part("getinterfacesummary", 30, "calls_at", _calls),
    Part("getupstreammsghour", 1, "hours_at", _hours, back=30, table=PlatformHour),
)


def window(part: Part, known: set[date], *, yesterday: date, oldest: date) -> tuple[date, date] | None:
    """Return the days of the next call: as many as it spans, the last of them the newest still missing.

    None where nothing is missing.  So each morning's call tells the week before again, corrected.
    """
    first = max(oldest, yesterday - timedelta(part.back - 1))
    for back in range((yesterday - first).days + 1):
        last = yesterday - timedelta(back)
        if last not in known:
            return max(first, last - timedelta(part.span - 1)), last
    return None
