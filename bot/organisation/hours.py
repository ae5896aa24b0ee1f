"""Opening hours: as people type them, as they are kept, and as travellers read them.

A day is a list of intervals, typed 「09:00-12:00 13:30-18:00」 and kept as
pairs of `HH:MM`.  A schedule is seven days, Monday first, and dates on which
other hours hold.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from bot.errors import YizhanError

Interval = tuple[int, int]  # minutes since midnight
Day = tuple[Interval, ...]

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
MOST_INTERVALS, MOST_EXCEPTIONS, LONGEST_TEXT = 4, 12, 300
WHOLE_DAY: Day = ((0, 24 * 60),)
CLOSED = "已停业"
_TYPED = str.maketrans("：－—–～~至０１２３４５６７８９", ":------0123456789")
_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_RESTING = {"", "休息", "休", "关门", "不营业", "closed", "-"}
_DATE = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?")


class NotHours(YizhanError):
    """The typist's move. `problem` is one of the words of `PROBLEMS`, which pages translate."""

    def __init__(self, problem: str, text: str = "") -> None:
        super().__init__(f"{problem}: {text}")
        self.problem = problem
        self.text = text


PROBLEMS = ("unreadable", "backwards", "overlapping", "too_many", "never", "days_backwards", "days_twice")


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days on which other hours hold; without intervals the shop rests."""

    first: date
    last: date
    hours: Day = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """A week and its exceptions."""

    week: tuple[Day, ...]
    exceptions: tuple[Holiday, ...] = ()


def parse_day(typed: str) -> Day:
    """Return the intervals of one day, in order; none for a day of rest. Raise `NotHours`."""
    text = typed.translate(_TYPED).strip()
    if text.lower() in _RESTING:
        return ()
    if text in {"24小时", "全天", "24h"}:
        return WHOLE_DAY
    found: list[Interval] = []
    for part in re.split(r"[,;，；、\s]+", re.sub(r"\s*-\s*", "-", text)):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            raise NotHours("unreadable", part)
        opens, closes = _minutes(match[1], match[2], part), _minutes(match[3], match[4], part)
        if opens >= closes:
            raise NotHours("backwards", part)
        found.append((opens, closes))
    found.sort()
    for before, after in pairwise(found):
        if after[0] < before[1]:
            raise NotHours("overlapping", f"{_span(before)} {_span(after)}")
    if len(found) > MOST_INTERVALS:
        raise NotHours("too_many", typed)
    return tuple(found)


def parse_exceptions(typed: str) -> tuple[Holiday, ...]:
    """Return what stands in one cell: 「2026-10-01至2026-10-03 休息；2026-10-04 10:00-16:00」."""
    found = []
    for part in filter(None, (one.strip() for one in re.split(r"[;；\n]", typed))):
        dates = list(_DATE.finditer(part))
        if not dates or dates[0].start() != 0 or len(dates) > 2:
            raise NotHours("unreadable", part)
        first, last = parse_date(dates[0][0]), parse_date(dates[-1][0])
        found.append(Holiday(first, last, parse_day(part[dates[-1].end() :])))
    return tuple(found)


def parse_date(typed: str) -> date:
    """Return the day that was typed. Raise `NotHours`."""
    match = _DATE.fullmatch(typed.strip())
    try:
        return date(*(int(one) for one in match.groups())) if match else date.fromisoformat(typed.strip())
    except ValueError:
        raise NotHours("unreadable", typed) from None


def schedule(week: list[Day], exceptions: tuple[Holiday, ...]) -> Schedule:
    """Return the schedule, with its exceptions in order. Raise `NotHours` if it makes no sense."""
    if not any(week):
        raise NotHours("never")
    ordered = tuple(sorted(exceptions, key=lambda one: one.first))
    for one in ordered:
        if one.last < one.first:
            raise NotHours("days_backwards", f"{one.first} {one.last}")
    for before, after in pairwise(ordered):
        if after.first <= before.last:
            raise NotHours("days_twice", str(after.first))
    made = Schedule(tuple(week), ordered)
    if len(ordered) > MOST_EXCEPTIONS or len(say(made, date.min)) > LONGEST_TEXT:
        raise NotHours("too_many")
    return made


def to_document(made: Schedule) -> dict[str, Any]:
    """Return the schedule as it is kept."""
    return {
        "week": [_pairs(day) for day in made.week],
        "exceptions": [
            {"first": str(one.first), "last": str(one.last), "hours": _pairs(one.hours)}
            for one in made.exceptions
        ],
    }


def from_document(document: dict[str, Any]) -> Schedule:
    """Return the schedule that was kept."""
    exceptions = (
        Holiday(date.fromisoformat(one["first"]), date.fromisoformat(one["last"]), _day(one["hours"]))
        for one in document["exceptions"]
    )
    return Schedule(tuple(_day(day) for day in document["week"]), tuple(exceptions))


def type_day(day: Day) -> str:
    """Return the day as one would type it."""
    return " ".join(_span(one) for one in day)


def type_exceptions(made: Schedule) -> str:
    """Return the exceptions as one would type them into a cell."""
    parts = []
    for one in made.exceptions:
        days = f"{one.first}" if one.first == one.last else f"{one.first}至{one.last}"
        parts.append(f"{days} {type_day(one.hours) or '休息'}")
    return "；".join(parts)


def say(made: Schedule, today: date) -> str:
    """Return what travellers read; exceptions that are over are left out.

    「周一至周五 09:00-18:00，周末 10:00-20:00；10月1日休息」
    """
    groups: dict[Day, list[int]] = {}
    for number, day in enumerate(made.week):
        groups.setdefault(day, []).append(number)
    resting = groups.pop((), [])
    parts = [f"{_days(days)} {_hours(hours)}" for hours, days in groups.items()]
    if resting:
        parts.append(f"{_days(resting)}休息")
    coming = [one for one in made.exceptions if one.last >= today]
    said = [f"{_dates(one, today)}{' ' + _hours(one.hours) if one.hours else '休息'}" for one in coming]
    return "；".join(filter(None, ["，".join(parts), "，".join(said)]))


def _days(days: list[int]) -> str:
    """Say 每天, 周一至周五, 周末, or the days one by one."""
    if days == list(range(7)):
        return "每天"
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = []
    for run in runs:
        if run == [5, 6]:
            words.append("周末")
        elif len(run) >= 3:
            words.append(f"{WEEKDAYS[run[0]]}至{WEEKDAYS[run[-1]]}")
        else:
            words += [WEEKDAYS[day] for day in run]
    return "、".join(words)


def _dates(one: Holiday, today: date) -> str:
    first = f"{one.first.month}月{one.first.day}日"
    if today.year > 1 and one.first.year > today.year:
        first = f"{one.first.year}年{first}"
    if one.first == one.last:
        return first
    if one.last - one.first < timedelta(31) and one.first.month == one.last.month:
        return f"{first}至{one.last.day}日"
    year = f"{one.last.year}年" if one.last.year != one.first.year else ""
    return f"{first}至{year}{one.last.month}月{one.last.day}日"


def _hours(day: Day) -> str:
    return "24小时" if day == WHOLE_DAY else "、".join(_span(one) for one in day)


def _minutes(hour: str, minute: str, part: str) -> int:
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > 24 * 60:
        raise NotHours("unreadable", part)
    return value


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _span(one: Interval) -> str:
    return f"{_clock(one[0])}-{_clock(one[1])}"


def _pairs(day: Day) -> list[list[str]]:
    return [[_clock(one[0]), _clock(one[1])] for one in day]


def _day(pairs: list[list[str]]) -> Day:
    return parse_day(" ".join(f"{opens}-{closes}" for opens, closes in pairs))
