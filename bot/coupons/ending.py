"""How coupons end unused: their time is over, somebody makes them void, their member goes.

The holder is locked, then the coupon, then its offer or hold (`using` says why).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.coupons import gifts, using
from bot.coupons.events import tell
from bot.coupons.models import (
    USABLE,
    Coupon,
    CouponEvent,
    CouponState,
    CouponUse,
    EventKind,
)
from bot.db.scope import beyond_scope
from bot.members import identities
from bot.members.models import Member, MemberState

OPEN = (*USABLE, CouponState.OFFERED.value)
CLOCK = "clock"
QUIETLY = {"synchronize_session": False}


def void(
    session: Session, coupon_id: int, *, by: str, reason: str, now: datetime, let_go: bool = False
) -> bool:
    """Make a coupon void that is not used or held; False for one that is, or is over.

    With `let_go` a hold ends first, and whoever confirms it later is told so: only a used one stays.
    """
    with beyond_scope(session):
        coupon = using.locked(session, coupon_id)
        if let_go and coupon.state == CouponState.HELD:
            use_id = session.scalar(select(CouponUse.id).where(CouponUse.open_coupon_id == coupon_id))
            if use_id is not None:
                using.give_back(session, use_id, by=by, reason=reason, now=now)
        if not _end(session, coupon_id, CouponState.VOID, since=OPEN):
            return False
        _close_gift(session, coupon_id, now=now)
        tell(session, coupon_id, EventKind.VOIDED, by=by, reason=reason, now=now)
        session.get_one(Coupon, coupon_id, populate_existing=True)
        return True


def expire(session: Session, *, now: datetime, most: int) -> int:
    """Note as expired what has ended, at most so many; return how many. Again: there are fewer."""
    wanted = select(Coupon.id).where(Coupon.state.in_(OPEN), Coupon.valid_until <= now)
    found = session.scalars(wanted.order_by(Coupon.valid_until, Coupon.id).limit(most)).all()
    _lock_holders(session, found)
    for key in sorted(found):
        if _end(session, key, CouponState.EXPIRED, since=OPEN):
            _close_gift(session, key, now=now)
            tell(session, key, EventKind.EXPIRED, by=CLOCK, now=now)
    return len(found)


def forget_erased(session: Session, *, since: datetime, now: datetime, most: int) -> int:
    """Make void what members erased after `since` have left, and empty what was written about theirs.

    Return how many coupons were changed, at most so many. Again: nothing is left.
    """
    gone = select(Member.id).where(Member.state == MemberState.ERASED.value, Member.erased_at >= since)
    left = session.scalars(
        select(Coupon.id)
        .where(Coupon.member_id.in_(gone), Coupon.state.in_(OPEN))
        .order_by(Coupon.id)
        .limit(most)
    ).all()
    _lock_holders(session, left)
    for key in left:
        void(session, key, by=CLOCK, reason="", now=now)
    theirs = select(Coupon.id).where(Coupon.member_id.in_(gone))
    told = session.scalars(
        select(CouponEvent.id).where(CouponEvent.coupon_id.in_(theirs), CouponEvent.reason != "").limit(most)
    ).all()
    session.execute(
        update(CouponEvent).where(CouponEvent.id.in_(told)).values(reason=""), execution_options=QUIETLY
    )
    return len(left) + len(told)


def _lock_holders(session: Session, coupon_ids: Sequence[int]) -> None:
    """Lock whose these coupons are, all before the first coupon: `void` meets them in the coupons' order."""
    holders = select(Coupon.member_id).where(Coupon.id.in_(coupon_ids))
    identities.lock_all(session, session.scalars(holders))


def _end(session: Session, coupon_id: int, state: CouponState, *, since: Sequence[str]) -> bool:
    change = update(Coupon).where(Coupon.id == coupon_id, Coupon.state.in_(since)).values(state=state.value)
    return bool(session.execute(change, execution_options=QUIETLY).rowcount)  # type: ignore[attr-defined]


def _close_gift(session: Session, coupon_id: int, *, now: datetime) -> None:
    gift = gifts.open_of(session, coupon_id)
    if gift is not None:
        gifts.close(session, gift.id, now=now)
