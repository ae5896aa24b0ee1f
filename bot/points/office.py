"""What the back office does with the points of members it was shown: rows are given, the page found them.

A member's points may have come from shops the visitor does not see, and from a
member who was merged into them; all the same they are the member's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import OutOfScope, beyond_scope
from bot.db.scoped import ScopedSession
from bot.members.models import Member
from bot.points import adjusting, reading, reporting
from bot.points.models import HoldState, PointAllocation, PointEntry, PointHold, PointLot
from bot.points.office_models import PointAdjustment
from bot.points.reading import Balance, Expiry, Movement
from bot.points.reporting import Asked


@dataclass(frozen=True, slots=True)
class Books:
    """All a member's page shows of their points. `parts` says of each entry what it did to which lot."""

    balance: Balance
    expiry: Expiry | None
    lots: Sequence[PointLot]
    holds: Sequence[PointHold]
    movements: Sequence[Movement]
    parts: dict[int, list[PointAllocation]]


def books(session: Session, member: Member, *, before: int | None, now: datetime) -> Books:
    """Return what there is to see of the member's points."""
    with beyond_scope(session):
        accounts = reading.accounts_of(session, member.id)
        movements = reading.history(session, member.id, before=before)
        parts: dict[int, list[PointAllocation]] = {}
        wanted = select(PointAllocation).where(
            PointAllocation.entry_id.in_([one.entry.id for one in movements]),
            PointAllocation.account_id.in_(accounts),
        )
        for part in session.scalars(wanted.order_by(PointAllocation.id)):
            parts.setdefault(part.entry_id, []).append(part)
        used = {part.lot_id for found in parts.values() for part in found if part.lot_id}
        open_lots = PointLot.account_id.in_(accounts) & (PointLot.remaining > 0)
        lots = session.scalars(
            select(PointLot)
            .where(open_lots | PointLot.id.in_(used))
            .order_by(PointLot.expires_at.is_(None), PointLot.expires_at, PointLot.id)
        ).all()
        held = select(PointHold).where(
            PointHold.account_id.in_(accounts), PointHold.state == HoldState.OPEN.value
        )
        return Books(
            balance=reading.balance(session, member.id, now),
            expiry=reading.next_expiry(session, member.id, now),
            lots=lots,
            holds=session.scalars(held.order_by(PointHold.id)).all(),
            movements=movements,
            parts=parts,
        )


def ask(
    session: Session,
    member: Member,
    points: int,
    *,
    reason: str,
    by_id: int,
    by: str,
    role: str,
    once: str | None = None,
    counts: bool = False,
    now: datetime,
) -> PointAdjustment:
    """Do as `adjusting.ask`."""
    with beyond_scope(session):
        return adjusting.ask(
            session,
            member,
            points,
            reason=reason,
            by_id=by_id,
            by=by,
            role=role,
            once=once,
            counts=counts,
            now=now,
        )


def approve(
    session: Session, row: PointAdjustment, member: Member, *, by_id: int, by: str, now: datetime
) -> None:
    """Do as `adjusting.approve`."""
    with beyond_scope(session):
        adjusting.approve(session, row, member, by_id=by_id, by=by, now=now)


def refuse(session: Session, row: PointAdjustment, *, why: str, by_id: int, by: str, now: datetime) -> None:
    """Do as `adjusting.refuse`."""
    with beyond_scope(session):
        adjusting.refuse(session, row, why=why, by_id=by_id, by=by, now=now)


def behind(
    session: ScopedSession, asked: Asked, what: str, *, before: int | None
) -> Sequence[tuple[PointEntry, int]]:
    """Return the entries behind a number of a report: of the visitor's shops, whoever's member they are of.

    Raise `OutOfScope` for a shop the visitor does not see.
    """
    scope = session.scope
    shops = None if scope.everything else scope.shops
    if shops is not None and asked.shop is not None and asked.shop not in shops:
        raise OutOfScope("points of another shop")
    with beyond_scope(session):
        return reporting.behind(session, asked, what, shops=shops, before=before)
