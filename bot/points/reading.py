"""What members have, what ends next, and what happened: nothing here is locked or changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from bot.points.books import kin, still_good
from bot.points.models import PointAccount, PointAllocation, PointEntry, PointLot


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has: `available` may be spent now, `held` is set aside, `debt` is owed."""

    available: int
    held: int
    debt: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """So many points end at this moment."""

    points: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """An entry as it touched one member: `points` is what came to their lots and debt by it."""

    entry: PointEntry
    points: int


def balance(session: Session, member_id: int, now: datetime) -> Balance:
    """Return what the member and everyone merged into them have at `now`; zeros for nobody we know.

    What has expired at `now` is not counted, whether or not the job has been there.
    """
    accounts = accounts_of(session, member_id)
    good = case((still_good(now), PointLot.remaining - PointLot.held), else_=0)
    row = session.execute(
        select(func.sum(good), func.sum(PointLot.held)).where(
            PointLot.account_id.in_(accounts), PointLot.remaining > 0
        )
    ).one()
    owed = select(func.sum(PointAccount.debt)).where(PointAccount.id.in_(accounts))
    free, held, debt = int(row[0] or 0), int(row[1] or 0), int(session.scalar(owed) or 0)
    return Balance(max(free - debt, 0), held, max(debt - free, 0))


def next_expiry(session: Session, member_id: int, now: datetime) -> Expiry | None:
    """Return when the member's points end next and how many; None if none of theirs end."""
    accounts = accounts_of(session, member_id)
    rest = PointLot.remaining - PointLot.held
    row = session.execute(
        select(PointLot.expires_at, func.sum(rest))
        .where(PointLot.account_id.in_(accounts), PointLot.remaining > 0, rest > 0, PointLot.expires_at > now)
        .group_by(PointLot.expires_at)
        .order_by(PointLot.expires_at)
        .limit(1)
    ).one_or_none()
    return Expiry(int(row[1]), row[0]) if row and row[0] else None


def history(
    session: Session, member_id: int, *, before: int | None = None, most: int = 50
) -> Sequence[Movement]:
    """Return what happened to the member's points, the newest first, at most so many.

    With `before`, those older than that entry.

    What was spent while two were one stays in the history of whose lots it took.
    """
    accounts = accounts_of(session, member_id)
    touched = (
        select(PointAllocation.entry_id, func.sum(PointAllocation.points).label("points"))
        .where(PointAllocation.account_id.in_(accounts))
        .group_by(PointAllocation.entry_id)
    )
    return [Movement(*one) for one in entries_by_sums(session, touched, before=before, most=most)]


def entries_by_sums(
    session: Session, sums: Select[int, int], *, before: int | None, most: int
) -> Sequence[tuple[PointEntry, int]]:
    """Return the entries of `sums` (an entry's id, and points), each with its points, the newest first.

    At most so many, and with `before` those older than that entry.
    """
    wanted = sums.order_by(PointAllocation.entry_id.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(PointAllocation.entry_id < before)
    found = {row[0]: int(row[1]) for row in session.execute(wanted)}
    rows = session.scalars(
        select(PointEntry).where(PointEntry.id.in_(list(found))).order_by(PointEntry.id.desc())
    )
    return [(row, found[row.id]) for row in rows]


def last_moment(end: datetime) -> datetime:
    """Return when what ends at `end` may last be spent: for a midnight, that is on the day before."""
    return end - timedelta(microseconds=1)


def accounts_of(session: Session, member_id: int) -> list[int]:
    """Return the accounts of the member as they are now, themselves first; none before their first points."""
    return [one for one in kin(session, member_id, erased=True).values() if one is not None]
