"""A book of 20 active rules, and purchases that earn by it: what awards are measured with."""

import random
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from bot.config import DatabaseConfig
from bot.db import Database
from bot.earning import buying, versions
from bot.earning.rules import writing
from bot.earning.rules.book import (
    Aspect,
    Award,
    AwardKind,
    Book,
    Coefficient,
    Conditions,
    Group,
    Limit,
    Mode,
    Rule,
    Span,
    Trigger,
    Window,
)
from bot.organisation.models import Branch, Shop
from bot.purchases.models import Payment, PurchaseState
from bot.purchases.receipts import Receipt
from bot.purchases.recording import By

CATEGORIES = ("tour", "tea", "silk", "visa")


def twenty() -> Book:
    """A book of 20 active rules, twelve of them about purchases, in a nested tree."""
    rules = [Rule("base", "消费积分", Trigger.PURCHASE, Award(AwardKind.PER_AMOUNT, 1), days=365)]
    for number, category in enumerate(CATEGORIES):
        award = Award(AwardKind.PER_AMOUNT, 1, categories=frozenset({category}))
        rules.append(Rule(f"cat{number}", f"品类{number}", Trigger.PURCHASE, award, days=180))
    for number in range(3):
        when = Conditions(weekdays=frozenset({number, number + 1}))
        rules.append(
            Rule(f"day{number}", f"星期{number}", Trigger.PURCHASE, Award(AwardKind.FIXED, 20), when=when)
        )
    by_payment = (Coefficient(Aspect.PAYMENT, (("wechat", 150),)), Coefficient(Aspect.WEEKDAY, (("5", 200),)))
    half = Award(AwardKind.PER_AMOUNT, 1, per=200)
    rules += [
        Rule("pay", "支付加倍", Trigger.PURCHASE, half, coefficients=by_payment),
        Rule(
            "big",
            "满额礼",
            Trigger.PURCHASE,
            Award(AwardKind.FIXED, 100),
            when=Conditions(least_amount=50000),
        ),
        Rule(
            "monthly",
            "每月礼",
            Trigger.PURCHASE,
            Award(AwardKind.FIXED, 5),
            limits=(Limit(Window.MONTH, points=50),),
        ),
        Rule(
            "bday", "生日消费", Trigger.PURCHASE, Award(AwardKind.FIXED, 300), when=Conditions(birthday=True)
        ),
    ]
    others = (Trigger.REGISTER, Trigger.FOLLOW, Trigger.REFERRAL, Trigger.REFERRED, Trigger.BIRTHDAY)
    others += (Trigger.SURVEY, Trigger.VISIT, Trigger.CUSTOM)
    rules += [
        Rule(
            one.value, one.value, one, Award(AwardKind.FIXED, 50), event="x" if one is Trigger.CUSTOM else ""
        )
        for one in others
    ]
    assert len(rules) == 20
    categories = Group(
        "cats", "品类", Mode.STACK, tuple(f"cat{n}" for n in range(4)), Span.OCCASION, cap=2000
    )
    best = Group("best", "取大", Mode.LARGEST, ("day0", "day1", "day2", "pay", categories), Span.OCCASION)
    same_day = Group("same-day", "同日", Mode.LARGEST, ("register", "birthday", best))
    return Book(tuple(rules), (same_day,))


def publish(db: Database) -> int:
    """Put the book into force and make a shop; return the shop's id."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with db.transaction() as session:
        versions.put_version(
            session, writing.write(twenty()), note="bench", in_force_from=at, by="bench", now=at
        )
        branch = Branch(name="bench", city="上海")
        session.add(branch)
        session.flush()
        facts = {"address": "", "phone": "", "hours": "", "latitude": 0.0, "longitude": 0.0}
        row = Shop(branch_id=branch.id, name="bench", **facts)
        session.add(row)
        session.flush()
        return row.id


def buy_for(url: str, members: range, place: int, barrier: Any, came: Any, seconds: float, shop: int) -> None:
    """Report purchases for so long, each with its points in a transaction of its own."""
    db = Database(DatabaseConfig(url=url, pool_size=1))
    dice, run, done = random.Random(f"{place}{time.time_ns()}"), f"{place}-{time.time_ns()}", 0
    try:
        buy(db, dice, members, f"{run}-warm", shop)
        barrier.wait()
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            buy(db, dice, members, f"{run}-{done}", shop)
            done += 1
    except BaseException:
        came.put({"fault": traceback.format_exc()})
        raise
    finally:
        db.close()
    came.put({"done": done, "seconds": time.monotonic() - began})


def buy(db: Database, dice: random.Random, members: range, number: str, shop: int) -> None:
    now = datetime.now(UTC)
    receipt = Receipt(number, dice.randrange(1000, 60000), Payment.WECHAT, now)
    with db.transaction() as session:
        buying.buy(
            session,
            None,
            receipt,
            shop_id=shop,
            member_id=dice.choice(members),
            state=PurchaseState.COUNTED,
            by=By("till:1", "bench"),
            now=now,
        )
