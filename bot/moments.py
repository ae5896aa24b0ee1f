"""Days and times of day in Shanghai: when something that has hours holds, and how far back is kept."""

import enum
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")


class Missed(enum.StrEnum):
    """What is wrong with the moment."""

    NOT_YET = "not_yet"
    OVER = "over"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"


def missed(
    at: datetime,
    *,
    weekdays: str | None = None,
    from_time: str | None = None,
    until_time: str | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> Missed | None:
    """Return why `at` is outside; None if it is inside. What is None does not count.

    `weekdays` are digits from 1 for Monday, times `HH:MM`.  Hours that end
    before they begin go over midnight and belong to the day they began on.
    """
    there = at.astimezone(HERE)
    day, clock = there.date(), f"{there:%H:%M}"
    begins, ends = from_time or "00:00", until_time or "24:00"
    if begins < ends:
        is_time = begins <= clock < ends
    else:
        is_time = clock >= begins or clock < ends
        if clock < ends:
            day -= timedelta(days=1)
    if valid_from is not None and day < valid_from:
        return Missed.NOT_YET
    if valid_until is not None and day > valid_until:
        return Missed.OVER
    if weekdays and str(day.isoweekday()) not in weekdays:
        return Missed.OTHER_DAY
    return None if is_time else Missed.OTHER_TIME


def first_day(months: int, *, now: datetime) -> date:
    """Return the first day, here, that is still kept: the same day of the month, `months` earlier."""
    today = now.astimezone(HERE).date()
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(today.day, (following - timedelta(1)).day))
