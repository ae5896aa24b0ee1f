"""What happened to coupons, written down and never changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons.models import CouponEvent, EventKind

LONGEST_BY = 64


def tell(
    session: Session,
    coupon_id: int,
    kind: EventKind,
    *,
    by: str,
    now: datetime,
    shop_id: int | None = None,
    amount: int | None = None,
    reason: str = "",
) -> None:
    """Write down what happened; `amount` is what was taken off, `reason` what a person wrote."""
    session.add(
        CouponEvent(
            coupon_id=coupon_id,
            kind=kind.value,
            at=now,
            by=by[:LONGEST_BY],
            shop_id=shop_id,
            amount=amount,
            reason=reason[:200],
        )
    )
    session.flush()


def of(session: Session, coupon_id: int) -> Sequence[CouponEvent]:
    """Return a coupon's events, the newest first."""
    wanted = select(CouponEvent).where(CouponEvent.coupon_id == coupon_id)
    return session.scalars(wanted.order_by(CouponEvent.id.desc())).all()
