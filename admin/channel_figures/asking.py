"""What the address asks for: a period, a way to tell apart, filters; and the names that go with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin.choices import account
from admin.days import day_of
from admin.formats import HERE
from bot.channels.figures.totals import Asked as Question
from bot.channels.figures.totals import By, Unit
from bot.channels.models import Campaign, Channel
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.organisation.models import Branch, Shop, Staff

LONGEST = 366  # days
MODELS: dict[By, Any] = {
    By.CHANNEL: Channel,
    By.SHOP: Shop,
    By.BRANCH: Branch,
    By.STAFF: Staff,
    By.CAMPAIGN: Campaign,
}
WAYS = {
    By.CHANNEL: _l("Channel"),
    By.SHOP: _l("Shop"),
    By.BRANCH: _l("Branch"),
    By.STAFF: _l("Staff"),
    By.CAMPAIGN: _l("Campaign"),
}
UNITS = {
    Unit.HOUR: _l("Hour of the day"),
    Unit.DAY: _l("Day"),
    Unit.WEEK: _l("Week"),
    Unit.MONTH: _l("Month"),
}
NAMES = {
    "visitors": _l("Scanned by"),
    "scans": _l("Scans"),
    "repeats": _l("Rescans within seconds"),
    "follows": _l("New fans"),
    "returns": _l("Came back"),
    "leaves": _l("Leaves"),
    "lost_1": _l("Lost within 1 day"),
    "lost_7": _l("Lost within 7 days"),
    "lost_30": _l("Lost within 30 days"),
    "binds": _l("Bound a phone"),
    "buys": _l("Purchases"),
    "staff_scans": _l("Scans by staff"),
    "test_scans": _l("Test scans"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page shows, as the address said it; what it said wrongly is left out."""

    question: Question
    by: By
    unit: Unit

    def people(self, name: str, **more: Any) -> str:
        """Return the address of the fans behind a number; `more` narrows it down."""
        arguments = {
            "number": name,
            "since": self.question.since.isoformat(),
            "until": self.question.until.isoformat(),
            **{by.value: key for by, key in self.question.only.items()},
        }
        return url_for("admin.channel_figures.people_behind", **{**arguments, **more})


def asked() -> Asked:
    """Read the address: the last thirty days of the account in sight, unless it says else."""
    today = utc_now().astimezone(HERE).date()
    until = day_of(request.args.get("until", "")) or today
    until = min(max(until, date(2010, 1, 1)), today)
    since = day_of(request.args.get("since", "")) or until - timedelta(29)
    since = max(min(since, until), until - timedelta(LONGEST - 1))
    only = {by: key for by in By if (key := key_in(request.args.get(by.value))) is not None}
    served = account()
    question = Question(since, until, only, served.id if served else None)
    by = request.args.get("by", "")
    unit = request.args.get("unit", "")
    return Asked(
        question,
        By(by) if by in set(By) else By.CHANNEL,
        Unit(unit) if unit in set(Unit) else Unit.DAY,
    )


def names_of(session: ScopedSession, by: By, keys: Iterable[int | None]) -> dict[int | None, str]:
    """Return what each is called, as far as the visitor may see it."""
    model = MODELS[by]
    wanted = sorted({key for key in keys if key is not None})
    found: dict[int | None, str] = {None: str(_("None"))}
    for place in range(0, len(wanted), 500):
        some = wanted[place : place + 500]
        found |= {
            row.id: row.name
            for row in session.execute(select(model.id, model.name).where(model.id.in_(some)))
        }
    return found


def choices(session: ScopedSession) -> dict[By, list[tuple[int, str]]]:
    """Return what may be chosen in the filters; channels and staff are reached through the table."""
    return {
        by: [(row.id, row.name) for row in session.execute(select(model.id, model.name).order_by(model.id))]
        for by, model in MODELS.items()
        if by in {By.SHOP, By.BRANCH, By.CAMPAIGN}
    }


def chips(session: ScopedSession, asked: Asked) -> list[tuple[str, str]]:
    """Return the filters that are set, as sentences."""
    found = []
    for by, key in asked.question.only.items():
        name = names_of(session, by, [key]).get(key, str(key))
        found.append((by.value, str(_("%(what)s: %(name)s", what=WAYS[by], name=name))))
    return found
