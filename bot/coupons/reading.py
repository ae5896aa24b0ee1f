"""What a member has, and whoever was merged into them, with the terms each coupon was issued under."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.coupons import terms
from bot.coupons.models import Coupon, CouponState, CouponVersion
from bot.coupons.terms import Terms
from bot.members import identities

MOST = 100
# What stands under which heading of the member's page. Ended ones are over before the clock has noted it.
GOOD = (
    CouponState.ISSUED.value,
    CouponState.RETURNED.value,
    CouponState.OFFERED.value,
    CouponState.HELD.value,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A coupon with its name and terms."""

    coupon: Coupon
    name: str
    terms: Terms


def good(session: Session, member_id: int, *, now: datetime) -> list[Held]:
    """Return what can still be used, what ends first first."""
    wanted = _theirs(session, member_id).where(Coupon.state.in_(GOOD), Coupon.valid_until > now)
    return _with_terms(session, wanted.order_by(Coupon.valid_until, Coupon.id))


def used(session: Session, member_id: int) -> list[Held]:
    """Return what was used, the latest first."""
    wanted = _theirs(session, member_id).where(Coupon.state == CouponState.USED.value)
    return _with_terms(session, wanted.order_by(Coupon.used_at.desc(), Coupon.id.desc()))


def over(session: Session, member_id: int, *, now: datetime) -> list[Held]:
    """Return what ended unused, or was made void, the latest first."""
    ended = Coupon.state.in_(GOOD) & (Coupon.valid_until <= now)
    is_over = ended | Coupon.state.in_((CouponState.EXPIRED.value, CouponState.VOID.value))
    wanted = _theirs(session, member_id).where(is_over)
    return _with_terms(session, wanted.order_by(Coupon.valid_until.desc(), Coupon.id.desc()))


def one(session: Session, member_id: int, coupon_id: int) -> Held | None:
    """Return one of the member's own."""
    found = _with_terms(session, _theirs(session, member_id).where(Coupon.id == coupon_id))
    return found[0] if found else None


def of(session: Session, coupons: Iterable[Coupon]) -> list[Held]:
    """Return these with their names and terms."""
    rows = list(coupons)
    wanted = select(CouponVersion).where(CouponVersion.id.in_({row.version_id for row in rows}))
    versions = {row.id: row for row in session.scalars(wanted)}
    read = {key: terms.read(row.terms) for key, row in versions.items()}
    return [Held(row, versions[row.version_id].name, read[row.version_id]) for row in rows]


def _theirs(session: Session, member_id: int) -> Select[Coupon]:
    root = identities.as_now(session, member_id).id
    return select(Coupon).where(Coupon.member_id.in_(identities.family(session, root)))


def _with_terms(session: Session, wanted: Select[Coupon]) -> list[Held]:
    rows: Sequence[Coupon] = session.scalars(wanted.limit(MOST)).all()
    return of(session, rows)
