"""What a member had by the rules that have limits, in the windows around a day."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.db.types import BIG, table_of
from bot.earning.days import Day
from bot.earning.models import EarningAward
from bot.earning.rules.book import Book, Window
from bot.earning.rules.facts import Occasion, Used

EVER = (date(1970, 1, 1), date(9999, 12, 31))
_AWARDS = table_of(EarningAward)
_HAD = (
    select(_AWARDS.c.rule, func.count(), func.sum(_AWARDS.c.points))
    .where(
        _AWARDS.c.member_id.in_(bindparam("whose", expanding=True)),
        _AWARDS.c.rule.in_(bindparam("codes", expanding=True)),
        _AWARDS.c.day.between(bindparam("first"), bindparam("last")),
        _AWARDS.c.day_id != bindparam("but", type_=BIG),
        _AWARDS.c.points > 0,
    )
    .group_by(_AWARDS.c.rule)
)


def span(window: Window, day: date) -> tuple[date, date]:
    """Return the first and the last day of the window that `day` is in."""
    if window is Window.DAY:
        return day, day
    if window is Window.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if window is Window.MONTH:
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    if window is Window.YEAR:
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return EVER


def used(
    session: Session, book: Book, whose: Sequence[int], day: Day, happened: Iterable[Occasion]
) -> dict[tuple[str, Window], Used]:
    """Return what these members had outside the day that is judged, by the rules that will be asked.

    Days after it count, too: a till that was offline for a day makes nobody
    exceed a limit.
    """
    asked = {occasion.trigger for occasion in happened} if whose else set()
    limited = [
        (rule.code, limit.window) for rule in book.rules if rule.trigger in asked for limit in rule.limits
    ]
    found: dict[tuple[str, Window], Used] = {}
    for window in sorted({window for _code, window in limited}):
        first, last = span(window, day.day)
        codes = sorted({code for code, one in limited if one is window})
        within = {"whose": whose, "codes": codes, "first": first, "last": last, "but": day.id}
        for code, times, points in session.connection().execute(_HAD, within):
            found[code, window] = Used(int(times), int(points))
    return found
