"""Earning rules of the demo, and what its members bought over half a year: the two campaigns of the brief."""

import random
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.earning import buying, offers, versions
from bot.earning.rules import writing
from bot.earning.rules.book import (
    Aspect,
    Award,
    AwardKind,
    Book,
    Budget,
    Campaign,
    Coefficient,
    Conditions,
    Group,
    Limit,
    Mode,
    Rule,
    Trigger,
    Window,
)
from bot.members.models import Member
from bot.moments import HERE
from bot.privacy import NoKeys, vault_of
from bot.purchases.models import Payment, Purchase, PurchaseState
from bot.purchases.receipts import Line, Receipt
from bot.purchases.recording import By
from bot.tills import keys

MONTHS = 6
GOODS = (
    ("线路", "西湖一日游", 26800),
    ("线路", "黄山三日游", 98800),
    ("伴手礼", "龙井茶礼盒", 16800),
    ("伴手礼", "丝绸围巾", 12900),
    ("签证", "日本签证代办", 39900),
    ("保险", "境外旅行保险", 8800),
)
BY = "林静"


def put(session: Session, config: Config, *, shop_ids: Mapping[str, int], now: datetime) -> None:
    """Publish two versions of the rules, and give members purchases, a refund, and one that waits."""
    try:
        vault = vault_of(config.privacy)
    except NoKeys:
        return
    long_ago = now - timedelta(days=31 * MONTHS + 1)
    for book, note, at in (
        (plain(), "积分规则上线", long_ago),
        (off_season(now), "淡季活动", _midnight(now, -20)),
    ):
        versions.put_version(session, writing.write(book), note=note, in_force_from=at, by=BY, now=at)
    chance = random.Random(20261)
    shops = list(shop_ids.values())
    members = session.scalars(select(Member).order_by(Member.id)).all()
    for number, member in enumerate(members):
        for receipt in sorted(_receipts(chance, number, now), key=lambda one: one.occurred_at):
            buying.buy(
                session,
                vault,
                receipt,
                shop_id=member.home_shop_id or chance.choice(shops),
                member_id=member.id,
                state=PurchaseState.COUNTED,
                by=By("till:1", "前台收银"),
                now=max(receipt.occurred_at, long_ago),
            )
    if members:
        _give_one_back(session, members[0].id, now=now)
        waiting = Receipt("H20261", 688000, Payment.TRANSFER, now - timedelta(hours=3))
        buying.buy(
            session,
            vault,
            waiting,
            shop_id=members[0].home_shop_id or shops[0],
            member_id=members[0].id,
            state=PurchaseState.WAITING,
            by=By("hand", BY),
            now=now,
            note="团款转账，收银机未录",
        )
    keys.make(session, vault, shop_id=shops[0], name="前台收银", by=BY, now=now)


def _receipts(chance: random.Random, number: int, now: datetime) -> list[Receipt]:
    """Return what one member bought; every seventh comes often, and rises."""
    found = []
    for visit in range(chance.randrange(1, 6) + (6 if number % 7 == 3 else 0)):
        day = _midnight(now, -chance.randrange(1, 30 * MONTHS))
        at = day + timedelta(minutes=chance.randrange(540, 1200))
        lines = tuple(_line(chance) for _item in range(chance.randrange(1, 4)))
        paid = chance.choice((Payment.WECHAT, Payment.WECHAT, Payment.ALIPAY, Payment.CASH))
        found.append(Receipt(f"D{number:03}{visit}", sum(line.amount for line in lines), paid, at, lines))
    return found


def plain() -> Book:
    """Return the everyday rules: of several reasons on one day the largest counts alone."""
    rules = (
        Rule("register", "注册礼", Trigger.REGISTER, Award(AwardKind.FIXED, 100), days=365),
        Rule("birthday", "生日礼", Trigger.BIRTHDAY, Award(AwardKind.FIXED, 200), days=365, priority=2),
        Rule(
            "purchase",
            "消费积分",
            Trigger.PURCHASE,
            Award(AwardKind.PER_AMOUNT, 1),
            coefficients=(Coefficient(Aspect.PAYMENT, ((Payment.WECHAT.value, 120),)),),
            cap=5000,
            days=365,
        ),
        Rule(
            "referral",
            "推荐礼",
            Trigger.REFERRAL,
            Award(AwardKind.FIXED, 50),
            limits=(Limit(Window.MONTH, times=10),),
            days=365,
        ),
        Rule(
            "gold-days",
            "会员加赠",
            Trigger.PURCHASE,
            Award(AwardKind.PER_AMOUNT, 1, per=1000),
            coefficients=(Coefficient(Aspect.LEVEL, (("gold", 200), ("diamond", 300))),),
            when=Conditions(levels=frozenset({"gold", "diamond"})),
            days=365,
        ),
        Rule("follow", "关注礼", Trigger.FOLLOW, Award(AwardKind.FIXED, 10), days=365),
        Rule("visit", "到店礼", Trigger.VISIT, Award(AwardKind.FIXED, 5), days=365),
        Rule(
            "profile",
            "完善资料礼",
            Trigger.CUSTOM,
            Award(AwardKind.FIXED, 50),
            event=offers.PROFILE,
            days=365,
        ),
    )
    same_day = Group("same-day", "同日取最大", Mode.LARGEST, ("register", "birthday", "purchase"))
    return Book(rules, (same_day,))


def off_season(now: datetime) -> Book:
    """Return the rules with the off-season campaign, in which all reasons count, and tours earn more."""
    book = plain()
    first, last = (now + timedelta(days=-20)).date(), (now + timedelta(days=60)).date()
    tours = Rule(
        "off-season-tours",
        "淡季线路加倍",
        Trigger.PURCHASE,
        Award(AwardKind.PER_AMOUNT, 1, categories=frozenset({"线路"})),
        budget=Budget(total=200_000, daily=20_000),
        limits=(Limit(Window.MONTH, points=3000),),
        days=180,
    )
    campaign = Campaign("淡季活动", Mode.STACK, first, last)
    group = Group("same-day", "同日取最大", Mode.LARGEST, book.groups[0].members, campaigns=(campaign,))
    return Book((*book.rules, tours), (group,))


def _line(chance: random.Random) -> Line:
    category, name, price = chance.choice(GOODS)
    pieces = chance.randrange(1, 3)
    return Line(f"P{GOODS.index((category, name, price)) + 1:02}", name, category, pieces, pieces * price)


def _give_one_back(session: Session, member_id: int, *, now: datetime) -> None:
    wanted = select(Purchase).where(Purchase.member_id == member_id).order_by(Purchase.id).limit(1)
    purchase = session.scalars(wanted).one()
    buying.refund(
        session,
        purchase,
        number="T20261",
        amount=purchase.amount // 2 or 1,
        reason="行程取消，退一半",
        occurred_at=now - timedelta(days=1),
        by=By("till:1", "前台收银"),
        now=now,
    )


def _midnight(now: datetime, days: int) -> datetime:
    day = (now + timedelta(days=days)).astimezone(HERE).date()
    return datetime.combine(day, time(), HERE)
