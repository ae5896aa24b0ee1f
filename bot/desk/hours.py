"""When a desk is there: its schedule with holidays and special days, read for a moment in Shanghai."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import orjson

from bot.moments import HERE
from bot.organisation import hours
from bot.organisation.hours import Day, Schedule

FARTHEST = 31  # days looked ahead for the next opening


def read(document: dict[str, Any] | None) -> Schedule | None:
    """Return the schedule that was kept; None where a desk keeps no hours, which is always open."""
    return _read(orjson.dumps(document)) if document else None


@lru_cache(maxsize=1024)
def _read(document: bytes) -> Schedule:
    # Most desks keep the same few schedules, and each decision asks for several.
    return hours.from_document(orjson.loads(document))


def is_open(schedule: Schedule | None, now: datetime) -> bool:
    """Tell whether the desk is there at `now`."""
    if schedule is None:
        return True
    here = now.astimezone(HERE)
    minute = here.hour * 60 + here.minute
    return any(opens <= minute < closes for opens, closes in _day(schedule, here))


def opens_at(schedule: Schedule | None, now: datetime) -> datetime | None:
    """Return when the desk is there next: `now` while it is open, None if not within a month."""
    if is_open(schedule, now):
        return now
    assert schedule is not None
    here = now.astimezone(HERE)
    for ahead in range(FARTHEST + 1):
        day = here + timedelta(days=ahead)
        midnight = datetime.combine(day.date(), time(), HERE)
        for opens, _closes in _day(schedule, day):
            at = midnight + timedelta(minutes=opens)
            if at > now:
                return at.astimezone(UTC)
    return None


def said(schedule: Schedule | None, now: datetime) -> str:
    """Return the hours as travellers read them; empty for a desk that is always there."""
    return hours.say(schedule, now.astimezone(HERE).date()) if schedule is not None else ""


def _day(schedule: Schedule, at: datetime) -> Day:
    """Return the intervals of that day: the exception's, if one covers it."""
    day = at.date()
    for one in schedule.exceptions:
        if one.first <= day <= one.last:
            return one.hours
    return schedule.week[day.weekday()]
