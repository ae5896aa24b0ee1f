"""A receipt a coupon is held against, and what other coupons of the same receipt have to say about it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.coupons import terms
from bot.coupons.models import Coupon, CouponUse, CouponVersion, UseState
from bot.coupons.scopes import Basket, Line, WhyNot
from bot.coupons.terms import Terms
from bot.members import identities

LONGEST = 64
MOST_LINES = 200
OPEN = (UseState.HELD.value, UseState.USED.value)

ALONE = WhyNot("not_with_others", "这张券不能与其他券同时使用")
SAME_GROUP = WhyNot("same_group", "同一笔订单，这类券只能用一张")
OTHER_LINES = WhyNot("other_lines", "商品明细与这笔订单前一张券的不一致，请重新录入")
OTHER_MEMBER = WhyNot("other_member", "这笔订单已用了另一位会员的券")


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish to use a coupon.

    `source` and `key` name it for ever; `receipt` is the shop's number of the
    order.  `lines` are all of the receipt at full price, the same for every
    coupon of it: what earlier ones took off is reckoned here.
    """

    shop_id: int
    receipt: str
    lines: tuple[Line, ...]
    source: str
    key: str
    by: str

    def hash(self, coupon_id: int) -> bytes:
        """Return what is the same for the same wish, and for no other."""
        lines = [[line.amount, line.category, line.brand, line.product] for line in self.lines]
        said = [coupon_id, self.shop_id, self.receipt, lines]
        return hashlib.sha256(orjson.dumps(said)).digest()

    def basket(self, others: Sequence[CouponUse]) -> Basket:
        """Return what is left of the lines after other coupons of the receipt."""
        before = [0] * len(self.lines)
        for one in others:
            for at, line in enumerate(one.lines[: len(before)]):
                before[at] += line["discount"]
        amounts = [line.amount for line in self.lines]
        taken = tuple(min(one, amount) for one, amount in zip(before, amounts, strict=True))
        return Basket(self.shop_id, self.lines, taken)

    def turn(self, session: Session) -> int:
        """Return which use of the receipt this would be, counted from one."""
        wanted = select(func.max(CouponUse.turn)).where(
            CouponUse.shop_id == self.shop_id, CouponUse.receipt == self.receipt
        )
        return (session.scalar(wanted) or 0) + 1


def others_on(session: Session, asked: Asked) -> Sequence[CouponUse]:
    """Return the uses that have their coupon for the same receipt."""
    wanted = select(CouponUse).where(
        CouponUse.shop_id == asked.shop_id,
        CouponUse.receipt == asked.receipt,
        CouponUse.state.in_(OPEN),
    )
    rows = session.scalars(wanted.order_by(CouponUse.id)).all()
    return [row for row in rows if (row.source, row.key) != (asked.source, asked.key)]


def speaks_against(
    session: Session, asked: Asked, said: Terms, coupon: Coupon, others: Sequence[CouponUse]
) -> list[WhyNot]:
    """Return what other coupons of the receipt have against this one."""
    others = [
        one for one in others if one.coupon_id != coupon.id
    ]  # that it is used already is said elsewhere
    if not others:
        return []
    wanted = select(CouponVersion.terms, Coupon.member_id).join(Coupon, Coupon.version_id == CouponVersion.id)
    rows = session.execute(wanted.where(Coupon.id.in_([one.coupon_id for one in others]))).all()
    theirs = [terms.read(row.terms) for row in rows]
    found = []
    if said.alone or any(one.alone for one in theirs):
        found.append(ALONE)
    elif any(one.group == said.group for one in theirs):
        found.append(SAME_GROUP)
    amounts = [line.amount for line in asked.lines]
    if any([line["amount"] for line in one.lines] != amounts for one in others):
        found.append(OTHER_LINES)
    own = identities.family(session, identities.as_now(session, coupon.member_id).id)
    if any(row.member_id not in own for row in rows):
        found.append(OTHER_MEMBER)
    return found


def payable(session: Session, row: CouponUse) -> int:
    """Return what is left to pay of the receipt of a use after all coupons it has."""
    wanted = select(func.sum(CouponUse.discount)).where(
        CouponUse.shop_id == row.shop_id, CouponUse.receipt == row.receipt, CouponUse.state.in_(OPEN)
    )
    return row.subtotal - int(session.scalar(wanted) or 0)
