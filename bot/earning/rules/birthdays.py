"""When somebody's birthday is: by the solar calendar, or by the lunar one (农历).

Someone born on 29 February has it on the 28th in other years, since a day
earlier is within the month they were born in.  By the lunar calendar, the day
is that of the month they were born in, never of a leap month (most keep it in
the ordinary one, also those born in a leap month); where the month has 29 days
only, the 30th is kept on the 29th.  The calendar is borax's, from 1900 to 2100.
"""

from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import LunarDate

FIRST, LAST = date(1900, 1, 31), date(2100, 12, 31)


def is_solar(born: date, day: date) -> bool:
    """Tell whether `day` is the birthday of somebody born on `born`; the day of birth itself is one, too."""
    if day < born:
        return False
    if (born.month, born.day) == (2, 29) and not _is_leap(day.year):
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)


def is_lunar(born: date, day: date) -> bool:
    """Tell whether `day` is the birthday by the lunar calendar; never outside the years it is known for."""
    if day < born or not FIRST <= born <= LAST or not FIRST <= day <= LAST:
        return False
    month, number = _lunar(born)
    return (month, number) in _kept_on(day)


@lru_cache(maxsize=64)
def _kept_on(day: date) -> frozenset[tuple[int, int]]:
    """Return the lunar birthdays (month, day) that are kept on that day."""
    today = LunarDate.from_solar(day)
    if today.leap:
        return frozenset()
    found = {(today.month, today.day)}
    if today.day == 29 and day < LAST and LunarDate.from_solar(day + timedelta(days=1)).day != 30:
        found.add((today.month, 30))
    return frozenset(found)


@lru_cache(maxsize=65536)
def _lunar(born: date) -> tuple[int, int]:
    found = LunarDate.from_solar(born)
    return found.month, found.day


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def lunar_year(day: date) -> int:
    """Return the year of the lunar calendar that `day` is in: a solar year may see one lunar day twice."""
    return int(LunarDate.from_solar(day).year)
