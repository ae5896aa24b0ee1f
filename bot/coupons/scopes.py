"""May this coupon be used here, now, for this? All that speaks against it, with words to be read out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.coupons import discounts
from bot.coupons.models import USABLE, CouponState
from bot.coupons.terms import Kind, Terms
from bot.coupons.who import Known, lacks
from bot.moments import HERE, Missed, missed

WEEKDAYS = "一二三四五六日"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a receipt, at its full price (fen)."""

    amount: int
    category: str = ""
    brand: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """What a coupon is held against: a receipt of a shop, and what coupons before took off each line."""

    shop_id: int
    lines: tuple[Line, ...]
    before: tuple[int, ...] = ()

    @property
    def subtotal(self) -> int:
        """Return what the lines come to."""
        return sum(line.amount for line in self.lines)

    def left(self) -> list[int]:
        """Return what is left to pay of each line."""
        before = self.before or (0,) * len(self.lines)
        return [line.amount - taken for line, taken in zip(self.lines, before, strict=True)]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the coupon stands."""

    state: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One thing that speaks against it: a code for programs, words for people, and the figures in them."""

    code: str
    words: str
    facts: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Worth:
    """What it takes off: in all, and of each line."""

    discount: int
    lines: tuple[int, ...]


def why_not(
    terms: Terms, coupon: Standing, basket: Basket | None, member: Known, *, now: datetime
) -> list[WhyNot]:
    """Return everything that speaks against using it; nothing if it may be used.

    Without a basket only what holds anywhere is looked at: what a traveller reads on their phone.
    """
    found = [*_standing(coupon, now)]
    if not found:
        found += _hours(terms, now)
    if (wanted := lacks(terms.uses, member)) is not None:
        found.append(WhyNot("not_for_member", wanted))
    if basket is not None:
        found += _basket(terms, basket)
    return found


def worth(terms: Terms, basket: Basket) -> Worth:
    """Return what it takes off the basket's lines, once nothing speaks against it."""
    left = _eligible(terms, basket)
    discount = discounts.off(terms, sum(left))
    return Worth(discount, tuple(discounts.shared(discount, left)))


def money(fen: int) -> str:
    """Return ¥1,280 or ¥12.50."""
    return f"¥{fen // 100:,}" if fen % 100 == 0 else f"¥{fen / 100:,.2f}"


def day(at: datetime) -> str:
    """Return 2026年12月1日."""
    there = at.astimezone(HERE)
    return f"{there.year}年{there.month}月{there.day}日"


def _standing(coupon: Standing, now: datetime) -> list[WhyNot]:
    if coupon.state == CouponState.EXPIRED or (coupon.state in USABLE and coupon.valid_until <= now):
        return [WhyNot("expired", "这张券已过期")]
    if coupon.state not in USABLE:
        return [STATES[CouponState(coupon.state)]]
    if coupon.valid_from > now:
        return [
            WhyNot("not_begun", f"{day(coupon.valid_from)}起可用", {"from": coupon.valid_from.isoformat()})
        ]
    return []


def _hours(terms: Terms, now: datetime) -> list[WhyNot]:
    hours, today = terms.hours, now.astimezone(HERE).date()
    for first, last in hours.not_days:
        if first <= today <= last:
            return [WhyNot("blackout", f"{first.month}月{first.day}日至{last.month}月{last.day}日不可用")]
    weekdays = "".join(str(number + 1) for number in sorted(hours.weekdays))
    wrong = missed(now, weekdays=weekdays, from_time=hours.since or None, until_time=hours.until or None)
    if wrong is Missed.OTHER_DAY:
        names = "、".join(f"周{WEEKDAYS[number]}" for number in sorted(hours.weekdays))
        return [WhyNot("weekday", f"仅限{names}使用")]
    if wrong is Missed.OTHER_TIME:
        return [WhyNot("hours", f"仅限 {hours.since or '00:00'}–{hours.until or '24:00'} 使用")]
    return []


def _basket(terms: Terms, basket: Basket) -> list[WhyNot]:
    if not terms.scope.opens(basket.shop_id):
        return [WhyNot("shop", "本店不能使用这张券")]
    eligible = _eligible(terms, basket)
    base = sum(eligible)
    if not basket.subtotal and terms.kind is not Kind.GIFT:
        return [WhyNot("no_amount", "请先录入订单金额")]
    if not base and not (terms.kind is Kind.GIFT and _all_free(terms)):
        return [WhyNot("nothing_in_scope", "所购商品都不在这张券的适用范围内")]
    if base < terms.least:
        short = terms.least - base
        words = f"适用商品满 {money(terms.least)} 可用，还差 {money(short)}"
        return [WhyNot("too_little", words, {"least": terms.least, "missing": short})]
    return []


def _all_free(terms: Terms) -> bool:
    """Tell whether a gift asks for nothing to be bought."""
    return not terms.least and not terms.scope.include


def _eligible(terms: Terms, basket: Basket) -> Sequence[int]:
    return [
        left if terms.scope.takes(category=line.category, brand=line.brand, product=line.product) else 0
        for line, left in zip(basket.lines, basket.left(), strict=True)
    ]


STATES = {
    CouponState.OFFERED: WhyNot("offered", "这张券正在转赠，收回后才能使用"),
    CouponState.HELD: WhyNot("held", "这张券正在另一笔订单里使用"),
    CouponState.USED: WhyNot("used", "这张券已经用过了"),
    CouponState.EXPIRED: WhyNot("expired", "这张券已过期"),
    CouponState.VOID: WhyNot("void", "这张券已作废"),
}
