"""Adjusting by hand: at once within the limit of one's role, by a second person's word above it."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.members.models import Member
from bot.points import ledger
from bot.points.books import whole
from bot.points.office_models import AdjustmentState, PointAdjustment, PointLimit
from bot.points.refusals import PointsRefused
from bot.users.roles import Role

SOURCE = "adjustment"
SOURCE_FOR_LEVELS = "adjustment:level"  # counts towards the level, as what is earned does
SAID = "积分调整"  # what the traveller reads; the reason is the office's
GOOD_FOR = timedelta(days=365)
USUAL = {
    Role.GROUP_ADMINISTRATOR: 10_000,
    Role.MARKETER: 1_000,
    Role.BRANCH_MANAGER: 2_000,
    Role.SHOP_MANAGER: 500,
}


class NeedsAnother(PointsRefused):
    """Who asked may not decide."""


class AskedBefore(PointsRefused):
    """The same form arrived a second time; the first was heard."""


class Decided(PointsRefused):
    """Somebody has decided already."""


def limit_of(session: Session, role: str) -> int:
    """Return how many points the role may adjust alone: as set, else as usual, else none."""
    found = session.scalar(select(PointLimit.points).where(PointLimit.role == role))
    usual = {one.value: points for one, points in USUAL.items()}
    return usual.get(role, 0) if found is None else found


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
    """Note the wish, and do it at once if the role may. One that `counts` counts towards the level, too.

    Raise `NotEnough` for taking what is not there, and `AskedBefore` if a wish
    came with the word `once` already, whoever is faster.
    """
    whole(abs(points))
    row = PointAdjustment(
        member_id=member.id,
        points=points,
        reason=reason[:200],
        state=AdjustmentState.WAITING.value,
        asked_by_id=by_id,
        asked_by=by[:64],
        asked_at=now,
        once=once,
        counts=counts,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        if once is None:
            raise
        raise AskedBefore("this form was sent before") from None
    if abs(points) <= limit_of(session, role):
        _do(session, row, member, by_id=by_id, by=by, now=now)
    return row


def approve(
    session: Session, row: PointAdjustment, member: Member, *, by_id: int, by: str, now: datetime
) -> None:
    """Do what was asked, as somebody else; raise `NeedsAnother`, `Decided` or `NotEnough`."""
    if row.asked_by_id == by_id:
        raise NeedsAnother("whoever asked for it cannot approve it")
    _do(session, row, member, by_id=by_id, by=by, now=now)


def refuse(session: Session, row: PointAdjustment, *, why: str, by_id: int, by: str, now: datetime) -> None:
    """Leave the points as they are, for a reason; who asked may take it back so. Raise `Decided`."""
    _settle(session, row, AdjustmentState.REFUSED, by_id=by_id, by=by, now=now)
    row.why = why[:200]
    session.flush()


def _do(
    session: Session, row: PointAdjustment, member: Member, *, by_id: int, by: str, now: datetime
) -> None:
    _settle(session, row, AdjustmentState.DONE, by_id=by_id, by=by, now=now)
    entry = ledger.adjust(
        session,
        member.id,
        row.points,
        key=str(row.id),
        source=SOURCE_FOR_LEVELS if row.counts else SOURCE,
        reason=SAID,
        shop_id=member.home_shop_id,
        expires_at=now + GOOD_FOR if row.points > 0 else None,
        facts={"asked_by": row.asked_by, "decided_by": by, "reason": row.reason},
        now=now,
    )
    row.entry_id = entry.id
    session.flush()


def _settle(
    session: Session, row: PointAdjustment, state: AdjustmentState, *, by_id: int, by: str, now: datetime
) -> None:
    """Move the wish out of waiting; of two who decide at once, the second raises `Decided`."""
    waiting = PointAdjustment.state == AdjustmentState.WAITING.value
    change = update(PointAdjustment).where(PointAdjustment.id == row.id, waiting)
    values = {"state": state.value, "decided_by_id": by_id, "decided_by": by[:64], "decided_at": now}
    done = session.execute(change.values(values).execution_options(synchronize_session=False))
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Decided(f"adjustment {row.id} was decided before")
    session.refresh(row)
