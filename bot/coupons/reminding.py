"""Telling members in time that coupons of theirs end: each coupon once, those of one day in one message."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.coupons import reading
from bot.coupons.models import USABLE, Coupon
from bot.coupons.reading import Held
from bot.members import identities
from bot.members.models import Member
from bot.moments import HERE
from bot.reach import contents, occasions, planning

AHEAD = timedelta(days=3)
NOT_BEFORE = timedelta(days=1)  # after it was issued: who has just got it knows
INTENT = "coupon_ending"
MOST_NAMES = 3
WORDS = "您有 {number} 张优惠券将于{day}到期：{names}。到店出示券码即可使用。"
MOMENT = timedelta(microseconds=1)


def remind(session: Session, *, way: dict[int, str], now: datetime, most: int) -> int:
    """Plan the messages for so many coupons that end soon, and others of their members; return how many.

    `way` is the address of the member's coupons by account.  Whoever cannot be
    written to is not asked about again: the page shows what ends.  Again, none is left.
    """
    due = (
        Coupon.state.in_(USABLE),
        Coupon.reminded_at.is_(None),
        Coupon.valid_until > now,
        Coupon.valid_until <= now + AHEAD,
        Coupon.issued_at <= now - NOT_BEFORE,
    )
    wanted = select(Coupon).where(*due).order_by(Coupon.valid_until, Coupon.id)
    first = session.scalars(wanted.limit(most)).all()
    # What else these members have is told of with it, not in the next turn by itself.
    rows = session.scalars(wanted.where(Coupon.member_id.in_(_persons(session, first)))).all()
    together: dict[tuple[int, date], list[Coupon]] = {}
    for row in rows:
        whose = identities.as_now(session, row.member_id).id
        together.setdefault((whose, last_day(row.valid_until)), []).append(row)
    for (member_id, day), coupons in sorted(together.items()):
        _tell(session, member_id, day, reading.of(session, coupons), way, now=now)
    change = update(Coupon).where(Coupon.id.in_([row.id for row in rows])).values(reminded_at=now)
    session.execute(change, execution_options={"synchronize_session": False})
    return len(rows)


def last_day(until: datetime) -> date:
    """Return the last day here on which it is good."""
    return (until - MOMENT).astimezone(HERE).date()


def _persons(session: Session, coupons: Sequence[Coupon]) -> set[int]:
    """Return whose these are, with whoever was merged into them."""
    whose = {identities.as_now(session, key).id for key in {row.member_id for row in coupons}}
    merged = session.scalars(select(Member.id).where(Member.merged_into_id.in_(whose)))
    return {row.member_id for row in coupons} | whose | set(merged)


def _tell(
    session: Session, member_id: int, day: date, held: Sequence[Held], way: dict[int, str], *, now: datetime
) -> None:
    fan = next(iter(occasions.following(session, member_id)), None)
    if fan is None:
        return
    names = list(dict.fromkeys(one.name for one in held))
    more = f"等 {len(held)} 张" if len(names) > MOST_NAMES else ""
    address = way.get(fan.account_id, "")
    planning.notify(
        session,
        account_id=fan.account_id,
        fan_id=fan.id,
        intent=INTENT,
        # Those of the day that come later, or too late for the first message, are another.
        key=f"coupons:{day.isoformat()}:{min(one.coupon.id for one in held)}",
        content=contents.text(
            WORDS + (f'\n<a href="{address}">看看我的券</a>' if address else ""), url=address
        ),
        facts={
            "number": str(len(held)),
            "day": f"{day.month}月{day.day}日",
            "names": "、".join(names[:MOST_NAMES]) + more,
        },
        now=now,
    )
