"""Handing out by a link or a code: each member takes one, once; what broadcasts, menus and print carry."""

import base64
import re
import secrets
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.coupons import issuing
from bot.coupons.models import Coupon, CouponHandout
from bot.coupons.refusals import NotIssued
from bot.db.scope import beyond_scope
from bot.members import identities

SOURCE = "handout"
CODE = re.compile(r"[A-Z2-7]{8}")


def make(
    session: Session,
    template_id: int,
    *,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    most: int | None,
    by: str,
    now: datetime,
) -> CouponHandout:
    """Begin a handout; its code is forty random bits, for it is passed on and not a secret."""
    row = CouponHandout(
        template_id=template_id,
        name=name,
        code=base64.b32encode(secrets.token_bytes(5)).decode(),
        most=most,
        taken=0,
        starts_at=starts_at,
        ends_at=ends_at,
        made_by=by,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row


def find(session: Session, typed: str) -> CouponHandout | None:
    """Return the handout of a code as it was typed."""
    code = "".join(typed.split()).replace("-", "").upper()
    if not CODE.fullmatch(code):
        return None
    return session.scalar(select(CouponHandout).where(CouponHandout.code == code))


def why_closed(row: CouponHandout, *, now: datetime) -> NotIssued | None:
    """Return why nobody gets any now; None while it is open."""
    if row.closed_at is not None or row.ends_at <= now:
        return NotIssued("ended")
    if row.starts_at > now:
        return NotIssued("not_begun")
    return NotIssued("gone") if row.most is not None and row.taken >= row.most else None


def words_of(refused: NotIssued) -> str:
    """Return why a member gets none, as they read it."""
    return "，".join(filter(None, (WORDS[refused.code], refused.words)))


def take(session: Session, row: CouponHandout, member_id: int, *, now: datetime) -> tuple[Coupon, bool]:
    """Give the member theirs, and tell whether it is new; taken before, it is the one they have.

    Raise `NotIssued` where they get none.  What the link has left is taken by a conditional update.
    """
    with beyond_scope(session):
        root = identities.as_now(session, member_id).id
        # Whoever was merged into this member may have taken theirs.
        keys = [f"{row.id}:{one}" for one in identities.family(session, root)]
        had = session.scalar(select(Coupon).where(Coupon.source == SOURCE, Coupon.key.in_(keys)))
        if had is not None:
            return had, False
        if (closed := why_closed(row, now=now)) is not None:
            raise closed
        with session.begin_nested():
            # The coupon first: the member's row is locked before any other.
            coupon, is_new = issuing.give(
                session, row.template_id, root, key=f"{row.id}:{root}", source=SOURCE, now=now
            )
            if is_new:
                _count(session, row.id)
        return coupon, is_new


def _count(session: Session, handout_id: int) -> None:
    is_left = or_(CouponHandout.most.is_(None), CouponHandout.taken < CouponHandout.most)
    change = update(CouponHandout).where(CouponHandout.id == handout_id, is_left)
    done = session.execute(
        change.values(taken=CouponHandout.taken + 1), execution_options={"synchronize_session": False}
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotIssued("gone")


def close(row: CouponHandout, *, now: datetime) -> bool:
    """End it now; False if it was ended before. What was taken stays good."""
    if row.closed_at is not None:
        return False
    row.closed_at = now
    return True


WORDS = {
    **issuing.WORDS,
    "ended": "活动已经结束",
    "not_begun": "活动还没有开始",
}
