"""The ledger's promises, one by one. Many are bugs that other systems had, and say so.

Those that need two writers at once (lost refunds, negative balances) are in `test_races`.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.points import expiring, ledger
from bot.points.models import EntryKind, PointAccount, PointEntry, PointLot
from bot.points.refusals import HoldOver, KeyReused, NoSuchMember, NotEnough, TooMuch, WrongEntry, WrongPoints
from tests.points.world import Till


def test_points_are_spent_soonest_expiry_first_and_what_was_taken_is_stored(till):
    alice = till.member()
    till.earn(alice, 100)
    till.earn(alice, 50, days=60)
    till.earn(alice, 30, days=5)

    spent = till.spend(alice, 90)

    assert till.took(spent) == [-30, -50, -10]
    assert till.lots(alice) == [(90, None), (0, 60), (0, 5)]
    assert till.available(alice) == 90


def test_nobody_spends_what_they_have_not(till):
    alice = till.member()
    till.earn(alice, 10)

    with pytest.raises(NotEnough) as refused:
        till.spend(alice, 11)
    with pytest.raises(NotEnough):
        till.adjust(alice, -11)

    assert (refused.value.available, refused.value.wanted) == (10, 11)
    assert till.history(alice) == [("earn", 10)]


@pytest.mark.parametrize("points", [0, -5, 1.5, True, "7", 1_000_000_001])
def test_points_are_whole_numbers_from_one(till, points):
    with pytest.raises(WrongPoints):
        till.earn(till.member(), points)


def test_the_same_key_again_is_the_same_answer_and_another_wish_under_it_is_an_error(till):
    alice, bob = till.member(), till.member()
    first = till.earn(alice, 100, key="purchase:1", days=30)

    again = till.earn(alice, 100, key="purchase:1", days=31, facts={"trace": "worked out again"})

    assert again.id == first.id
    assert till.available(alice) == 100
    for whom, points, said in ((alice, 101, {}), (bob, 100, {}), (alice, 100, {"reference": "order:2"})):
        with pytest.raises(KeyReused):
            till.earn(whom, points, key="purchase:1", **said)
    with pytest.raises(KeyReused):
        till.spend(alice, 100, key="purchase:1")
    assert till.earn(alice, 1, key="purchase:1", source="another till").points == 1


def test_a_refund_goes_back_to_the_same_lots_the_last_taken_first_and_never_twice(till):
    alice = till.member()
    till.earn(alice, 30, days=5)
    till.earn(alice, 70, days=90)
    spent = till.spend(alice, 60)

    till.refund(spent.id, 40)
    assert till.lots(alice) == [(10, 5), (70, 90)]
    till.refund(spent.id)
    with pytest.raises(TooMuch):
        till.refund(spent.id, 1)

    assert till.lots(alice) == [(30, 5), (70, 90)]


def test_a_refund_into_a_lot_that_has_expired_may_be_spent_for_thirty_days(till):
    alice = till.member()
    till.earn(alice, 50, days=5)
    spent = till.spend(alice, 50)
    till.later(days=6)
    till.expire()

    till.refund(spent.id, 20)
    till.refund(spent.id)

    assert till.lots(alice) == [(0, -1), (20, 30), (30, 30)]
    assert till.available(alice) == 50
    till.later(days=31)
    assert till.available(alice) == 0


def test_a_claw_back_takes_its_own_points_then_others_then_becomes_debt_that_the_next_points_pay(till):
    alice = till.member()
    till.earn(alice, 20, days=1)
    purchase = till.earn(alice, 100)
    till.spend(alice, 60)

    taken = till.claw_back(purchase.id)

    assert till.took(taken) == [-60, -40]
    assert till.balance(alice) == ledger.Balance(available=0, held=0, debt=40)
    till.earn(alice, 30)
    assert till.balance(alice).debt == 10
    till.earn(alice, 30, days=7)
    assert till.balance(alice) == ledger.Balance(available=20, held=0, debt=0)
    assert till.lots(alice)[-1] == (20, 7)


def test_what_is_clawed_back_is_never_more_than_was_earned(till):
    alice = till.member()
    purchase = till.earn(alice, 100)

    till.claw_back(purchase.id, 60)
    with pytest.raises(TooMuch):
        till.claw_back(purchase.id, 41)
    till.claw_back(purchase.id)
    with pytest.raises(TooMuch):
        till.claw_back(purchase.id)

    assert till.balance(alice) == ledger.Balance(0, 0, 0)


def test_what_expired_unspent_is_not_owed_as_well(till):
    alice = till.member()
    purchase = till.earn(alice, 100, days=5)
    till.spend(alice, 30)
    till.later(days=6)
    till.expire()

    first = till.claw_back(purchase.id, 50)
    rest = till.claw_back(purchase.id)

    assert (first.points, first.facts) == (0, {"expired": 50})
    assert (rest.points, rest.facts) == (-30, {"expired": 20})
    assert till.balance(alice).debt == 30


def test_expired_points_are_not_spent_however_late_the_job_is(till):
    alice = till.member()
    till.earn(alice, 50, days=1)
    till.later(days=1)

    assert till.available(alice) == 0
    with pytest.raises(NotEnough):
        till.spend(alice, 1)
    assert till.expire() == 1
    assert till.expire() == 0

    assert till.history(alice) == [("expire", -50), ("earn", 50)]


def test_the_last_moment_before_the_end_still_counts(till):
    alice = till.member()
    till.earn(alice, 50, days=1)
    till.later(days=1)
    till.now -= timedelta(microseconds=1)

    assert till.spend(alice, 50).points == -50


def test_held_points_are_spent_once_confirmed_and_come_back_when_released(till):
    alice = till.member()
    till.earn(alice, 100)
    hold = till.hold(alice, 80, key="order:1", reference="order:1")

    assert till.balance(alice) == ledger.Balance(available=20, held=80, debt=0)
    with pytest.raises(NotEnough):
        till.spend(alice, 21)
    assert till.hold(alice, 80, key="order:1", reference="order:1").id == hold.id

    spent = till.confirm(hold.id, 50)
    assert till.confirm(hold.id, 50).id == spent.id
    with pytest.raises(KeyReused):
        till.confirm(hold.id, 51)
    assert not till.release(hold.id)

    assert (spent.points, spent.reference) == (-50, "order:1")
    assert till.balance(alice) == ledger.Balance(available=50, held=0, debt=0)
    till.refund(spent.id)
    assert till.available(alice) == 100


def test_a_hold_whose_time_is_over_is_not_confirmed(till):
    alice = till.member()
    till.earn(alice, 100)
    hold = till.hold(alice, 80, hours=1)
    till.later(hours=1)

    with pytest.raises(HoldOver):
        till.confirm(hold.id)
    assert till.release(hold.id)
    assert not till.release(hold.id)
    with pytest.raises(HoldOver):
        till.confirm(hold.id)

    assert till.available(alice) == 100


def test_what_is_held_does_not_expire_and_comes_back_with_time_to_spend_it(till):
    alice = till.member()
    till.earn(alice, 60, days=1)
    kept, dropped = till.hold(alice, 20, hours=48), till.hold(alice, 30, hours=48)
    till.later(hours=30)
    till.expire()

    till.confirm(kept.id)
    till.release(dropped.id)
    till.expire()

    assert till.lots(alice) == [(0, 0), (30, 30)]
    assert till.available(alice) == 30


def test_debt_that_came_while_points_were_held_is_paid_when_they_are_released(till):
    alice = till.member()
    purchase = till.earn(alice, 100)
    hold = till.hold(alice, 70)
    till.claw_back(purchase.id)
    assert till.balance(alice) == ledger.Balance(available=0, held=70, debt=70)

    till.release(hold.id)

    assert till.balance(alice) == ledger.Balance(0, 0, 0)
    assert till.lots(alice) == [(0, None)]


def test_what_two_have_is_spent_together_while_they_are_one_and_parts_with_them(till):
    alice, old = till.member(), till.member()
    till.earn(alice, 50, days=90)
    till.earn(old, 30, days=10)
    till.merge(old, into=alice)

    assert till.available(alice) == till.available(old) == 80
    spent = till.spend(alice, 40)
    assert till.took(spent) == [-30, -10]
    till.earn(old, 5)  # a purchase that still names the old member
    till.merge(old, into=None)

    assert (till.available(alice), till.available(old)) == (45, 0)
    assert till.history(old) == [("spend", -30), ("earn", 30)]
    assert till.history(alice) == [("earn", 5), ("spend", -10), ("earn", 50)]
    till.refund(spent.id)
    assert (till.available(alice), till.available(old)) == (55, 30)


def test_a_refund_is_of_a_spend_and_a_claw_back_of_an_earning(till):
    alice = till.member()
    earned = till.earn(alice, 10)
    spent = till.spend(alice, 5)

    for act, entry_id in ((till.refund, earned.id), (till.claw_back, spent.id), (till.refund, 10**9)):
        with pytest.raises(WrongEntry):
            act(entry_id)


def test_who_was_erased_earns_nothing_more_and_what_they_had_is_written_off(till):
    alice = till.member()
    till.earn(alice, 10)
    with till.db.transaction() as session:
        from bot.members.models import Member

        session.get_one(Member, alice).state = "erased"

    for whom in (alice, 10**9):
        with pytest.raises(NoSuchMember):
            till.earn(whom, 10)
    with till.db.transaction() as session:
        assert expiring.write_off(session, now=till.now, most=10) == 1
        assert expiring.write_off(session, now=till.now, most=10) == 0

    assert till.history(alice) == [("expire", -10), ("earn", 10)]


BROKEN = (
    update(PointLot).values(remaining=-1),
    update(PointLot).values(remaining=11),
    update(PointLot).values(held=11),
    update(PointAccount).values(debt=-1),
    update(PointEntry).values(points=-10),
)


def test_the_database_itself_refuses_broken_books(db):
    till = Till(db)
    till.earn(till.member(), 10)

    for broken in BROKEN:
        # MariaDB's driver calls a broken CHECK operational.
        with pytest.raises((IntegrityError, OperationalError)), db.transaction() as session:
            session.execute(broken)


def test_reconciling_says_what_is_wrong_and_where(till):
    alice, bob = till.member(), till.member()
    till.earn(alice, 10)
    spent = till.spend(alice, 4)
    till.earn(bob, 10)
    with till.db.transaction() as session:
        lot = session.scalars(select(PointLot).limit(1)).one()
        lot.remaining = 7
        session.get_one(PointEntry, spent.id).points = -3

    found = {(one.check, one.row_id, one.says, one.should) for one in till.findings()}

    assert found == {("lot", lot.id, 7, 6), ("entry", spent.id, -3, -4), ("balance", 1, 6, 7)}
    with till.db.transaction() as session:
        session.get_one(PointLot, lot.id).remaining = 6
        session.get_one(PointEntry, spent.id).points = -4


def test_the_next_end_is_said_with_all_that_ends_then(till):
    alice = till.member()
    till.earn(alice, 10, days=9)
    till.earn(alice, 20, days=9)
    till.earn(alice, 40)
    till.spend(alice, 5)

    with till.db.reading() as session:
        assert ledger.next_expiry(session, alice, till.now) == ledger.Expiry(25, till.at(9))


def test_history_comes_in_pages(till):
    alice = till.member()
    for points in range(1, 8):
        till.earn(alice, points)

    with till.db.reading() as session:
        first = ledger.history(session, alice, most=3)
        then = ledger.history(session, alice, most=3, before=first[-1].entry.id)

    assert [row.points for row in (*first, *then)] == [7, 6, 5, 4, 3, 2]
    assert {row.entry.kind for row in first} == {EntryKind.EARN.value}


def test_whatever_gave_a_lot_it_expires_by_its_end_and_not_by_what_it_is_called(till):
    """Elsewhere expiry went by the kind of the entry, and lots of other kinds lived for ever."""
    alice = till.member()
    till.earn(alice, 10, days=1)
    till.adjust(alice, 20, days=1)
    old = till.earn(alice, 40, days=1)
    spent = till.spend(alice, 70)
    till.later(days=2)
    till.refund(spent.id)  # three lots renewed
    till.claw_back(old.id, 5)
    till.earn(alice, 7)

    till.later(days=31)
    till.expire()

    assert till.balance(alice) == ledger.Balance(7, 0, 0)
    assert sum(rest for rest, _end in till.lots(alice)) == 7


def test_what_a_till_reports_late_keeps_the_day_it_happened_and_takes_nothing_back(till):
    """Elsewhere a backdated import changed balances that had been shown; here there are none to change."""
    alice = till.member()
    till.earn(alice, 10)
    till.spend(alice, 10)

    late = till.earn(alice, 25, occurred_at=till.now - timedelta(days=3))

    assert late.occurred_at == till.now - timedelta(days=3)
    assert late.recorded_at == till.now
    assert till.history(alice) == [("earn", 25), ("spend", -10), ("earn", 10)]


def test_points_that_ended_before_they_were_reported_are_recorded_and_not_spent(till):
    alice = till.member()

    till.earn(alice, 25, days=-1)

    assert till.available(alice) == 0
    till.expire()
    assert till.history(alice) == [("expire", -25), ("earn", 25)]


def test_a_refusal_leaves_the_key_for_another_try(till):
    alice = till.member()
    with pytest.raises(NotEnough):
        till.spend(alice, 10, key="order:9")
    till.earn(alice, 10)

    assert till.spend(alice, 10, key="order:9").points == -10


def test_what_one_owes_is_owed_by_both_while_they_are_one(till):
    alice, old = till.member(), till.member()
    bought = till.earn(alice, 40)
    till.spend(alice, 40)
    till.claw_back(bought.id)
    till.earn(old, 100)
    till.merge(old, into=alice)

    assert till.balance(alice) == ledger.Balance(available=60, held=0, debt=0)
    with pytest.raises(NotEnough):
        till.spend(alice, 61)
    till.earn(alice, 5)  # pays what it can, and the points of the other pay the rest

    assert till.balance(alice) == ledger.Balance(available=65, held=0, debt=0)
    assert sum(rest for rest, _end in till.lots(alice)) == 65
