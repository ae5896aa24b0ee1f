"""What coupons came to between two days: issued, used, ended, taken off, by template and by shop.

Models only, so that a scoped session confines it: what was issued is of the
shop of its member, what was used of the shop it was used in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.coupons.models import Coupon, CouponState, CouponUse, UseState
from bot.members.models import Member
from bot.moments import HERE


@dataclass(slots=True)
class Sum:
    """What one template, or one shop, came to. `off` is what coupons took off, in fen.

    `redeemed` are those of the issued ones that are used by now, `used` those
    that were used in these days, whenever they were issued.  `sold` is what the
    receipts came to, each once, at full price.
    """

    issued: int = 0
    redeemed: int = 0
    used: int = 0
    off: int = 0
    sold: int = 0
    expired: int = 0
    void: int = 0
    open: int = 0

    def add(self, other: "Sum") -> None:
        """Add another to this one."""
        for name in ("issued", "redeemed", "used", "off", "sold", "expired", "void", "open"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def rate(self) -> int | None:
        """Return how many of a hundred issued ones are used by now; None where none was issued."""
        return round(100 * self.redeemed / self.issued) if self.issued else None


def by_template(session: Session, since: date, until: date) -> dict[int, Sum]:
    """Return what each template came to. `open`, `expired` and `void` are of those issued in these days."""
    first, last = _span(since, until)
    found: dict[int, Sum] = {}
    issued = select(Coupon.template_id, Coupon.state, func.count())
    issued = issued.where(Coupon.issued_at >= first, Coupon.issued_at < last)
    for template_id, state, number in session.execute(issued.group_by(Coupon.template_id, Coupon.state)):
        _count(found.setdefault(template_id, Sum()), state, number)
    used = select(
        func.count(), func.sum(CouponUse.discount), func.sum(CouponUse.subtotal), CouponUse.template_id
    )
    used = used.where(*_used(first, last)).group_by(CouponUse.template_id)
    for number, off, sold, template_id in session.execute(used):
        _note(found.setdefault(template_id, Sum()), number, off, sold)
    return found


def by_shop(session: Session, since: date, until: date) -> dict[int | None, Sum]:
    """Return the same by shop: issued to its members, used at its counter."""
    first, last = _span(since, until)
    found: dict[int | None, Sum] = {}
    issued = select(Member.home_shop_id, Coupon.state, func.count()).join(
        Coupon, Coupon.member_id == Member.id
    )
    issued = issued.where(Coupon.issued_at >= first, Coupon.issued_at < last)
    for shop_id, state, number in session.execute(issued.group_by(Member.home_shop_id, Coupon.state)):
        _count(found.setdefault(shop_id, Sum()), state, number)
    # A receipt that took several coupons was bought once.
    receipts = select(
        CouponUse.shop_id.label("shop_id"),
        func.count().label("number"),
        func.sum(CouponUse.discount).label("off"),
        func.max(CouponUse.subtotal).label("sold"),
    )
    each = receipts.where(*_used(first, last)).group_by(CouponUse.shop_id, CouponUse.receipt).subquery()
    used = select(func.sum(each.c.number), func.sum(each.c.off), func.sum(each.c.sold), each.c.shop_id)
    for number, off, sold, shop_id in session.execute(used.group_by(each.c.shop_id)):
        _note(found.setdefault(shop_id, Sum()), number, off, sold)
    return found


def whole(sums: Mapping[int, Sum] | Mapping[int | None, Sum]) -> Sum:
    """Return all of them together."""
    found = Sum()
    for one in sums.values():
        found.add(one)
    return found


def _used(first: datetime, last: datetime) -> tuple[ColumnElement[bool], ...]:
    return CouponUse.state == UseState.USED.value, CouponUse.used_at >= first, CouponUse.used_at < last


def _count(one: Sum, state: str, number: int) -> None:
    one.issued += number
    if state == CouponState.EXPIRED:
        one.expired += number
    elif state == CouponState.VOID:
        one.void += number
    elif state == CouponState.USED:
        one.redeemed += number
    else:
        one.open += number


def _note(one: Sum, number: int, off: int, sold: int) -> None:
    one.used += int(number)
    one.off += int(off or 0)
    one.sold += int(sold or 0)


def _span(since: date, until: date) -> tuple[datetime, datetime]:
    return datetime.combine(since, time(), HERE), datetime.combine(until + timedelta(days=1), time(), HERE)
