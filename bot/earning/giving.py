"""Coupons that rules give: once for an occasion, and void again if a refund leaves no reason for them."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons import ending, issuing, telling, using
from bot.coupons.models import Coupon, CouponUse
from bot.coupons.refusals import NotIssued
from bot.earning.models import EarningOccasion
from bot.earning.rules.book import Book
from bot.earning.rules.facts import Outcome
from bot.purchases.models import Purchase

log = logging.getLogger(__name__)
SOURCE = "earning"
STEP = "coupon"
REASONS = {"undo": "到店记录已撤销"}  # by why the day was judged anew


def give(
    session: Session,
    member_id: int,
    book: Book,
    happened: Iterable[EarningOccasion],
    outcome: Outcome,
    *,
    cause: str,
    now: datetime,
) -> None:
    """Issue what the judged day gives and did not before, and make void what it no longer gives, if unused.

    One that is held for another receipt is let go: it has not paid for anything yet.
    The member's row is locked by then.  Where a template has none left, or none
    for this member, there is no coupon, and the points are as they are.
    """
    giving = _rules(book)
    if not giving:
        return
    ids = {one.key: (one.id, one.shop_id) for one in happened}
    wanted = {
        f"{ids[line.occasion][0]}:{line.rule}": (giving[line.rule], ids[line.occasion][1])
        for line in outcome.trace
        if line.rule in giving and any(step.what == STEP for step in line.steps)
    }
    had = {row.key: row.id for row in _given(session, giving, [key for key, _shop in ids.values()])}
    reason = REASONS.get(cause, "消费已退款")
    # In the order of ids, as whoever locks several coupons does.
    for coupon_id in sorted(coupon_id for key, coupon_id in had.items() if key not in wanted):
        ending.void(session, coupon_id, by=SOURCE, reason=reason, now=now, let_go=True)
    for key, (template_id, shop_id) in wanted.items():
        if key in had:
            continue
        try:
            coupon, is_new = issuing.give(
                session, template_id, member_id, key=key, source=SOURCE, shop_id=shop_id, now=now
            )
        except NotIssued as refused:
            log.info("earning_gives_no_coupon", extra={"template": template_id, "why": refused.code})
            continue
        if is_new:
            telling.later(session, coupon.id, now=now)


def holders_of(session: Session, book: Book, happened: Iterable[EarningOccasion]) -> set[int]:
    """Return who has the coupons that were given for these."""
    return {row.member_id for row in _given(session, _rules(book), [one.id for one in happened])}


def holders_on(session: Session, purchase: Purchase) -> set[int]:
    """Return whose coupons the receipt of a purchase has."""
    uses = using.of_receipt(session, shop_id=purchase.shop_id, receipt=purchase.number)
    wanted = select(Coupon.member_id).join(CouponUse, CouponUse.coupon_id == Coupon.id)
    return set(session.scalars(wanted.where(CouponUse.id.in_(uses)))) if uses else set()


def take_back(session: Session, purchase: Purchase, *, by: str, now: datetime) -> None:
    """Give the coupons back that were used for a purchase which was refunded to the last fen.

    Whoever's they are; all these members are locked by then (`locking`).
    """
    for use_id in using.of_receipt(session, shop_id=purchase.shop_id, receipt=purchase.number):
        using.give_back(session, use_id, by=by, reason="订单已全部退款", now=now)


def _rules(book: Book) -> dict[str, int]:
    return {rule.code: rule.coupon for rule in book.rules if rule.coupon is not None}


def _given(session: Session, codes: Iterable[str], occasions: Iterable[int]) -> Sequence[Coupon]:
    """Return the coupons that rules of these codes gave for these occasions."""
    keys = sorted(f"{occasion}:{code}" for occasion in occasions for code in codes)
    if not keys:
        return []
    return session.scalars(select(Coupon).where(Coupon.source == SOURCE, Coupon.key.in_(keys))).all()
