"""What earns without a till, and what other rules would have given."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from bot.audit import Actor
from bot.batches.models import Batch, BatchState
from bot.config import DatabaseConfig
from bot.db import utc_now
from bot.earning import jobs, replay
from bot.earning.models import EarningOccasion
from bot.earning.rules import writing
from bot.earning.rules.book import Book, Budget, Rule, Trigger
from bot.fans.models import Fan
from bot.members.models import Member, MemberState, Referral
from bot.moments import HERE
from bot.outbox import timetable
from bot.purchases import taking_along
from bot.purchases.models import PurchaseRefund
from bot.replica import Surveys
from tests.earning.books import PURCHASE, fixed, per_yuan
from tests.earning.conftest import Counter
from tests.support.members import PRIVACY

GIFTS = Book(
    (
        Rule("register", "注册礼", Trigger.REGISTER, fixed(100)),
        Rule("follow", "关注礼", Trigger.FOLLOW, fixed(10)),
        Rule("referral", "推荐礼", Trigger.REFERRAL, fixed(50)),
        Rule("referred", "受邀礼", Trigger.REFERRED, fixed(20)),
        Rule("birthday", "生日礼", Trigger.BIRTHDAY, fixed(200)),
        Rule("lunar", "农历生日礼", Trigger.BIRTHDAY, fixed(7), lunar=True),
    )
)


@pytest.fixture
def runtime(counter: Counter):
    counter.publish(GIFTS, at=counter.now - timedelta(days=100))
    return SimpleNamespace(db=counter.db, config=SimpleNamespace(privacy=PRIVACY))


def fan_of(counter: Counter, member: int, openid: str) -> int:
    with counter.db.transaction() as session:
        row = Fan(
            account_id=1,
            openid=openid,
            standing="following",
            created_at=counter.now,
            follow_count=1,
            message_count=0,
            member_id=member,
        )
        session.add(row)
        session.flush()
        return row.id


def test_joining_following_and_bringing_somebody_earn_once_each(counter: Counter, runtime):
    referrer, member = counter.member(), counter.member()
    fan = fan_of(counter, member, "o-new")
    with counter.db.transaction() as session:
        session.add(
            Referral(
                member_id=member, referrer_member_id=referrer, via="phone", earns=[], counted_at=counter.now
            )
        )

    for _twice in range(2):
        jobs.registered(runtime, member, fan)
        jobs.followed(runtime, fan)

    assert (counter.balance(member), counter.balance(referrer)) == (130, 50)


def test_birthdays_are_kept_on_the_day_or_the_day_after_and_once_a_year(
    counter: Counter, runtime, monkeypatch
):
    monkeypatch.setattr(jobs, "MEMBERS", 2)
    broken = counter.member(born=date(2000, 2, 28))
    with counter.db.transaction() as session:
        session.get_one(Member, broken).merged_into_id = broken
    leap = counter.member(born=date(2000, 2, 29))
    lunar = counter.member(born=date(1990, 10, 3))  # 八月十五, in 2026 on 25 September
    others = [counter.member(born=date(1990, 3, day)) for day in (2, 3)]
    with counter.db.transaction() as session:
        session.execute(update(Member).values(verified_at=counter.now - timedelta(days=400)))
    counter.publish(GIFTS, at=counter.now - timedelta(days=150))

    for day in ("2026-02-27", "2026-02-28", "2026-03-01", "2026-03-01", "2026-09-26", "2026-09-27"):
        jobs.keep_birthdays(runtime, day)

    assert [counter.balance(one) for one in (leap, lunar, *others)] == [200, 7, 0, 0]


def test_birthdays_of_days_without_a_clock_are_made_up_for_but_not_those_before_they_joined(
    counter: Counter, runtime
):
    counter.publish(GIFTS, at=counter.now - timedelta(days=900))
    away = [counter.member(born=date(1990, 3, day)) for day in (9, 10, 12, 14)]
    new = counter.member(born=date(1990, 3, 12))
    with counter.db.transaction() as session:
        joined = datetime(2026, 3, 13, 9, tzinfo=HERE)
        session.get_one(Member, new).verified_at = joined
        for one in away:
            session.get_one(Member, one).verified_at = joined - timedelta(days=400)

    def on(day: str) -> list[int]:
        jobs.keep_birthdays(runtime, day)
        return [counter.balance(one) for one in (*away, new)]

    assert on("2026-03-10") == [200, 200, 0, 0, 0]
    assert on("2026-03-16") == [200, 200, 200, 200, 0]
    assert on("2026-03-15") == [200, 200, 200, 200, 0]  # a promise of then that was kept late
    with counter.db.reading() as session:
        assert timetable.reached(session, jobs.BIRTHDAYS) == date(2026, 3, 16).toordinal()
    assert on("2026-07-01")[-1] == 0  # a month back at most


def test_a_replay_counts_what_other_rules_would_have_given_by_rule_and_shop(counter: Counter):
    counter.publish(Book((PURCHASE,)), at=counter.now - timedelta(days=50))
    members = [counter.member(born=date(1990, 6, 1)) for _number in range(3)]
    for number, member in enumerate(members):
        counter.buy(member, 100 + number, f"A{number}")
        counter.buy(member, 50, f"B{number}")
    counter.refund("B2", 50)
    double = Book((replace(PURCHASE, award=per_yuan(2), budget=Budget(total=600)),))
    with counter.db.transaction() as session:
        batch = replay.begin(
            session,
            definition=writing.write(double),
            against=writing.write(Book((PURCHASE,))),
            first=date(2026, 5, 1),
            last=date(2026, 6, 30),
            maker=Actor("林", 1),
            now=counter.now,
        )
        key = batch.id

    surveys = Surveys(counter.db, DatabaseConfig())
    for _slice in range(9):
        replay.run(counter.db, surveys, key, now=counter.now, seconds=0.0001)
        with counter.db.reading() as session:
            batch = session.get_one(Batch, key)
        if batch.state == BatchState.DONE:
            break

    spent = 303 + 100
    assert batch.notes["new"]["rules"] == {"purchase": [2 * spent, 5]}
    assert batch.notes["old"]["rules"] == {"purchase": [spent, 5]}
    assert batch.notes["new"]["shops"] == {str(counter.shop): 2 * spent}
    assert replay.cut_by_budgets(double, batch.notes["new"]) == {"purchase": 2 * spent - 600}
    assert (batch.done, batch.total, batch.notes["members"]) == (6, 6, 3)


def test_a_member_takes_their_purchases_along_and_who_is_erased_leaves_amounts_only(
    counter: Counter, runtime
):
    member = counter.member()
    counter.buy(member, 120, "A1")
    counter.refund("A1", 20)

    with counter.db.reading() as session:
        along = taking_along.rows(session, member)
    with counter.db.transaction() as session:
        erased = session.get_one(Member, member)
        erased.state, erased.erased_at = MemberState.ERASED.value, utc_now()
        assert session.scalars(select(EarningOccasion.facts)).one()["who"]
    jobs.forget_words(runtime)
    jobs.forget_words(runtime)
    later = counter.refund("A1", 30, "R2")

    assert [(one["shop"], one["number"], one["amount"], one["refunded"]) for one in along] == [
        ("外滩店", "A1", "120.00", "20.00")
    ]
    assert (later.is_new, later.taken) == (True, 0)
    with counter.db.reading() as session:
        facts = session.scalars(select(EarningOccasion.facts)).one()
        assert (facts["who"], facts["amount"]) == ({}, 12000)
        assert [row.reason for row in session.scalars(select(PurchaseRefund))] == ["", "不想要了"]
