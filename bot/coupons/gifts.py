"""Giving a coupon to a friend: offered by a word, taken once, or taken back.

While it is offered nobody can use it.  The word is 128 random bits and only its
hash is kept, so an offer that was lost is taken back and made anew.

Locked are the holder, or who takes it, then the coupon, then its offer, as by
everybody (`using` says why).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session

from bot.coupons import using
from bot.coupons.events import tell
from bot.coupons.models import USABLE, Coupon, CouponGift, CouponState, EventKind, GiftState
from bot.coupons.refusals import NotOpen
from bot.members import identities
from bot.members.models import MemberState

GOOD_FOR = timedelta(days=3)
QUIETLY = {"synchronize_session": False}


def offer(session: Session, coupon_id: int, *, by: str, now: datetime) -> tuple[CouponGift, str]:
    """Offer the coupon and return the word that takes it, which is never to be had again.

    Raise `NotOpen` if it is not its holder's to give: given only where its terms
    say so, while it is good, and not while it is offered or used.
    """
    coupon = using.locked(session, coupon_id)
    if not using.terms_of(session, coupon).transferable:
        raise NotOpen("this coupon stays with whom it was issued to")
    is_good = (Coupon.state.in_(USABLE), Coupon.valid_until > now)
    change = update(Coupon).where(Coupon.id == coupon_id, *is_good).values(state=CouponState.OFFERED.value)
    if not session.execute(change, execution_options=QUIETLY).rowcount:  # type: ignore[attr-defined]
        raise NotOpen("this coupon cannot be given now")
    word = secrets.token_urlsafe(16)
    row = CouponGift(
        coupon_id=coupon_id,
        open_coupon_id=coupon_id,
        word_hash=_hashed(word),
        from_member_id=coupon.member_id,
        state=GiftState.OPEN.value,
        made_at=now,
        ends_at=min(now + GOOD_FOR, coupon.valid_until),
    )
    session.add(row)
    session.flush()
    tell(session, coupon_id, EventKind.OFFERED, by=by, now=now)
    session.refresh(coupon)
    return row, word


def find(session: Session, word: str) -> CouponGift | None:
    """Return the offer of a word."""
    if not 0 < len(word) <= 64:
        return None
    return session.scalar(select(CouponGift).where(CouponGift.word_hash == _hashed(word)))


def open_of(session: Session, coupon_id: int) -> CouponGift | None:
    """Return the offer that waits to be taken."""
    return session.scalar(select(CouponGift).where(CouponGift.open_coupon_id == coupon_id))


def take(session: Session, word: str, member_id: int, *, by: str, now: datetime) -> Coupon:
    """Make the coupon the member's. Raise `NotOpen` if somebody was faster, it is over, or it is their own.

    Whom a template is issued to does not matter here; who may use it still does.
    """
    gift = find(session, word)
    if gift is None:
        raise NotOpen("there is no such offer")
    taker = identities.root(session, member_id)
    if taker.state != MemberState.ACTIVE:
        raise NotOpen("only members have coupons")
    if gift.from_member_id in identities.family(session, taker.id):
        raise NotOpen("this is their own")
    using.alone(session, gift.coupon_id)
    if not _end(session, gift.id, GiftState.TAKEN, now=now, to_member_id=taker.id, until=now):
        raise NotOpen("this was taken or taken back, or is over")
    change = update(Coupon).where(Coupon.id == gift.coupon_id, Coupon.state == CouponState.OFFERED.value)
    change = change.where(Coupon.valid_until > now)
    done = session.execute(change.values(state=_rested(), member_id=taker.id), execution_options=QUIETLY)
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotOpen("this coupon is over")
    tell(session, gift.coupon_id, EventKind.GIVEN, by=by, now=now)
    return session.get_one(Coupon, gift.coupon_id, populate_existing=True)


def take_back(session: Session, gift_id: int, *, by: str, now: datetime, over: bool = False) -> bool:
    """Take the offer back; False if it was taken, or back, before. `over` is the clock's word."""
    gift = session.get_one(CouponGift, gift_id)
    using.locked(session, gift.coupon_id)
    if not _end(session, gift_id, GiftState.OVER if over else GiftState.TAKEN_BACK, now=now):
        return False
    change = update(Coupon).where(Coupon.id == gift.coupon_id, Coupon.state == CouponState.OFFERED.value)
    session.execute(change.values(state=_rested()), execution_options=QUIETLY)
    tell(session, gift.coupon_id, EventKind.TAKEN_BACK, by=by, now=now)
    session.get_one(Coupon, gift.coupon_id, populate_existing=True)
    return True


def close(session: Session, gift_id: int, *, now: datetime) -> None:
    """End the offer of a coupon that has ended by then."""
    _end(session, gift_id, GiftState.OVER, now=now)


def overdue(session: Session, *, now: datetime, most: int) -> list[int]:
    """Return offers nobody took in time, at most so many."""
    wanted = select(CouponGift.id).where(CouponGift.state == GiftState.OPEN.value, CouponGift.ends_at <= now)
    return list(session.scalars(wanted.order_by(CouponGift.ends_at).limit(most)))


def _rested() -> ColumnElement[str]:
    """Return the state a coupon goes back to: `RETURNED` if it came back from an order before."""
    return case((Coupon.returned_at.is_not(None), CouponState.RETURNED.value), else_=CouponState.ISSUED.value)


def _end(
    session: Session,
    gift_id: int,
    state: GiftState,
    *,
    now: datetime,
    to_member_id: int | None = None,
    until: datetime | None = None,
) -> bool:
    change = update(CouponGift).where(CouponGift.id == gift_id, CouponGift.state == GiftState.OPEN.value)
    if until is not None:
        change = change.where(CouponGift.ends_at > until)
    values = {"state": state.value, "ended_at": now, "open_coupon_id": None, "to_member_id": to_member_id}
    done = session.execute(change.values(**values), execution_options=QUIETLY)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _hashed(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
