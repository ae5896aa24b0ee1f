"""What members have gathered by the day: points earned or money spent, less what was taken back since."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.levels.ladder import Measure
from bot.members.models import Member
from bot.moments import HERE
from bot.points.adjusting import SOURCE_FOR_LEVELS
from bot.points.models import EntryKind, PointAccount, PointEntry
from bot.purchases.models import Purchase, PurchaseState

DEEPEST = 20


class Gathered:
    """What was gathered on which day, by member."""

    def __init__(self, days: Mapping[int, Collection[tuple[date, int]]]) -> None:
        self._days = days

    def score(self, member_id: int, first: date, end: date) -> int:
        """Return the member's score of the days from `first` to the one before `end`."""
        return sum(much for day, much in self._days.get(member_id, ()) if first <= day < end)


def gather(
    session: Session, measure: Measure, members: Mapping[int, Collection[int]], *, since: date
) -> Gathered:
    """Return what these members gathered from `since` on; each with everyone who was merged into them.

    A refund counts against the day of what it gives back, whenever it comes.
    """
    whose = {key: root for root, family in members.items() for key in family}
    rows = _spent(session, list(whose), since) if measure is Measure.SPEND else _earned(session, whose, since)
    days: dict[int, list[tuple[date, int]]] = {}
    for member_id, day, much in rows:
        days.setdefault(whose[member_id], []).append((day, much))
    return Gathered(days)


def families(session: Session, members: Collection[int]) -> dict[int, list[int]]:
    """Return each member with everyone who was merged into them, at whatever depth."""
    found = {key: [key] for key in members}
    edge = {key: key for key in members}
    for _step in range(DEEPEST):
        below = select(Member.id, Member.merged_into_id).where(Member.merged_into_id.in_(list(edge)))
        edge = {row.id: edge[row.merged_into_id] for row in session.execute(below)}
        if not edge:
            break
        for key, root in edge.items():
            found[root].append(key)
    return found


def _spent(session: Session, members: list[int], since: date) -> list[tuple[int, date, int]]:
    wanted = (
        select(Purchase.member_id, Purchase.day, func.sum(Purchase.amount - Purchase.refunded))
        .where(
            Purchase.member_id.in_(members),
            Purchase.day >= since,
            Purchase.state == PurchaseState.COUNTED.value,
        )
        .group_by(Purchase.member_id, Purchase.day)
    )
    return [(row[0], row[1], int(row[2])) for row in session.execute(wanted)]


def _earned(session: Session, members: Collection[int], since: date) -> list[tuple[int, date, int]]:
    began = datetime.combine(since, time(), HERE)
    accounts = select(PointAccount.id, PointAccount.member_id).where(
        PointAccount.member_id.in_(list(members))
    )
    whose = {row.id: row.member_id for row in session.execute(accounts)}
    given = select(PointEntry.account_id, PointEntry.occurred_at, PointEntry.points).where(
        PointEntry.account_id.in_(list(whose)), PointEntry.occurred_at >= began, _counts(PointEntry)
    )
    about = aliased(PointEntry)
    taken = (
        select(about.account_id, about.occurred_at, PointEntry.points, PointEntry.facts)
        .join(about, about.id == PointEntry.about_id)
        .where(
            about.account_id.in_(list(whose)),
            about.occurred_at >= began,
            _counts(about),
            PointEntry.kind == EntryKind.CLAW_BACK.value,
        )
    )
    rows = [(row[0], row[1], int(row[2])) for row in session.execute(given)]
    # What had expired by then is not in the entry, and was not earned all the same.
    rows += [(row[0], row[1], row[2] - row[3].get("expired", 0)) for row in session.execute(taken)]
    return [(whose[account], at.astimezone(HERE).date(), much) for account, at, much in rows]


def _counts(entry: type[PointEntry]) -> ColumnElement[bool]:
    """Earnings do; adjustments only where whoever made them said so."""
    by_hand = and_(entry.kind == EntryKind.ADJUST.value, entry.source == SOURCE_FOR_LEVELS)
    return or_(entry.kind == EntryKind.EARN.value, by_hand)
