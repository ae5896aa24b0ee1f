"""What the back office sees of a coupon of a member in its sight: its uses may be another shop's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons import events, reading
from bot.coupons.models import Coupon, CouponEvent, CouponUse
from bot.coupons.reading import Held
from bot.db.scope import beyond_scope


@dataclass(frozen=True, slots=True)
class Whole:
    """All a coupon's page shows."""

    held: Held
    events: Sequence[CouponEvent]
    uses: Sequence[CouponUse]


def whole(session: Session, coupon: Coupon) -> Whole:
    """Return all there is to see of the coupon, which the page found."""
    with beyond_scope(session):
        uses = select(CouponUse).where(CouponUse.coupon_id == coupon.id).order_by(CouponUse.id.desc())
        return Whole(
            reading.of(session, [coupon])[0], events.of(session, coupon.id), session.scalars(uses).all()
        )
