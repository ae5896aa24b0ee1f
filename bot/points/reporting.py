"""What became of points from one day to another, by shop, cause or campaign; and the entries behind."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from bot.points.days import COLUMNS, KINDS, bounds
from bot.points.models import PointAllocation, PointEntry, PointLot
from bot.points.office_models import PointDay
from bot.points.reading import entries_by_sums

OUTSTANDING, SPENT_HERE = "outstanding", "spent_here"
NUMBERS = (*KINDS, OUTSTANDING, SPENT_HERE)
SPENDING = ""  # the cause of rows that only say what was spent in a shop


class By(enum.StrEnum):
    """What the lines of a report are told apart by."""

    SHOP = "shop"
    CAUSE = "cause"
    CAMPAIGN = "campaign"


KEYS: dict[By, Any] = {
    By.SHOP: PointDay.shop_key,
    By.CAUSE: PointDay.cause,
    By.CAMPAIGN: PointDay.campaign_key,
}
Numbers = dict[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A period, its last day included, and what is looked at: a shop (0: head office), cause, campaign."""

    first: date
    last: date
    shop: int | None = None
    cause: str | None = None
    campaign: int | None = None

    def within(self) -> list[ColumnElement[bool]]:
        """Return what a row of the days must fulfil, its day aside."""
        wanted = {By.SHOP: self.shop, By.CAUSE: self.cause, By.CAMPAIGN: self.campaign}
        return [KEYS[by] == value for by, value in wanted.items() if value is not None]


def lines(session: Session, asked: Asked, by: By) -> dict[int | str, Numbers]:
    """Return the numbers of each shop, cause or campaign that has any, by its key.

    All but the outstanding are of the period; what is outstanding is so at the
    end of its last day, whenever it was given.
    """
    key = KEYS[by]
    rows = session.execute(_summed(asked, key, until=PointDay.day <= asked.last).group_by(key).order_by(key))
    found = {row[0]: _numbers(row[1:]) for row in rows}
    return {one: numbers for one, numbers in found.items() if _shown(by, one) and any(numbers.values())}


def whole(session: Session, asked: Asked) -> Numbers:
    """Return the numbers of everything that is looked at."""
    row = session.execute(_summed(asked, until=PointDay.day <= asked.last)).one()
    return _numbers(row)


def by_day(session: Session, asked: Asked) -> dict[date, Numbers]:
    """Return the numbers of each day on which anything happened; outstanding is what it changed of that."""
    in_it = PointDay.day.between(asked.first, asked.last)
    rows = session.execute(
        _summed(asked, PointDay.day, until=in_it).group_by(PointDay.day).order_by(PointDay.day)
    )
    return {row[0]: _numbers(row[1:]) for row in rows}


def behind(
    session: Session,
    asked: Asked,
    what: str,
    *,
    shops: Collection[int] | None,
    before: int | None = None,
    most: int = 50,
) -> Sequence[tuple[PointEntry, int]]:
    """Return the entries a number was added up from, each with its part of it, the newest first.

    Only of points of `shops`, unless None.  Behind what is outstanding stand
    all entries up to the last day.
    """
    start, end = bounds(asked.first, asked.last)
    of = PointEntry.shop_id if what == SPENT_HERE else PointLot.shop_id
    parts = (
        select(PointAllocation.entry_id, func.sum(PointAllocation.points).label("points"))
        .join(PointLot, PointLot.id == PointAllocation.lot_id)
        .join(PointEntry, PointEntry.id == PointAllocation.entry_id)
        .where(PointEntry.recorded_at < end)
        .group_by(PointAllocation.entry_id)
    )
    if what != OUTSTANDING:
        kinds = KINDS["spent" if what == SPENT_HERE else what]
        parts = parts.where(
            PointEntry.recorded_at >= start, PointEntry.kind.in_([kind.value for kind in kinds])
        )
    else:
        parts = parts.having(func.sum(PointAllocation.points) != 0)
    if asked.shop is not None:
        parts = parts.where(of == asked.shop if asked.shop else of.is_(None))
    if shops is not None:
        parts = parts.where(of.in_(sorted(shops)))
    if asked.cause is not None:
        parts = parts.where(PointLot.cause == asked.cause)
    if asked.campaign is not None:
        named = PointLot.campaign_id
        parts = parts.where(named == asked.campaign if asked.campaign else named.is_(None))
    return entries_by_sums(session, parts, before=before, most=most)


def _summed(asked: Asked, *keys: Any, until: ColumnElement[bool]) -> Select[Any]:
    """Return the sums of the columns: of the period, and of all that moved `until` then."""
    in_it = PointDay.day.between(asked.first, asked.last)
    columns = [
        func.coalesce(func.sum(getattr(PointDay, name) if name == "moved" else _if(in_it, name)), 0)
        for name in COLUMNS
    ]
    return select(*keys, *columns).where(until, *asked.within())


def _if(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return case((condition, getattr(PointDay, name)), else_=0)


def _numbers(row: Sequence[Any]) -> Numbers:
    found = dict(zip(COLUMNS, (int(value) for value in row), strict=True))
    found[OUTSTANDING] = found.pop("moved")
    return found


def _shown(by: By, key: int | str) -> bool:
    return by is not By.CAUSE or key != SPENDING
