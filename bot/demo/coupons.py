"""Coupons of the demo: five templates, what members have of them, and a link."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons import handouts, issuing, templates, using
from bot.coupons.models import Coupon, TemplateState
from bot.coupons.receipts import Asked
from bot.coupons.refusals import NotIssued
from bot.coupons.scopes import Line
from bot.coupons.terms import Dates, Goods, Hours, Kind, Scope, Terms
from bot.members.models import Member, MemberState
from bot.moments import HERE

BY = "林静"
SOURCE = "demo"
TOURS, GIFTS = frozenset({"线路"}), frozenset({"伴手礼"})


def kinds(now: datetime) -> tuple[tuple[str, Terms, int | None, int], ...]:
    """Return name, terms, how many there are, and how many one may have."""
    last = (now + timedelta(days=75)).astimezone(HERE).date()
    return (
        (
            "线路满减券",
            Terms(
                Kind.AMOUNT,
                amount=5000,
                least=30000,
                scope=Scope(include=Goods(categories=TOURS)),
                dates=Dates(days=60),
                transferable=True,
                grace=7,
            ),
            2000,
            1,
        ),
        (
            "伴手礼八五折",
            Terms(
                Kind.PERCENT,
                percent=15,
                cap=8000,
                scope=Scope(include=Goods(categories=GIFTS)),
                dates=Dates(ends=last),
                group="伴手礼",
            ),
            None,
            2,
        ),
        ("生日礼：保温杯", Terms(Kind.GIFT, gift="驿站保温杯一只", dates=Dates(days=30), grace=7), 300, 1),
        (
            "工作日立减券",
            Terms(
                Kind.AMOUNT,
                amount=2000,
                scope=Scope(exclude=Goods(categories=frozenset({"签证", "保险"}))),
                dates=Dates(days=3),
                hours=Hours(weekdays=frozenset(range(5)), since="09:00", until="20:00"),
                alone=True,
            ),
            None,
            3,
        ),
        (
            "境外游满减券",
            Terms(
                Kind.AMOUNT,
                amount=30000,
                least=300000,
                scope=Scope(include=Goods(categories=TOURS)),
                dates=Dates(days=180, wait=1),
                group="境外",
            ),
            500,
            1,
        ),
    )


def put(session: Session, *, shop_ids: Mapping[str, int], now: datetime) -> None:
    """Open the templates, give members some of them, use a few, and make a link."""
    long_ago = now - timedelta(days=40)
    made = []
    for name, terms, total, per_member in kinds(now):
        row = templates.add(session, name, terms, total=total, per_member=per_member, by=BY, now=long_ago)
        row.state = TemplateState.OPEN.value
        made.append(row.id)
    session.flush()
    wanted = select(Member).where(Member.state == MemberState.ACTIVE.value).order_by(Member.id)
    shops = list(shop_ids.values())
    for number, member in enumerate(session.scalars(wanted).all()):
        for place, ago in ((0, 32), (1, 20), (2, 11), (3, 1), (4, 6)):
            if (number + place) % 3 == 0:
                continue
            at = now - timedelta(days=ago, hours=number % 7)
            coupon = _give(session, made[place], member, at)
            if coupon is not None and (number + place) % 4 == 1 and place in {0, 1}:
                shop_id = member.home_shop_id or shops[number % len(shops)]
                _use(session, coupon, shop_id, number, at + timedelta(days=5, hours=3))
    ends = datetime.combine((now + timedelta(days=45)).astimezone(HERE).date(), time(), HERE)
    for place, name, most in ((0, "秋游季：线路立减", 1000), (1, "老客回馈", None)):
        handouts.make(
            session, made[place], name=name, starts_at=long_ago, ends_at=ends, most=most, by=BY, now=now
        )


def _give(session: Session, template_id: int, member: Member, at: datetime) -> Coupon | None:
    key = f"{member.number}:{template_id}"
    try:
        return issuing.issue(session, template_id, member.id, key=key, source=SOURCE, by=BY, now=at)
    except NotIssued:
        return None


def _use(session: Session, coupon: Coupon, shop_id: int, number: int, at: datetime) -> None:
    lines = (Line(36800 + 1000 * (number % 9), category="线路"), Line(9900, category="伴手礼"))
    asked = Asked(shop_id, f"K{coupon.id:05}", lines, "counter", f"demo:{coupon.id}", BY)
    found = using.look(session, coupon, asked, now=at)
    if not found.reasons:
        using.use(session, coupon.id, asked, now=at)
