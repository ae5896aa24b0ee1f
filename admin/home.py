"""Where one arrives: today and the last thirty days at a glance, and the sections one may open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import func, select

from admin.access import open_to_everyone_signed_in
from admin.choices import account
from admin.formats import HERE
from admin.office import reading, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
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
# What each number's rows are asked for with; net has none of its own.
ROWS: dict[str, dict[str, str]] = {
    "follows": {"kind": "event.subscribe"},
    "leaves": {"kind": "event.unsubscribe"},
    "messages": {"kind": "message"},
    "by_rule": {"answered": "rule"},
    "by_agent": {"answered": "agent"},
    "by_default": {"answered": "default"},
    "by_nobody": {"answered": "nobody"},
    "active_fans": {},
}


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of a day, or of several; fans that were active on two days count on each."""

    since: date
    until: date
    figures: dict[str, int]

    @property
    def net(self) -> int:
        """How many more follow than before."""
        return self.figures["follows"] - self.figures["leaves"]

    def rows(self, name: str) -> str:
        """Return the address of the rows behind a figure."""
        served = account()
        asked: dict[str, Any] = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            **ROWS[name],
        }
        if served:
            asked["account"] = served.id
        return url_for("admin.messages.listing", **asked)


@pages.get("/", strict_slashes=False)
@open_to_everyone_signed_in
def today() -> str:
    """Show how the account the visitor looks at does among the fans of their scope."""
    if account() is None or not visitor.may(Permission.MESSAGES_SEE):
        return render_template("admin/home.html", days=[])
    with reading() as session:
        days, rebuilt_at = _month(session)
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
    days = []
    for day in wanted:
        figures = found[day][2:] if day in found else [0] * len(NAMES)
        days.append(Day(day, day, dict(zip(NAMES, map(int, figures), strict=True))))
    return days, max((row[1] for row in found.values()), default=None)


def _together(days: list[Day]) -> Day:
    figures = {name: sum(day.figures[name] for day in days) for name in NAMES}
    return Day(days[0].since, days[-1].until, figures)
