"""Paying points out as money: asked for by hand or by the clock, approved, exported, then paid or failed.

Nothing is paid from here: an accountant pays by the exported sheet and says what came of it.  The points are
held from the moment it is asked for, spent once it is paid, and let go if it is refused or fails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.mall.rebate_models import MallRebate, MallRebateTerms, MallRebateWish, RebateState
from bot.mall.reconciling import REBATES as SOURCE
from bot.mall.refusals import BelowLeast, NeedsAnother, OrderOver
from bot.members import identities
from bot.members.models import Member, MemberState
from bot.moments import HERE
from bot.points import ledger
from bot.points.refusals import HoldOver

FOR_EVER = timedelta(days=3650)  # the payout ends the hold; the accountant may take their time
CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Terms:
    """How many points are one yuan, how many are paid out at least, and whether the clock asks each month.

    Until somebody has set them (`is_set`) members are promised nothing.
    """

    points_per_yuan: int = 100
    least_points: int = 1000
    is_monthly: bool = False
    is_set: bool = False

    def fen(self, points: int) -> int:
        """Return what the points are worth; what is less than a fen is not paid."""
        return points * 100 // self.points_per_yuan

    def whole_yuan(self, points: int) -> int:
        """Return how many of the points come to whole yuan."""
        return points - points % self.points_per_yuan


def terms(session: Session) -> Terms:
    """Return the terms as set, else the usual ones."""
    row = session.get(MallRebateTerms, 1)
    if row is None:
        return Terms()
    return Terms(row.points_per_yuan, row.least_points, row.is_monthly, is_set=True)


def put_terms(session: Session, wanted: Terms, *, by: str, now: datetime) -> None:
    """Set the terms, for what is asked from now on."""
    session.merge(
        MallRebateTerms(
            id=1,
            points_per_yuan=wanted.points_per_yuan,
            least_points=wanted.least_points,
            is_monthly=wanted.is_monthly,
            changed_by=by[:64],
            changed_at=now,
        )
    )
    session.flush()


def ask(
    session: Session,
    member_id: int,
    points: int,
    *,
    once: str,
    reason: str,
    by_id: int | None,
    by: str,
    now: datetime,
    state: RebateState = RebateState.WAITING,
) -> MallRebate:
    """Hold the points for a payout; the same `once` again returns the same payout.

    Raise `BelowLeast`, `NotEnough`, `NoSuchMember`, or `KeyReused` for another wish under the same word.
    """
    held_by = terms(session)
    fen = held_by.fen(points)
    if points < held_by.least_points or fen < 1:
        raise BelowLeast(f"{points} points are fewer than {held_by.least_points}")
    # Before the account, as everybody does: the payout's row refers to the member's.
    root = identities.root(session, member_id).id
    until = now + FOR_EVER
    hold = ledger.hold(
        session, root, points, key=once, source=SOURCE, reason="积分返现", until=until, now=now
    )
    known = session.scalar(select(MallRebate).where(MallRebate.once == once))
    if known is not None:
        return known
    row = MallRebate(
        member_id=root,
        points=points,
        fen=fen,
        state=state.value,
        once=once,
        hold_id=hold.id,
        reason=reason[:200],
        asked_by_id=by_id,
        asked_by=by[:64],
        asked_at=now,
    )
    session.add(row)
    session.flush()
    return row


def approve(session: Session, row: MallRebate, *, by_id: int, by: str, now: datetime) -> None:
    """Let it be paid. Raise `NeedsAnother` for who asked, `OrderOver` if somebody decided before."""
    if row.asked_by_id == by_id:
        raise NeedsAnother("whoever asked for it cannot approve it")
    _become(session, row, {RebateState.WAITING}, RebateState.PENDING, decided_by=by[:64], decided_at=now)


def refuse(session: Session, row: MallRebate, *, why: str, by: str, now: datetime) -> None:
    """Let the points go, before anything was given to the accountant. Raise `OrderOver`."""
    ledger.release(session, row.hold_id, now=now)
    was = {RebateState.WAITING, RebateState.PENDING}
    _become(session, row, was, RebateState.REFUSED, decided_by=by[:64], decided_at=now, why=why[:200])


def export(session: Session, row: MallRebate, *, by: str, now: datetime) -> bool:
    """Note that it was given to the accountant; False if it was not waiting for that."""
    try:
        _become(
            session, row, {RebateState.PENDING}, RebateState.EXPORTED, exported_by=by[:64], exported_at=now
        )
    except OrderOver:
        return False
    return True


def pay(session: Session, row: MallRebate, *, by: str, now: datetime) -> None:
    """Note that it was paid: the points are spent. Raise `OrderOver` unless it was exported."""
    try:
        entry = ledger.confirm(session, row.hold_id, now=now)
    except HoldOver:
        session.refresh(row)
        raise OrderOver(row.state) from None
    _become(
        session, row, {RebateState.EXPORTED}, RebateState.PAID,
        entry_id=entry.id, settled_by=by[:64], settled_at=now,
    )  # fmt: skip


def fail(session: Session, row: MallRebate, *, why: str, by: str, now: datetime) -> None:
    """Note that it could not be paid: the points go back. Raise `OrderOver` unless it was exported."""
    ledger.release(session, row.hold_id, now=now)
    _become(
        session, row, {RebateState.EXPORTED}, RebateState.FAILED,
        settled_by=by[:64], settled_at=now, why=why[:200],
    )  # fmt: skip


def left_behind(session: Session, *, most: int) -> list[int]:
    """Return payouts of members who were erased before anything was given to the accountant."""
    was = [RebateState.WAITING.value, RebateState.PENDING.value]
    wanted = select(MallRebate.id).join(Member, Member.id == MallRebate.member_id)
    wanted = wanted.where(MallRebate.state.in_(was), Member.state == MemberState.ERASED.value)
    return list(session.scalars(wanted.order_by(MallRebate.id).limit(most)))


def refuse_left(session: Session, rebate_id: int, *, now: datetime) -> None:
    """Refuse the payout of a member who was erased. Raise `OrderOver` if somebody decided meanwhile."""
    refuse(session, session.get_one(MallRebate, rebate_id), why="会员已注销", by=CLOCK, now=now)


def wishes(session: Session, member_id: int) -> bool:
    """Tell whether the member wants their points paid out each month."""
    return session.get(MallRebateWish, member_id) is not None


def set_wish(session: Session, member_id: int, *, wanted: bool, now: datetime) -> None:
    """Note that they do, or no longer do."""
    row = session.get(MallRebateWish, member_id)
    if wanted and row is None:
        session.add(MallRebateWish(member_id=member_id, since=now))
    elif not wanted and row is not None:
        session.delete(row)
    session.flush()


def wishing(session: Session, *, above: int, most: int) -> list[int]:
    """Return active members who want it each month, in the order of their ids."""
    wanted = (
        select(MallRebateWish.member_id)
        .join(Member, Member.id == MallRebateWish.member_id)
        .where(MallRebateWish.member_id > above, Member.state == MemberState.ACTIVE.value)
    )
    return list(session.scalars(wanted.order_by(MallRebateWish.member_id).limit(most)))


def ask_monthly(session: Session, member_id: int, *, now: datetime) -> MallRebate | None:
    """Ask for this month's payout of all the member has, in whole yuan; None if that is too little.

    Again in the same month: nothing more is asked.
    """
    once = f"month:{now.astimezone(HERE):%Y-%m}:{member_id}"
    if session.scalar(select(MallRebate.id).where(MallRebate.once == once)) is not None:
        return None
    held_by = terms(session)
    points = held_by.whole_yuan(ledger.balance(session, member_id, now).available)
    if points < held_by.least_points:
        return None
    return ask(
        session, member_id, points, once=once, reason="每月自动返现", by_id=None, by=CLOCK, now=now,
        state=RebateState.PENDING,
    )  # fmt: skip


def _become(
    session: Session, row: MallRebate, was: set[RebateState], state: RebateState, **values: Any
) -> None:
    """Move the payout on; of two who do at once, the second raises `OrderOver`."""
    change = update(MallRebate).where(MallRebate.id == row.id, MallRebate.state.in_([*was]))
    done = session.execute(
        change.values(state=state.value, **values), execution_options={"synchronize_session": False}
    )
    session.refresh(row)
    if not done.rowcount:  # type: ignore[attr-defined]
        raise OrderOver(row.state)
