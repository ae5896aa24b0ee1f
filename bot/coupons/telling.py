"""Telling members of coupons they did not take themselves: given by rules, by hand, or with a message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons import issuing, reading
from bot.coupons.models import USABLE, Coupon
from bot.coupons.refusals import KeyReused, NotIssued
from bot.coupons.reminding import last_day
from bot.fans.models import Fan
from bot.members import identities
from bot.outbox.promises import Wish, promise
from bot.reach import contents, occasions, planning

EARNED: Final = "coupon_given"
OFFERED: Final = "coupon_offered"
CARRIED: Final = "message"  # the source of those that come with a message
WORDS: Final = "您得到一张优惠券：{item}，有效期至{day}。到店出示券码即可使用。"


def later(session: Session, coupon_id: int, *, now: datetime) -> None:
    """Promise to tell of a coupon that a rule gave, once `session` commits."""
    promise(
        session, Wish("coupons.tell", {"coupon_id": coupon_id}, now, f"coupons.tell:{coupon_id}"), now=now
    )


def tell(session: Session, coupon: Coupon, *, intent: str, way: Mapping[int, str], now: datetime) -> bool:
    """Plan the message to whoever has the coupon; False where nobody can be told, or it is good no more.

    `way` is the address of the member's coupons by account.  Again: False, for a coupon is told of once.
    """
    if coupon.state not in USABLE or coupon.valid_until <= now:
        return False
    whose = identities.as_now(session, coupon.member_id).id
    fan = next(iter(occasions.following(session, whose)), None)
    if fan is None:
        return False
    [held] = reading.of(session, [coupon])
    day, address = last_day(coupon.valid_until), way.get(fan.account_id, "")
    words = WORDS + (f'\n<a href="{address}">看看我的券</a>' if address else "")
    notice = planning.notify(
        session,
        account_id=fan.account_id,
        fan_id=fan.id,
        intent=intent,
        key=f"coupon:{coupon.id}",
        content=contents.text(words, url=address),
        facts={"item": held.name, "day": f"{day.month}月{day.day}日"},
        now=now,
    )
    return notice is not None


def give(session: Session, template_id: int, fan_id: int, once: str, now: datetime) -> bool:
    """Give the fan's member the coupon that a message carries; False for who is none, or gets none.

    Again under the same `once`: they have it already.  A member with two WeChats has one.
    """
    member_id = session.scalar(select(Fan.member_id).where(Fan.id == fan_id))
    if member_id is None:
        return False
    key = f"{once}:{identities.as_now(session, member_id).id}"
    try:
        issuing.issue(session, template_id, member_id, key=key, source=CARRIED, now=now)
    except (NotIssued, KeyReused):
        return False
    return True
