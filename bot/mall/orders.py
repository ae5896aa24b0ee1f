"""What becomes of an order: ready, handed over, sent, cancelled, expired, refunded; each once.

The ledger goes first, so that all who end one order queue at its member's account; then a conditional UPDATE
of the order decides.  Order and hold change in one transaction: killed anywhere, they agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.coupons import ending, using
from bot.coupons.models import CouponState
from bot.db.scope import beyond_scope
from bot.mall import redeeming, telling
from bot.mall.models import MallOrder, OrderState, Way
from bot.mall.refusals import CouponUsed, OrderOver, WrongWay
from bot.members import identities
from bot.members.models import Member, MemberState
from bot.points import ledger
from bot.points.models import HoldState
from bot.points.refusals import HoldOver

CLOCK, MEMBER = "clock", "member"
QUIETLY = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a name, and the number of somebody of a shop's staff."""

    name: str
    staff_id: int | None = None


def hand_over(session: Session, order: MallOrder, *, by: By, now: datetime) -> None:
    """Spend the points: the member has it in their hands. Raise `OrderOver`, also once its time is over."""
    if order.way != Way.PICKUP:
        raise WrongWay("this order is sent")
    _finish(session, order, by=by, now=now)


def send(session: Session, order: MallOrder, *, carrier: str, tracking: str, by: By, now: datetime) -> None:
    """Spend the points: it is on its way. Raise `OrderOver` as `hand_over` does."""
    if order.way != Way.DELIVERY:
        raise WrongWay("this order is fetched in a shop")
    _finish(session, order, by=by, now=now, carrier=carrier[:32], tracking=tracking[:40])
    telling.sent(session, order, now=now)


def make_ready(session: Session, order: MallOrder, *, by: By, now: datetime) -> None:
    """Note that it lies in the shop, of which the member is told if they follow; again: it is noted already.

    Points stay held, and it could be fetched before.  Raise `OrderOver`, also once its time is over.
    """
    if order.way != Way.PICKUP:
        raise WrongWay("this order is sent")
    change = update(MallOrder).where(
        MallOrder.id == order.id,
        MallOrder.state == OrderState.HELD.value,
        MallOrder.expires_at > now,
        MallOrder.ready_at.is_(None),
    )
    done = session.execute(change.values(ready_at=now, ready_by=by.name[:64]), execution_options=QUIETLY)
    session.refresh(order)
    if done.rowcount:  # type: ignore[attr-defined]
        telling.ready(session, order, now=now)
    elif order.state != OrderState.HELD or order.expires_at <= now:
        raise OrderOver(OrderState.EXPIRED.value if order.state == OrderState.HELD else order.state)


def cancel(
    session: Session,
    order: MallOrder,
    *,
    by: By,
    now: datetime,
    reason: str | None = None,
    state: OrderState = OrderState.CANCELLED,
) -> None:
    """Let the points go to the lots they were held of, and stock and limit to whoever comes next.

    The member is told if somebody of ours does it.  Raise `OrderOver` for one that is not held any more.
    """
    as_state = HoldState.EXPIRED if state is OrderState.EXPIRED else HoldState.RELEASED
    ledger.release(session, order.hold_id, now=now, as_state=as_state)
    values = {"ended_at": now, "ended_by": by.name[:64], "staff_id": by.staff_id, "reason": reason}
    _become(session, order, OrderState.HELD, state, values)
    redeeming.give_back(session, order)
    if by.name not in {CLOCK, MEMBER}:
        telling.called_off(session, order, now=now)


def refund(session: Session, order: MallOrder, *, reason: str, restock: bool, by: By, now: datetime) -> None:
    """Give the points of something that was handed over back to their lots.

    The member's limit is free again; the stock is, if the thing came back
    (`restock`); a coupon becomes void, and the member is told.  Raise
    `OrderOver`, `NoSuchMember`, or `CouponUsed`.
    """
    if order.entry_id is None:
        raise OrderOver(order.state)
    if order.coupon_id is not None and order.state == OrderState.DONE:
        _void(session, order, order.coupon_id, by=by, reason=reason, now=now)
    ledger.refund(
        session,
        order.entry_id,
        order.points,
        key=f"order:{order.id}",
        source=redeeming.SOURCE,
        reason=f"兑换退回：{order.item_name}",
        shop_id=order.shop_id,
        now=now,
    )
    values = {"refunded_at": now, "refunded_by": by.name[:64], "reason": reason[:200]}
    _become(session, order, OrderState.DONE, OrderState.REFUNDED, values)
    redeeming.give_back(session, order, restock=restock)
    telling.given_back(session, order, now=now)


def of_member(session: Session, member_id: int, *, before: int | None, most: int) -> Sequence[MallOrder]:
    """Return the orders of the member and of those merged into them, the newest first."""
    wanted = select(MallOrder).where(MallOrder.member_id.in_(identities.family(session, member_id)))
    if before is not None:
        wanted = wanted.where(MallOrder.id < before)
    return session.scalars(wanted.order_by(MallOrder.id.desc()).limit(most)).all()


def own(session: Session, member_id: int, order_id: int) -> MallOrder | None:
    """Return the member's order; None for anybody else's."""
    order = session.get(MallOrder, order_id)
    if order is None or order.member_id not in identities.family(session, member_id):
        return None
    return order


def overdue(session: Session, *, now: datetime, most: int) -> list[int]:
    """Return the orders nobody came for in time, the oldest first."""
    wanted = select(MallOrder.id).where(MallOrder.state == OrderState.HELD.value, MallOrder.expires_at <= now)
    return list(session.scalars(wanted.order_by(MallOrder.expires_at, MallOrder.id).limit(most)))


def left_behind(session: Session, *, most: int) -> list[int]:
    """Return the orders that still wait for members who were erased."""
    wanted = (
        select(MallOrder.id)
        .join(Member, Member.id == MallOrder.member_id)
        .where(MallOrder.state == OrderState.HELD.value, Member.state == MemberState.ERASED.value)
    )
    return list(session.scalars(wanted.order_by(MallOrder.id).limit(most)))


def _finish(session: Session, order: MallOrder, *, by: By, now: datetime, **said: Any) -> None:
    try:
        entry = ledger.confirm(session, order.hold_id, now=now)
    except HoldOver:
        session.refresh(order)
        state = OrderState.EXPIRED.value if order.state == OrderState.HELD else order.state
        raise OrderOver(state) from None
    values = {
        "entry_id": entry.id,
        "ended_at": now,
        "ended_by": by.name[:64],
        "staff_id": by.staff_id,
        **said,
    }
    _become(session, order, OrderState.HELD, OrderState.DONE, values)


def _void(session: Session, order: MallOrder, coupon_id: int, *, by: By, reason: str, now: datetime) -> None:
    """Make the coupon void that was given for the order; a friend's to whom it was given stays theirs."""
    with beyond_scope(session):
        coupon = using.locked(session, coupon_id)
        family = identities.family(session, identities.as_now(session, order.member_id).id)
    is_theirs = coupon.member_id in family and coupon.state != CouponState.OFFERED
    if not is_theirs or not ending.void(session, coupon_id, by=by.name, reason=reason[:200], now=now):
        raise CouponUsed(f"coupon {coupon_id} is used, given on, or on its way to somebody")


def _become(
    session: Session, order: MallOrder, was: OrderState, state: OrderState, values: dict[str, Any]
) -> None:
    """Move the order on; of two who do at once, the second raises `OrderOver`."""
    change = update(MallOrder).where(MallOrder.id == order.id, MallOrder.state == was.value)
    done = session.execute(change.values(state=state.value, **values), execution_options=QUIETLY)
    session.refresh(order)
    if not done.rowcount:  # type: ignore[attr-defined]
        raise OrderOver(order.state)
    if was is OrderState.HELD and order.ready_at is not None:
        telling.no_longer_ready(session, order)
