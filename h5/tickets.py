"""How coupons are shown: the ticket with its large sign, what it says, until when, and why not now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons import saying, using
from bot.coupons.models import USABLE, CouponState
from bot.coupons.reading import Held
from bot.coupons.terms import Terms
from bot.db import utc_now
from bot.levels import versions
from bot.organisation.models import Shop
from h5.days import HERE, said, today

MOMENT = timedelta(seconds=1)
SOON = 3  # days, from which on it says so
STAMPS = {
    CouponState.USED.value: "已用",
    CouponState.EXPIRED.value: "已过期",
    CouponState.VOID.value: "已作废",
    CouponState.OFFERED.value: "转赠中",
    CouponState.HELD.value: "使用中",
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One coupon as a ticket. `until` is how its end is said; `stamp` lies over one that cannot be used."""

    id: int
    name: str
    kind: str
    sign: str
    number: str
    worth: str
    condition: str
    until: str
    is_soon: bool
    stamp: str


def of(held: Held) -> Ticket:
    """Return the ticket of a coupon."""
    coupon = held.coupon
    last = (coupon.valid_until - MOMENT).astimezone(HERE).date()
    first = coupon.valid_from.astimezone(HERE).date()
    days = (last - today()).days
    state = coupon.state
    if state in USABLE and coupon.valid_until <= utc_now():
        state = CouponState.EXPIRED.value
    until = f"{last.year}年{last.month}月{last.day}日到期"
    if state == CouponState.USED and coupon.used_at:
        at = coupon.used_at.astimezone(HERE)
        until = f"{at.year}年{at.month}月{at.day}日使用"
    elif state in USABLE and first > today():
        until = f"{first.month}月{first.day}日起可用"
    elif state in USABLE and days <= SOON:
        until = {0: "今天到期", 1: "明天到期"}.get(days, f"还有 {days} 天到期")
    return _ticket(coupon.id, held.name, held.terms, until, state, is_soon=state in USABLE and days <= SOON)


def preview(name: str, terms: Terms, until: str) -> Ticket:
    """Return the ticket of one nobody has yet."""
    return _ticket(0, name, terms, until, CouponState.ISSUED.value, is_soon=False)


def all_of(rows: Iterable[Held]) -> list[Ticket]:
    """Return the tickets of these."""
    return [of(one) for one in rows]


def why_not(session: Session, held: Held) -> list[str]:
    """Return what speaks against using it now, anywhere; who may see the coupon was asked by then."""
    found = using.look(session, held.coupon, None, now=utc_now())
    return [one.words for one in found.reasons]


def rules(session: Session, terms: Terms) -> list[str]:
    """Return what the coupon asks, a line each."""
    keys = terms.scope.shops | terms.scope.not_shops
    names = (
        {row.id: row.name for row in session.scalars(select(Shop).where(Shop.id.in_(keys)))} if keys else {}
    )
    return saying.rules(terms, names, versions.names(session) if terms.uses.levels else {})


def last_day(until: datetime) -> str:
    """Return the last day before a moment, as it is said."""
    return said(until - MOMENT)


def _ticket(key: int, name: str, terms: Terms, until: str, state: str, *, is_soon: bool) -> Ticket:
    sign, number = saying.face(terms)
    return Ticket(
        id=key,
        name=name,
        kind=terms.kind.value,
        sign=sign,
        number=number,
        worth=saying.worth(terms),
        condition=saying.condition(terms),
        until=until,
        is_soon=is_soon,
        stamp=STAMPS.get(state, ""),
    )
