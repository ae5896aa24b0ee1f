"""Days of points added up by what gave them, from the allocations, as often as one likes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.moments import HERE
from bot.points.models import EntryKind, PointAllocation, PointEntry, PointLot
from bot.points.office_models import PointDay

ONE = timedelta(days=1)
LONG_AGO = date(1970, 1, 2)
# Which kinds of entries make up a column. What a refund gives back was not spent.
KINDS: dict[str, tuple[EntryKind, ...]] = {
    "issued": (EntryKind.EARN,),
    "spent": (EntryKind.SPEND, EntryKind.REFUND),
    "clawed_back": (EntryKind.CLAW_BACK,),
    "expired": (EntryKind.EXPIRE,),
    "adjusted": (EntryKind.ADJUST,),
    "repaid": (EntryKind.REPAY,),
}
TAKEN = frozenset({"spent", "clawed_back", "expired", "repaid"})  # shown as what was taken
OF_KIND = {kind.value: name for name, kinds in KINDS.items() for kind in kinds}
COLUMNS = (*KINDS, "moved", "spent_here")
Place = tuple[int, str, int]  # a shop or 0, a cause, a campaign or 0


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when `first` begins here, and when `last` is over."""
    return datetime.combine(first, time(), HERE), datetime.combine(last + ONE, time(), HERE)


def due(session: Session, *, now: datetime, anew: bool = False) -> Iterator[date]:
    """Yield the days to add up, in order: from the last that was, or yesterday, those with entries, to today.

    With `anew`, all from the first.  Entries are only ever added, and under the
    clock of their writing: what came since is of yesterday at the earliest.
    """
    today = now.astimezone(HERE).date()
    known = None if anew else session.scalar(select(func.max(PointDay.day)))
    day = min(known, today - ONE) if known is not None else LONG_AGO
    while day <= today:
        begins = datetime.combine(day, time(), HERE)
        came = session.scalar(
            select(func.min(PointEntry.recorded_at)).where(PointEntry.recorded_at >= begins)
        )
        if came is None:
            return
        day = came.astimezone(HERE).date()
        yield day
        day += ONE


def add_up(session: Session, day: date, *, now: datetime) -> None:
    """Replace the rows of `day` by what the allocations say now.

    Run twice it writes the same.  Of two at once one is refused by the unique
    key and has nothing to add.
    """
    sums: dict[Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    start, end = bounds(day, day)
    on_it = (PointEntry.recorded_at >= start, PointEntry.recorded_at < end)
    moved = (
        select(
            PointLot.shop_id,
            PointLot.cause,
            PointLot.campaign_id,
            PointEntry.kind,
            func.sum(PointAllocation.points).label("points"),
        )
        .join(PointLot, PointLot.id == PointAllocation.lot_id)
        .join(PointEntry, PointEntry.id == PointAllocation.entry_id)
        .where(*on_it)
        .group_by(PointLot.shop_id, PointLot.cause, PointLot.campaign_id, PointEntry.kind)
    )
    for row in session.execute(moved):
        found = sums[row.shop_id or 0, row.cause, row.campaign_id or 0]
        points = int(row.points)
        if name := OF_KIND.get(row.kind):
            found[name] += -points if name in TAKEN else points
        found["moved"] += points
    spending = PointEntry.kind.in_([kind.value for kind in KINDS["spent"]])
    here = select(PointEntry.shop_id, func.sum(PointEntry.points).label("points")).where(*on_it, spending)
    for spent in session.execute(here.group_by(PointEntry.shop_id)):
        sums[spent.shop_id or 0, "", 0]["spent_here"] -= int(spent.points)
    session.execute(delete(PointDay).where(PointDay.day == day).execution_options(synchronize_session=False))
    for (shop_key, cause, campaign_key), numbers in sorted(sums.items()):
        session.add(
            PointDay(
                day=day,
                shop_key=shop_key,
                shop_id=shop_key or None,
                cause=cause,
                campaign_key=campaign_key,
                added_up_at=now,
                **numbers,
            )
        )
    session.flush()
