"""Points paid out as money: held, approved by another, exported once, then spent or back."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from bot.mall import jobs, rebates, taking_along
from bot.mall.rebate_models import MallRebate, RebateState
from bot.mall.rebates import Terms
from bot.mall.refusals import BelowLeast, NeedsAnother, OrderOver
from bot.members import erasing
from bot.moments import HERE
from bot.points.refusals import NotEnough


def ask(mall, member_id, points, once="form", **said):
    said = {"reason": "团长返现", "by_id": 1, "by": "林静", **said}
    with mall.db.transaction() as session:
        return rebates.ask(session, member_id, points, once=once, now=mall.now, **said).id


def do(mall, act, key, **said):
    with mall.db.transaction() as session:
        return act(session, session.get_one(MallRebate, key), by="周敏", now=mall.now, **said)


def state(mall, key):
    with mall.db.reading() as session:
        return session.get_one(MallRebate, key).state


def test_a_payout_holds_points_asks_another_and_spends_them_once_it_is_paid(mall):
    anna = mall.member(points=3000)
    key = ask(mall, anna, 2000)

    assert ask(mall, anna, 2000) == key
    assert (mall.available(anna), mall.balance(anna).held) == (1000, 2000)
    with pytest.raises(NeedsAnother):
        do(mall, rebates.approve, key, by_id=1)
    with pytest.raises(OrderOver):
        do(mall, rebates.pay, key)
    do(mall, rebates.approve, key, by_id=2)
    assert do(mall, rebates.export, key)
    assert not do(mall, rebates.export, key)
    do(mall, rebates.pay, key)
    for act, said in ((rebates.pay, {}), (rebates.fail, {"why": "x"}), (rebates.refuse, {"why": "x"})):
        with pytest.raises(OrderOver):
            do(mall, act, key, **said)
    assert (mall.available(anna), mall.balance(anna).held) == (1000, 0)
    assert mall.history(anna)[0] == ("spend", -2000)


def test_what_cannot_be_paid_goes_back_to_its_lots(mall):
    anna = mall.member()
    mall.earn(anna, 1200, days=9)
    mall.earn(anna, 1200, days=90)
    before = mall.lots(anna)
    refused, failed = ask(mall, anna, 1000, "a"), ask(mall, anna, 1400, "b")
    do(mall, rebates.refuse, refused, why="重复")
    do(mall, rebates.approve, failed, by_id=2)
    do(mall, rebates.export, failed)
    do(mall, rebates.fail, failed, why="实名不符")

    assert mall.lots(anna) == before
    assert mall.available(anna) == 2400
    with pytest.raises(BelowLeast):
        ask(mall, anna, 999, "c")
    with pytest.raises(NotEnough):
        ask(mall, anna, 2401, "d")


def test_a_member_takes_their_payouts_along_and_no_word_about_them_outlives_them(mall):
    anna, carl = mall.member(points=5000), mall.member(points=5000)
    for who in (anna, carl):
        late = ask(mall, who, 1000, f"late{who}", reason="陈静的团")
        do(mall, rebates.approve, late, by_id=2)
        do(mall, rebates.export, late)
        gone = ask(mall, who, 1000, f"gone{who}", reason="陈静的另一个团")
        do(mall, rebates.refuse, gone, why="陈静没有实名")
    with mall.db.reading() as session:
        along = taking_along.payouts(session, anna)
    assert [(one["points"], one["amount"], one["state"], one["reason"], one["why"]) for one in along] == [
        (1000, "10.00", "未通过，积分已退回", "陈静的另一个团", "陈静没有实名"),
        (1000, "10.00", "打款中", "陈静的团", ""),
    ]

    with mall.db.transaction() as session:
        erasing.erase_member(session, anna, now=mall.now)
    jobs.forget_words(SimpleNamespace(db=mall.db))
    with mall.db.reading() as session:
        theirs = select(MallRebate).where(MallRebate.member_id == anna).order_by(MallRebate.id)
        mine, late = session.scalars(theirs).all(), session.scalars(theirs).first().id
    do(mall, rebates.fail, late, why="陈静的账户已销户")  # said by the accountant afterwards
    jobs.forget_words(SimpleNamespace(db=mall.db))

    with mall.db.reading() as session:
        rows = session.execute(select(MallRebate.member_id, MallRebate.reason, MallRebate.why)).all()
    assert {(one.reason, one.why) for one in rows if one.member_id == anna} == {("", None)}
    assert {one.reason for one in rows if one.member_id == carl} == {"陈静的团", "陈静的另一个团"}
    assert [one.fen for one in mine] == [1000, 1000]


def test_each_month_who_wishes_it_is_paid_whole_yuan_once(mall, monkeypatch):
    anna, poor, other = mall.member(points=2550), mall.member(points=900), mall.member(points=5000)
    with mall.db.transaction() as session:
        rebates.put_terms(session, Terms(100, 1000, is_monthly=True), by="林静", now=mall.now)
        for one in (anna, poor):
            rebates.set_wish(session, one, wanted=True, now=mall.now)
    here = mall.now.astimezone(HERE)
    runtime = SimpleNamespace(db=mall.db)
    for day in (2, 1, 1):
        at = datetime(here.year, here.month, day, 9, tzinfo=HERE)
        monkeypatch.setattr(jobs, "utc_now", lambda at=at: at)
        jobs.ask_monthly(runtime)

    assert (mall.available(anna), mall.balance(anna).held) == (50, 2500)
    assert (mall.available(poor), mall.available(other)) == (900, 5000)
    assert mall.count(MallRebate) == 1
    assert state(mall, 1) == RebateState.PENDING


@pytest.mark.parametrize(
    ("days", "payouts"),
    [
        ([(1, 1), (2, 2)], 2),  # the first of February was missed
        ([(1, 1), (2, 2), (2, 3)], 2),  # and is made up for once
        ([(1, 1), (3, 20)], 2),  # of two months the clock stood still, the points are paid out all the same
        ([(1, 15), (1, 16)], 0),  # nobody was ever asked: payday is the first
        ([(1, 15), (2, 2)], 1),
    ],
)
def test_a_first_of_the_month_without_a_clock_is_made_up_for(mall, monkeypatch, days, payouts):
    anna = mall.member(points=9000)
    with mall.db.transaction() as session:
        rebates.put_terms(session, Terms(100, 1000, is_monthly=True), by="林静", now=mall.now)
        rebates.set_wish(session, anna, wanted=True, now=mall.now)

    asked = 0
    for month, day in days:
        at = datetime(mall.now.year, month, day, 9, tzinfo=HERE)
        monkeypatch.setattr(jobs, "utc_now", lambda at=at: at)
        above = 0
        for _turn in range(2):  # the second finds the end
            jobs.ask_monthly(SimpleNamespace(db=mall.db), above)
            above = anna
        if mall.count(MallRebate) > asked:
            asked = mall.count(MallRebate)
            mall.earn(anna, 2000, days=365)  # more points come in by the next month

    assert mall.count(MallRebate) == payouts


def test_who_sets_it_to_monthly_after_the_first_begins_with_the_next_month(mall, monkeypatch):
    anna = mall.member(points=9000)
    with mall.db.transaction() as session:
        rebates.set_wish(session, anna, wanted=True, now=mall.now)

    def on(month: int, day: int) -> int:
        at = datetime(mall.now.year, month, day, 9, tzinfo=HERE)
        monkeypatch.setattr(jobs, "utc_now", lambda: at)
        jobs.ask_monthly(SimpleNamespace(db=mall.db))
        return mall.count(MallRebate)

    assert (on(1, 1), on(2, 2)) == (0, 0)
    with mall.db.transaction() as session:
        rebates.put_terms(session, Terms(100, 1000, is_monthly=True), by="林静", now=mall.now)
    assert (on(2, 3), on(3, 1)) == (0, 1)
