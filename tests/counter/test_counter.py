"""What somebody of the staff may do at the counter, and what comes of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.counter import limits, taking_along
from bot.counter.limits import Limits
from bot.counter.models import SpendState
from bot.counter.refusals import (
    AboveLimit,
    AnotherWaits,
    DayIsFull,
    NoSuchCustomer,
    NotAtWork,
    NothingToUndo,
    Oneself,
    ReceiptKnown,
)
from bot.earning import occasions
from bot.earning.models import EarningJudgement, EarningOccasion
from bot.members import cards, merging
from bot.members.models import Member
from bot.organisation.models import Shop
from bot.points import holds
from bot.points.models import PointEntry
from bot.points.refusals import NotEnough
from bot.purchases import customers
from bot.purchases.models import PurchaseState


def test_a_receipt_at_the_counter_is_the_shops_purchase_noted_with_who_wrote_it(counter):
    wang = counter.member()

    done = counter.award(wang, 128, "A1", once="tap")
    again = counter.award(wang, 128, "A1", once="tap")
    with pytest.raises(ReceiptKnown):
        counter.award(wang, 128, "A1", by=counter.lei)
    with pytest.raises(ReceiptKnown):
        counter.award(counter.member(name="李"), 99, "A1")

    assert (done.action.id, done.action.points, done.waits) == (again.action.id, 128, False)
    assert (done.purchase.source, done.purchase.recorded_by) == (f"staff:{counter.shan}", "王珊")
    assert counter.kinds() == ["award"]
    assert counter.balance(wang) == 128


def test_the_next_receipt_from_a_page_that_was_gone_back_to_is_not_taken_for_the_first(counter):
    wang = counter.member()

    first = counter.award(wang, 128, "A1", once="tap")
    second = counter.award(wang, 64, "A2", once="tap")
    with pytest.raises(ReceiptKnown):
        counter.award(wang, 64, "A2", once="tap")

    assert [one.action.number for one in (first, second)] == ["A1", "A2"]
    assert counter.balance(wang) == 128 + 64


def test_above_one_persons_limits_a_receipt_waits_and_earns_nothing_yet(counter):
    wang = counter.member()

    large = counter.award(wang, 501, "A1")
    first, second = counter.award(wang, 500, "A2"), counter.award(wang, 500, "A3")
    too_much_today = counter.award(wang, 1, "A4")
    colleague = counter.award(wang, 1, "A5", by=counter.lei)
    counter.now += timedelta(days=1)
    tomorrow = counter.award(wang, 1, "A6")

    assert [one.waits for one in (large, first, second, too_much_today, colleague, tomorrow)] == [
        True, False, False, True, False, False,
    ]  # fmt: skip
    assert counter.purchase("A4").state == PurchaseState.WAITING
    assert counter.balance(wang) == 1002


def test_a_shops_own_limits_go_before_everybodys_until_they_are_taken_away(counter):
    with counter.db.transaction() as session:
        limits.put(session, counter.other_shop, Limits(1_00, 1_00, 1, 1), by="林", now=counter.now)
        limits.put(session, counter.other_shop, Limits(2_00, 2_00, 2, 2), by="林", now=counter.now)
        own, everybodys = limits.of(session, counter.other_shop), limits.of(session, counter.shop)
        limits.put(session, counter.other_shop, None, by="林", now=counter.now)
        after = limits.of(session, counter.other_shop)

    assert (own.receipt_amount, everybodys.receipt_amount, after) == (2_00, 500_00, everybodys)


def test_nobody_serves_themselves_or_where_they_do_not_work(counter):
    wang = counter.member()
    counter.give(wang, 50)
    counter.is_also(counter.shan, wang)

    for act in (
        lambda: counter.award(wang, 10, "A1"),
        lambda: counter.ask(wang, 5),
        lambda: counter.visit(wang),
    ):
        with pytest.raises(Oneself):
            act()
    assert not counter.award(wang, 10, "A1", by=counter.lei).waits
    counter.dismiss(counter.lei)
    with pytest.raises(NotAtWork):
        counter.award(wang, 10, "A2", by=counter.lei)
    with counter.db.transaction() as session:
        session.execute(update(Shop).where(Shop.id == counter.other_shop).values(state="closed"))
        session.execute(update(Member).where(Member.id == wang).values(state="erased"))
    with pytest.raises(NotAtWork):
        counter.visit(wang, by=counter.mei)
    with pytest.raises(NoSuchCustomer):
        counter.award(wang, 10, "A3")


def test_a_visit_counts_once_a_day_and_shop(counter):
    wang = counter.member()

    first, second = counter.visit(wang), counter.visit(wang, by=counter.lei)
    elsewhere = counter.visit(wang, by=counter.mei)
    counter.now += timedelta(days=1)
    tomorrow = counter.visit(wang)

    assert (first.points, second, elsewhere.points, tomorrow.points) == (5, None, 5, 5)
    assert counter.balance(wang) == 15


def test_a_visit_that_was_none_is_undone_with_all_it_gave_and_the_true_one_counts(counter):
    wang = counter.member()
    wrong = counter.visit(wang)
    elsewhere = counter.visit(wang, by=counter.mei)

    undone = counter.undo(wrong.id)
    assert counter.balance(wang) == 5
    with pytest.raises(NothingToUndo):
        counter.undo(wrong.id)
    with pytest.raises(NothingToUndo):
        counter.undo(undone.id)
    right = counter.visit(wang)
    assert (counter.visit(wang), right.points, counter.balance(wang)) == (None, 5, 10)
    counter.undo(right.id)
    counter.undo(elsewhere.id)

    assert counter.balance(wang) == 0
    assert (undone.points, undone.about_id, undone.who) == (5, wrong.id, "周敏")
    assert counter.kinds() == ["visit", "visit", "undo", "visit", "undo", "undo"]
    with counter.db.reading() as session:
        reasons = session.scalars(select(PointEntry.reason).where(PointEntry.kind == "claw_back")).all()
        assert reasons == ["撤销扣回"] * 3
        assert session.scalars(select(EarningJudgement.cause)).all().count("undo") == 3
        rows = session.scalars(select(EarningOccasion).where(EarningOccasion.member_id == wang)).all()
        assert (len(rows), occasions.judged(session, rows)) == (3, ())  # nor does a replay count them


def test_what_was_spent_of_a_visit_that_is_undone_is_owed(counter):
    wang = counter.member()
    visit = counter.visit(wang)
    counter.answer(counter.ask(wang, 3).id, wang)

    counter.undo(visit.id)

    assert counter.balance(wang) == -3


def test_points_are_spent_once_the_member_agrees_on_their_own_phone(counter):
    wang, other = counter.member(), counter.member(name="李")
    counter.give(wang, 200)

    asked = counter.ask(wang, 60)
    same = counter.ask(wang, 60)
    with pytest.raises(AnotherWaits):
        counter.ask(wang, 10, once="another", by=counter.mei)
    strangers = counter.answer(asked.id, other)
    meanwhile = counter.balance(wang)
    answers = [counter.answer(asked.id, wang), counter.answer(asked.id, wang, agreed=False)]

    assert (same.id, strangers, meanwhile) == (asked.id, None, 140)
    assert [one.state for one in answers] == [SpendState.CONFIRMED] * 2
    assert counter.balance(wang) == 140
    [action] = counter.actions()
    assert (action.kind, action.points, action.number, action.who) == ("spend", 60, "A9", "王珊")
    with counter.db.reading() as session:
        assert taking_along.rows(session, wang)[0]["what"] == "积分抵扣"


def test_a_question_that_is_refused_taken_back_or_late_leaves_the_points(counter):
    wang = counter.member()
    counter.give(wang, 200)

    refused = counter.ask(wang, 60, once="one")
    counter.answer(refused.id, wang, agreed=False)
    late = counter.ask(wang, 60, once="two")
    counter.now += timedelta(minutes=2)
    next_one = counter.ask(wang, 70, once="three", by=counter.lei)
    answered_late = counter.answer(late.id, wang)
    counter.dismiss(counter.lei)
    of_who_left = counter.answer(next_one.id, wang)
    ended = counter.ask(wang, 80, once="four")
    with counter.db.transaction() as session:
        holds.release(session, ended.hold_id, now=counter.now)  # by a job whose clock is ahead of ours
    ahead = counter.answer(ended.id, wang)

    states = [answered_late.state, of_who_left.state, ahead.state]
    assert states == [SpendState.EXPIRED, SpendState.CANCELLED, SpendState.CANCELLED]
    assert counter.balance(wang) == 200
    assert counter.actions() == []
    assert counter.answer(counter.ask(wang, 100, once="five").id, wang).state == SpendState.CONFIRMED


def test_points_are_spent_within_limits_and_never_more_than_there_are(counter):
    wang = counter.member()
    counter.give(wang, 160)

    with pytest.raises(AboveLimit):
        counter.ask(wang, 101)
    counter.answer(counter.ask(wang, 100, once="one").id, wang)
    with pytest.raises(DayIsFull) as full:
        counter.ask(wang, 51, once="two")
    with pytest.raises(NotEnough):
        counter.ask(wang, 61, once="three", by=counter.lei)

    assert full.value.left == 50
    other = counter.member(name="李")
    counter.give(other, 90)
    both = [counter.ask(one, 50, once=f"both{one}").id for one in (wang, other)]
    states = [counter.answer(key, one).state for key, one in zip(both, (wang, other), strict=True)]
    assert states == [SpendState.CONFIRMED, SpendState.CANCELLED]
    assert counter.balance(other) == 90


def test_a_merged_members_question_is_answered_by_who_they_are_now(counter):
    wang, other = counter.member(), counter.member()
    counter.give(wang, 50)
    asked = counter.ask(wang, 20)
    with counter.db.transaction() as session:
        merging.merge(session, kept_id=other, merged_id=wang, why="同一人", by="林", now=counter.now)

    assert counter.answer(asked.id, other).state == SpendState.CONFIRMED
    assert counter.balance(other) == 30


def test_the_digits_of_a_card_are_its_members_for_two_minutes_and_nobody_elses(counter):
    wang, now = counter.member(), counter.now
    typed = cards.digits(counter.vault, wang, now=now)

    def whose(text, at):
        with counter.db.reading() as session:
            found = customers.find(session, counter.vault, customers.By.CODE, text, now=at)
            return found.id if found else None

    assert len(typed) == 16
    assert whose(f"{typed[:4]} {typed[4:8]} {typed[8:]}", now) == wang
    assert whose(typed, now + timedelta(seconds=89)) == wang
    assert [whose(typed, now + timedelta(seconds=one)) for one in (151, 600, -61)] == [None] * 3
    assert cards.digits(counter.vault, wang, now=now + timedelta(seconds=30)) != typed
    wrong = [f"{(int(typed) + one) % 10**16:016}" for one in range(1, 300)]
    assert {whose(one, now) for one in wrong} == {None}
    assert cards.ends_at(now=now) - now <= cards.GOOD_FOR
