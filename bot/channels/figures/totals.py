"""What the figures come to: for a period, by channel, shop, branch, staff or campaign, by day, by hour.

Given a scoped session it sums what its owner may see, and nothing else.
"""

import enum
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from pyroaring import BitMap
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.channels.figures import facts
from bot.channels.figures.facts import COUNTS
from bot.channels.figures.models import ChannelDay, ChannelFigure, ChannelHour, ShopVisitors
from bot.channels.models import ChannelEvent
from bot.db.scope import beyond_scope
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop

VISITORS = "visitors"
CONVERSION = "conversion"
BY_PEOPLE = frozenset({VISITORS, CONVERSION})
Rows = type[ChannelFigure] | type[ChannelHour] | type[ShopVisitors]


class By(enum.StrEnum):
    """By what figures are told apart."""

    CHANNEL = "channel"
    SHOP = "shop"
    BRANCH = "branch"
    STAFF = "staff"
    CAMPAIGN = "campaign"


BY_SHOP = frozenset({By.SHOP, By.BRANCH})


class Unit(enum.StrEnum):
    """What a column of a chart of time stands for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Asked:
    """A period, its last day included, and whose figures: all conditions hold together."""

    since: date
    until: date
    only: Mapping[By, int] = field(default_factory=dict)
    account_id: int | None = None

    @property
    def days(self) -> int:
        """How many days it is."""
        return (self.until - self.since).days + 1

    def before(self) -> "Asked":
        """Return the period of the same length that ends the day before this begins."""
        length = timedelta(self.days)
        return Asked(self.since - length, self.until - length, self.only, self.account_id)


@dataclass(slots=True)
class Numbers:
    """Counts by their names, and everyone who came through a code, each once."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    people: BitMap = field(default_factory=BitMap)

    def __getitem__(self, name: str) -> int:
        return len(self.people) if name == VISITORS else self.counts[name]

    @property
    def came(self) -> int:
        """Who began to follow: new fans, and those who came back."""
        return self.counts["follows"] + self.counts["returns"]

    @property
    def stayed(self) -> int:
        """Of those, who had not left within seven days."""
        return self.came - self.counts["lost_7"]

    def add(self, counts: Mapping[str, int]) -> None:
        """Add counts to these."""
        for name, value in counts.items():
            self.counts[name] += value


@dataclass(slots=True)
class Totals:
    """Everything a page of figures shows of one period."""

    whole: Numbers
    rows: dict[int | None, Numbers]
    times: dict[date | int, Numbers]
    hours: dict[tuple[int, int], tuple[int, int]]  # weekday (0 is Monday) and hour: scans, follows
    elsewhere: dict[str, int]
    row_count: int


def of(
    session: Session, asked: Asked, *, by: By, unit: Unit, sort: str = "scans", most: int | None = None
) -> Totals:
    """Return the figures of a period, the `most` rows of `sort`; rows and times without any are left out."""
    found = Numbers()
    rows: dict[int | None, Numbers] = {}
    for key, *values in session.execute(_summed(asked, _key(by), joins=by is By.BRANCH)):
        rows[key] = Numbers(dict(zip(COUNTS, map(int, values), strict=True)))
        found.add(rows[key].counts)
    count = len(rows)
    times: dict[date | int, Numbers] = defaultdict(Numbers)
    if unit is not Unit.HOUR:
        for day, *values in session.execute(_summed(asked, ChannelFigure.day)):
            times[begin(day, unit)].add(dict(zip(COUNTS, map(int, values), strict=True)))
    if sort not in BY_PEOPLE:
        rows = _best(rows, sort, most)
    _add_people(session, asked, by, rows)
    if sort in BY_PEOPLE:
        rows = _best(rows, sort, most)
    for day, people in _people_by_day(session, asked).items():
        found.people |= people
        if unit is not Unit.HOUR:
            times[begin(day, unit)].people |= people
    hours = _hours(session, asked)
    if unit is Unit.HOUR:
        for (_weekday, hour), (scans, follows) in hours.items():
            times[hour].add({"scans": scans, "follows": follows})
    return Totals(found, rows, dict(sorted(times.items())), hours, _elsewhere(session, asked), count)


def whole(session: Session, asked: Asked) -> Numbers:
    """Return the figures of a period as one."""
    summed = [func.coalesce(func.sum(getattr(ChannelFigure, name)), 0) for name in COUNTS]
    values = session.execute(select(*summed).where(*_conditions(asked, ChannelFigure))).one()
    found = Numbers(dict(zip(COUNTS, map(int, values), strict=True)))
    for people in _people_by_day(session, asked).values():
        found.people |= people
    return found


def begin(day: date, unit: Unit) -> date:
    """Return the first day of the week (a Monday) or month that `day` is in; itself for days."""
    if unit is Unit.WEEK:
        return day - timedelta(day.weekday())
    return day.replace(day=1) if unit is Unit.MONTH else day


def rebuilt_at(session: Session, asked: Asked) -> Any:
    """Return when the period's figures were last added up; None for never."""
    wanted = select(func.max(ChannelDay.rebuilt_at))
    return session.scalar(wanted.where(ChannelDay.day >= asked.since, ChannelDay.day <= asked.until))


def event_keys(session: Session, asked: Asked) -> tuple[int, int] | None:
    """Return between which keys the period's events lie, whoever's they are; None without any."""
    start, end = facts.bounds(asked.since)[0], facts.bounds(asked.until)[1]
    edges = select(func.min(ChannelEvent.id), func.max(ChannelEvent.id))
    with beyond_scope(session):
        low, high = session.execute(edges.where(ChannelEvent.at >= start, ChannelEvent.at < end)).one()
    return (low, high) if low is not None else None


def _summed(asked: Asked, key: InstrumentedAttribute[Any], *, joins: bool = False) -> Select[Any]:
    wanted = select(key, *[func.sum(getattr(ChannelFigure, name)) for name in COUNTS])
    if joins:
        wanted = wanted.outerjoin(Shop, Shop.id == ChannelFigure.shop_id)
    return wanted.where(*_conditions(asked, ChannelFigure)).group_by(key)


def _best(rows: dict[int | None, Numbers], sort: str, most: int | None) -> dict[int | None, Numbers]:
    """Return the rows with most of what is asked for, those first."""

    def value(one: tuple[int | None, Numbers]) -> tuple[float, int]:
        key, numbers = one
        if sort == CONVERSION:
            return -numbers.came / max(1, numbers[VISITORS]), key or 0
        return -numbers[sort], key or 0

    return dict(sorted(rows.items(), key=value)[:most])


def _add_people(session: Session, asked: Asked, by: By, rows: Mapping[int | None, Numbers]) -> None:
    """Give the rows who came: whoever did on several days, or through several codes, is one person."""
    if not rows:
        return
    model = _with_sets(session, asked) if by in BY_SHOP else ChannelFigure
    key = Shop.branch_id if by is By.BRANCH else getattr(model, f"{by}_id")
    wanted = select(key, model.visitors).where(*_conditions(asked, model), model.visitors.is_not(None))
    if by is By.BRANCH:
        wanted = wanted.outerjoin(Shop, Shop.id == model.shop_id)
    elif None not in rows:
        wanted = wanted.where(key.in_(sorted(one for one in rows if one is not None)))
    sets: dict[int | None, list[BitMap]] = defaultdict(list)
    for one, visitors in session.execute(wanted):
        if one in rows:
            sets[one].append(BitMap.deserialize(visitors))
    for one, found in sets.items():
        rows[one].people = BitMap.union(*found)


def _people_by_day(session: Session, asked: Asked) -> dict[date, BitMap]:
    model = _with_sets(session, asked)
    wanted = select(model.day, model.visitors).where(*_conditions(asked, model), model.visitors.is_not(None))
    sets: dict[date, list[BitMap]] = defaultdict(list)
    for day, visitors in session.execute(wanted):
        sets[day].append(BitMap.deserialize(cast("bytes", visitors)))
    return {day: BitMap.union(*found) for day, found in sets.items()}


def _with_sets(session: Session, asked: Asked) -> type[ChannelFigure] | type[ShopVisitors]:
    """Return whose sets to unite: the shops', ten times fewer, where nothing finer is asked for or seen."""
    sees_channels = isinstance(session, ScopedSession) and session.scope.owner is not None
    return ShopVisitors if set(asked.only) <= BY_SHOP and not sees_channels else ChannelFigure


def _hours(session: Session, asked: Asked) -> dict[tuple[int, int], tuple[int, int]]:
    summed = func.sum(ChannelHour.scans), func.sum(ChannelHour.follows)
    wanted = select(ChannelHour.day, ChannelHour.hour, *summed)
    found: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    grouped = wanted.where(*_conditions(asked, ChannelHour)).group_by(ChannelHour.day, ChannelHour.hour)
    for day, hour, scans, follows in session.execute(grouped):
        before = found[day.weekday(), int(hour)]
        found[day.weekday(), int(hour)] = before[0] + int(scans), before[1] + int(follows)
    return dict(found)


def _elsewhere(session: Session, asked: Asked) -> dict[str, int]:
    """Return what happened without a code, which no channel can claim."""
    if asked.only:
        return {}
    names = ("follows", "returns", "leaves")
    summed = [func.coalesce(func.sum(getattr(ChannelFigure, name)), 0) for name in names]
    conditions = [*_period(asked, ChannelFigure), ChannelFigure.channel_id.is_(None)]
    return dict(zip(names, map(int, session.execute(select(*summed).where(*conditions)).one()), strict=True))


def _key(by: By) -> InstrumentedAttribute[Any]:
    columns: dict[By, InstrumentedAttribute[Any]] = {
        By.CHANNEL: ChannelFigure.channel_id,
        By.SHOP: ChannelFigure.shop_id,
        By.BRANCH: Shop.branch_id,
        By.STAFF: ChannelFigure.staff_id,
        By.CAMPAIGN: ChannelFigure.campaign_id,
    }
    return columns[by]


def _conditions(asked: Asked, model: Rows) -> list[ColumnElement[bool]]:
    found = _period(asked, model)
    if model is not ShopVisitors:
        found.append(model.channel_id.is_not(None))  # type: ignore[union-attr]
    for by, key in asked.only.items():
        if by is By.BRANCH:
            found.append(model.shop_id.in_(select(Shop.id).where(Shop.branch_id == key)))
        else:
            found.append(getattr(model, f"{by}_id") == key)
    return found


def _period(asked: Asked, model: Rows) -> list[ColumnElement[bool]]:
    found = [model.day >= asked.since, model.day <= asked.until]
    return [*found, model.account_id == asked.account_id] if asked.account_id is not None else found
