"""The page of figures: tiles with the change to the period before, four charts, and the tables they draw."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from admin.access import allowed
from admin.channel_figures.asking import NAMES, UNITS, WAYS, Asked, asked, chips, choices, names_of
from admin.channel_figures.blueprint import pages
from admin.days import presets
from admin.formats import HERE
from admin.office import survey
from bot.channels.figures import totals
from bot.channels.figures.totals import Numbers, Totals, Unit
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.users.roles import Permission

MOST_ROWS = 100
COLUMNS = (
    "visitors",
    "scans",
    "follows",
    "returns",
    "leaves",
    "lost_1",
    "lost_7",
    "lost_30",
    "binds",
    "buys",
)
TILES = ("visitors", "scans", "follows", "returns", "leaves", "binds")
SORTS = (*COLUMNS, totals.CONVERSION)
WEEKDAYS = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from a scan to a purchase: how many took it, of how many of the step before."""

    name: str
    words: str
    number: int
    of: int | None

    @property
    def share(self) -> str:
        """Say how many of a hundred."""
        return percent(self.number, self.of)


@pages.get("/")
@allowed(Permission.CHANNELS_SEE)
def overview() -> str:
    """Show what the channels of the visitor's scope brought in a period."""
    what = asked()
    sort = request.args.get("sort", "")
    sort = sort if sort in SORTS else "scans"
    now, facts = survey(partial(_read, what=what, sort=sort))
    return render_template(
        "admin/channel_figures/overview.html",
        asked=what,
        question=what.question,
        now=now,
        rows=list(now.rows.items()),
        sort=sort,
        times=[(one, words_of(one, what.unit), now.times[one]) for one in now.times],
        span=span(what),
        steps=steps(now.whole),
        columns=COLUMNS,
        tiles=TILES,
        number_names=NAMES,
        ways=WAYS,
        units=UNITS,
        presets=presets(),
        change=change,
        percent=percent,
        open_until=_open_until(what),
        weekdays=weekdays(),
        busiest=busiest(now),
        **facts,
    )


def _read(session: ScopedSession, what: Asked, sort: str) -> tuple[Totals, dict[str, Any]]:
    """Return the figures, and what the page says besides."""
    now = totals.of(session, what.question, by=what.by, unit=what.unit, sort=sort, most=MOST_ROWS)
    return now, {
        "before": totals.whole(session, what.question.before()),
        "names": names_of(session, what.by, now.rows),
        "chips": chips(session, what),
        "choices": choices(session),
        "rebuilt_at": totals.rebuilt_at(session, what.question),
    }


def steps(whole: Numbers) -> list[Step]:
    """Return the way from a scan to a purchase, each step with its share of the one before.

    Purchases have none: one person may buy often.
    """
    return [
        Step("visitors", str(_("scanned")), whole["visitors"], None),
        Step("follows", str(_("followed or came back")), whole.came, whole["visitors"]),
        Step("lost_7", str(_("stayed for 7 days")), whole.stayed, whole.came),
        Step("binds", str(_("bound a phone")), whole["binds"], whole.came),
        Step("buys", str(_("bought (purchases)")), whole["buys"], None),
    ]


def percent(number: int, of: int | None) -> str:
    """Say how many of a hundred; nothing where there is nothing to be of."""
    return f"{100 * number / of:.1f}%" if of else "–"


def change(number: int, before: int) -> str:
    """Say how a number differs from that of the period before."""
    if not before:
        return str(_("none before")) if number else str(_("as before"))
    share = 100 * (number - before) / before
    return str(_("%(share)s to %(before)s before", share=f"{share:+.0f}%", before=f"{before:,}"))


def span(what: Asked) -> dict[date | int, tuple[str, str]]:
    """Return the first and last day of each column of the chart of time, for its rows."""
    question = what.question
    found: dict[date | int, tuple[str, str]] = {}
    if what.unit is Unit.HOUR:
        return found
    day = question.since
    while day <= question.until:
        key = totals.begin(day, what.unit)
        first, _last = found.get(key, (day.isoformat(), ""))
        found[key] = (first, day.isoformat())
        day += timedelta(1)
    return found


def words_of(one: date | int, unit: Unit) -> str:
    """Say what a column of the chart of time stands for."""
    if isinstance(one, int):
        return f"{one:02}:00"
    return f"{one:%Y-%m}" if unit is Unit.MONTH else f"{one:%m-%d}"


def weekdays() -> list[str]:
    """Return the names of the days, Monday first."""
    return [str(one) for one in (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))]


def busiest(found: Totals) -> tuple[int, int] | None:
    """Return the weekday and hour with most scans; None without any."""
    return max(found.hours, key=lambda one: found.hours[one][0]) if found.hours else None


def _open_until(what: Asked) -> date | None:
    """Return the day until which leaves can still change what was lost; None if that is over."""
    last = what.question.until + timedelta(30)
    return last if last >= utc_now().astimezone(HERE).date() else None
