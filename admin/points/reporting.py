"""What became of points: issued, spent, expired, owed, by shop, cause and campaign, with the rows behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.days import day_of, presets
from admin.formats import HERE, yuan
from admin.office import changing, record, runtime, survey, visitor
from admin.paging import here
from admin.points import words
from admin.points.accounts import AT_ONCE, shops
from admin.points.blueprint import pages
from admin.sheets import handing
from bot.audit import Subject
from bot.channels.models import Campaign
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.earning import versions
from bot.keys import key_in
from bot.members.models import Member
from bot.points import office, reporting
from bot.points.models import PointAccount, PointEntry
from bot.points.office_models import PointCheck
from bot.points.reporting import NUMBERS, OUTSTANDING, SPENT_HERE, Asked, By, Numbers
from bot.sheets import Column
from bot.users.roles import Permission

LONGEST, BY_DAY = 366, 92  # days of a period, and up to how many are shown one by one
WAYS = {By.SHOP: _l("Shop"), By.CAUSE: _l("Rule"), By.CAMPAIGN: _l("Campaign")}
CHARTED = ("issued", "spent", "expired", "clawed_back")
SHEET = (
    Column("name", "名称", "Name", width=28),
    Column("issued", "发放", "Issued", is_text=False),
    Column("spent", "使用", "Spent", is_text=False),
    Column("clawed_back", "收回", "Taken back", is_text=False),
    Column("expired", "到期", "Expired", is_text=False),
    Column("adjusted", "调整", "Adjusted", is_text=False),
    Column("repaid", "抵扣欠分", "Debt paid", is_text=False),
    Column("outstanding", "期末未用", "Outstanding at the end", is_text=False),
    Column("worth", "折合（元）", "Worth (yuan)", is_text=False),
    Column("spent_here", "本店使用", "Spent in the shop", is_text=False),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks for."""

    asked: Asked
    by: By

    def rows(self, what: str, **more: Any) -> str:
        """Return the address of the entries behind a number; `more` narrows it down."""
        return url_for("admin.points.rows_behind", what=what, **{**_arguments(self.asked), **more})

    @property
    def export(self) -> str:
        """The address that hands the same over as a file."""
        return url_for("admin.points.export_report", by=self.by.value, **_arguments(self.asked))


@dataclass(frozen=True, slots=True)
class Names:
    """What shops, rules and campaigns are called, as far as the visitor sees them."""

    shops: Mapping[int, str]
    campaigns: Mapping[int, str]
    rules: Mapping[str, str]

    def of(self, by: By, key: Any) -> str:
        """Return the name of a line."""
        if by is By.CAUSE:
            return words.cause(key, self.rules)
        return (self.shops if by is By.SHOP else self.campaigns).get(key, f"#{key}")


@pages.get("/report")
@allowed(Permission.POINTS_SEE)
def report() -> str:
    """Show a period by shop, cause or campaign and over time, and what the last check found."""
    question = _question()
    asked = question.asked
    names, facts = survey(partial(_read, question=question))
    return render_template(
        "admin/points/report.html",
        question=question,
        asked=asked,
        names=names,
        ways=WAYS,
        columns={one: words.COLUMNS[one] for one in NUMBERS if one != SPENT_HERE or question.by is By.SHOP},
        charted=CHARTED,
        chips=_chips(asked, names),
        presets=presets(),
        worth=_worth,
        words=words,
        **facts,
    )


@pages.get("/report/rows")
@allowed(Permission.POINTS_SEE)
def rows_behind() -> str:
    """Show the entries a number of the report was added up from."""
    what, question = request.args.get("what", ""), _question()
    if what not in NUMBERS:
        raise NotFound
    found, members, names = survey(partial(_behind, asked=question.asked, what=what))
    return render_template(
        "admin/points/rows.html",
        found=found,
        members=members,
        older=here(before=found[-1][0].id) if len(found) == AT_ONCE else None,
        title=words.COLUMNS[what],
        is_sum=what == OUTSTANDING,
        asked=question.asked,
        back=url_for("admin.points.report", by=question.by.value, **_arguments(question.asked)),
        said=[name for _argument, name in _chips(question.asked, names)],
        words=words,
    )


@pages.post("/report/export")
@allowed(Permission.POINTS_EXPORT)
def export_report() -> AnyResponse:
    """Hand over the report as it is looked at, as Excel; written down in the audit."""
    question = _question()
    found, names = survey(
        lambda session: (reporting.lines(session, question.asked, question.by), _names(session))
    )
    rows = [
        {"name": names.of(question.by, key), **numbers, "worth": _yuan(numbers[OUTSTANDING])}
        for key, numbers in found.items()
    ]
    said = {**_arguments(question.asked), "by": question.by.value, "rows": len(rows)}
    with changing() as session:
        record(session, "points.exported", Subject("point_day"), after=said)
    title = str(_("Points report"))
    return handing.excel(SHEET, rows, title=handing.dated(title), explained=False)


def _read(session: ScopedSession, question: Question) -> tuple[Names, dict[str, Any]]:
    """Return what lines are called, and the numbers of the report."""
    asked = question.asked
    return _names(session), {
        "lines": reporting.lines(session, asked, question.by),
        "whole": reporting.whole(session, asked),
        "times": _times(reporting.by_day(session, asked), asked),
        "run": _last_check(session) if visitor.scope.everything else None,
    }


def _behind(
    session: ScopedSession, asked: Asked, what: str
) -> tuple[Sequence[tuple[PointEntry, int]], dict[int, Member], Names]:
    """Return the entries behind a number and the members of their accounts.

    Members of other shops are not named: only their points are this shop's.
    """
    found = office.behind(session, asked, what, before=key_in(request.args.get("before")))
    accounts = [entry.account_id for entry, _points in found]
    seen = select(PointAccount.id, Member).join(Member, Member.id == PointAccount.member_id)
    members = dict(session.execute(seen.where(PointAccount.id.in_(accounts))).all())
    return found, members, _names(session)


def _question() -> Question:
    """Read the address: this month by shop, unless it says else; what it says wrongly is left out."""
    today = utc_now().astimezone(HERE).date()
    last = min(max(day_of(request.args.get("until", "")) or today, date(2010, 1, 1)), today)
    first = day_of(request.args.get("since", "")) or last.replace(day=1)
    first = max(min(first, last), last - timedelta(LONGEST - 1))
    by = request.args.get("by", "")
    asked = Asked(
        first,
        last,
        _key_or_none("shop"),
        request.args.get("cause") or None,
        _key_or_none("campaign"),
    )
    return Question(asked, By(by) if by in set(By) else By.SHOP)


def _key_or_none(name: str) -> int | None:
    """Return a key of the address, or 0 for the head office or no campaign."""
    return 0 if request.args.get(name) == "0" else key_in(request.args.get(name))


def _arguments(asked: Asked) -> dict[str, Any]:
    """Return what an address says of the period and of what is looked at."""
    said = {"shop": asked.shop, "cause": asked.cause, "campaign": asked.campaign}
    return {**said, "since": asked.first.isoformat(), "until": asked.last.isoformat()}


def _names(session: ScopedSession) -> Names:
    campaigns = session.execute(select(Campaign.id, Campaign.name).order_by(Campaign.id)).all()
    return Names(
        shops={0: str(_("Head office")), **dict(shops(session))},
        campaigns={0: str(_("No campaign")), **{row.id: row.name for row in campaigns}},
        rules=versions.rule_names(session),
    )


def _chips(asked: Asked, names: Names) -> list[tuple[str, str]]:
    set_to: dict[By, Any] = {By.SHOP: asked.shop, By.CAUSE: asked.cause, By.CAMPAIGN: asked.campaign}
    return [
        (by.value, str(_("%(what)s: %(name)s", what=WAYS[by], name=names.of(by, key))))
        for by, key in set_to.items()
        if key is not None
    ]


def _times(days: Mapping[date, Numbers], asked: Asked) -> list[tuple[str, str, str, Numbers]]:
    """Return the rows over time, the oldest first: words, first and last day, numbers; long ones by month."""
    by_month = (asked.last - asked.first).days >= BY_DAY
    found: dict[str, tuple[str, str, Numbers]] = {}
    for place in range((asked.last - asked.first).days + 1):
        day = asked.first + timedelta(place)
        key = f"{day:%Y-%m}" if by_month else day.isoformat()
        first, _last, numbers = found.setdefault(key, (day.isoformat(), "", dict.fromkeys(NUMBERS, 0)))
        for name, points in days.get(day, {}).items():
            numbers[name] += points
        found[key] = (first, day.isoformat(), numbers)
    return [(key, *rest) for key, rest in found.items()]


def _last_check(session: ScopedSession) -> PointCheck | None:
    ended = select(PointCheck).where(PointCheck.ended_at.is_not(None)).order_by(PointCheck.id.desc())
    return session.scalar(ended.limit(1))


def _yuan(points: int) -> float:
    return round(points / runtime.config.points.per_yuan, 2)


def _worth(points: int) -> str:
    """Say what points are worth, as the settings reckon them."""
    return yuan(points * 100 // runtime.config.points.per_yuan)
