"""Where one arrives: today and the last thirty days at a glance, and the sections one may open."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import func, select

from admin.access import open_to_everyone_signed_in
from admin.choices import account
from admin.formats import HERE
from admin.office import survey, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.figures import medians
from bot.figures.models import DailyFigure
from bot.users.roles import Permission

pages = Blueprint("home", __name__)
DAYS = 30
NAMES = (
    "follows",
    "leaves",
    "messages",
    "by_rule",
    "by_agent",
    "by_default",
    "by_nobody",
    "active_fans",
)
# What each number's rows are asked for with.
ROWS: dict[str, dict[str, str]] = {
    "follows": {"kind": "event.subscribe"},
    "leaves": {"kind": "event.unsubscribe"},
    "messages": {"kind": "message"},
    "by_rule": {"answered": "rule"},
    "by_agent": {"answered": "agent"},
    "by_default": {"answered": "default"},
    "by_nobody": {"answered": "nobody"},
    "active_fans": {"fans": "once"},
    "net": {"kind": "moves"},
}


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of a day, or of several; fans that were active on two days count on each."""

    since: date
    until: date
    figures: dict[str, int]
    answers: int = 0  # waits at the desk that ended
    median: int | None = None  # the seconds until half of them had
    spread: tuple[int, ...] = ()

    @property
    def net(self) -> int:
        """How many more follow than before."""
        return self.figures["follows"] - self.figures["leaves"]

    def answer_rows(self) -> str:
        """Return the address of the waits behind the median."""
        return self._address("admin.desk_answers.listing", {})

    def rows(self, name: str) -> str:
        """Return the address of the rows behind a figure."""
        return self._address("admin.messages.listing", ROWS[name])

    def _address(self, endpoint: str, more: dict[str, str]) -> str:
        served = account()
        asked: dict[str, Any] = {"since": self.since.isoformat(), "until": self.until.isoformat(), **more}
        if served:
            asked["account"] = served.id
        return url_for(endpoint, **asked)


@pages.get("/", strict_slashes=False)
@open_to_everyone_signed_in
def today() -> str:
    """Show how the account the visitor looks at does among the fans of their scope."""
    if account() is None or not visitor.may(Permission.MESSAGES_SEE):
        return render_template("admin/home.html", days=[])
    days, rebuilt_at = survey(_month)
    return render_template("admin/home.html", days=days, today=days[-1], month=_together(days), at=rebuilt_at)


def _month(session: ScopedSession) -> tuple[list[Day], datetime | None]:
    """Return the last thirty days, oldest first, and when they were added up; unknown ones are zeros."""
    served = account()
    last = utc_now().astimezone(HERE).date()
    wanted = [last - timedelta(back) for back in reversed(range(DAYS))]
    summed = [func.sum(getattr(DailyFigure, name)) for name in NAMES]
    statement = (
        select(DailyFigure.day, func.max(DailyFigure.rebuilt_at), *summed)
        .where(DailyFigure.day >= wanted[0], DailyFigure.account_id == (served.id if served else 0))
        .group_by(DailyFigure.day)
    )
    found: dict[date, Sequence[Any]] = {row[0]: row for row in session.execute(statement).all()}
    waited = _waits(session, wanted[0], served.id if served else 0)
    days = []
    for day in wanted:
        figures = found[day][2:] if day in found else [0] * len(NAMES)
        days.append(Day(day, day, dict(zip(NAMES, map(int, figures), strict=True)), *waited.get(day, ())))
    return days, max((row[1] for row in found.values()), default=None)


def _waits(
    session: ScopedSession, first: date, account_id: int
) -> dict[date, tuple[int, int | None, tuple[int, ...]]]:
    """Return how many waits ended each day, their median and their spread.

    The median of one shop is exact; that of several is put together from their counts.
    """
    found: dict[date, list[Any]] = defaultdict(list)
    rows = select(
        DailyFigure.day, DailyFigure.desk_answers, DailyFigure.answer_median, DailyFigure.answer_spread
    ).where(DailyFigure.day >= first, DailyFigure.account_id == account_id, DailyFigure.desk_answers > 0)
    for day, *facts in session.execute(rows):
        found[day].append(facts)
    waits = {}
    for day, shops in found.items():
        spread = medians.summed(one for _count, _median, one in shops)
        median = shops[0][1] if len(shops) == 1 else medians.of(spread)
        waits[day] = (sum(count for count, _median, _spread in shops), median, spread)
    return waits


def _together(days: list[Day]) -> Day:
    figures = {name: sum(day.figures[name] for day in days) for name in NAMES}
    spread = medians.summed(day.spread for day in days)
    answers = sum(day.answers for day in days)
    return Day(days[0].since, days[-1].until, figures, answers, medians.of(spread), spread)
