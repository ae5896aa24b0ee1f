"""Many writers at once, on each database: nothing is lost, nothing twice, and nobody waits in a circle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.db import Database
from bot.points import expiring, ledger
from bot.points.models import PointEntry
from bot.points.refusals import HoldOver, KeyReused, NotEnough, TooMuch
from tests.points.world import Till

WRITERS = 6


@pytest.fixture
def till(db: Database):
    desk = Till(db)
    yield desk
    assert desk.findings() == []


def at_once(act, arguments):
    """Return what each call came to: its result, or the refusal."""

    def one(argument):
        try:
            return act(argument)
        except (KeyReused, NotEnough, TooMuch) as refused:
            return refused

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(one, arguments))


def count(till: Till, kind: str) -> int:
    with till.db.reading() as session:
        return session.scalar(select(func.count()).select_from(PointEntry).where(PointEntry.kind == kind))


def test_the_first_points_of_a_member_come_from_many_tills_at_once_and_none_are_lost(till):
    alice = till.member()

    at_once(lambda points: till.earn(alice, points), range(1, 25))

    assert till.available(alice) == sum(range(1, 25))


def test_what_is_there_for_five_is_spent_five_times(till):
    alice = till.member()
    till.earn(alice, 25, days=3)
    till.earn(alice, 25)

    came = at_once(lambda _: till.spend(alice, 10), range(20))

    assert sum(isinstance(one, NotEnough) for one in came) == 15
    assert count(till, "spend") == 5
    assert till.balance(alice) == ledger.Balance(0, 0, 0)


def test_one_wish_that_arrives_many_times_at_once_is_granted_once(till):
    alice, bob = till.member(), till.member()
    till.earn(alice, 100)
    till.earn(bob, 100)

    same = at_once(lambda _: till.spend(alice, 10, key="order:1"), range(8))
    mixed = at_once(lambda whom: till.spend(whom, 5, key="order:2"), [alice, bob] * 4)

    assert len({one.id for one in same}) == 1
    assert sum(isinstance(one, KeyReused) for one in mixed) == 4
    assert till.available(alice) + till.available(bob) == 200 - 10 - 5


def test_a_spend_that_is_refunded_by_many_at_once_comes_back_once(till):
    alice = till.member()
    till.earn(alice, 60)
    spent = till.spend(alice, 60)

    came = at_once(lambda _: till.refund(spent.id, 20), range(9))

    assert sum(isinstance(one, TooMuch) for one in came) == 6
    assert till.available(alice) == 60


def test_a_hold_is_confirmed_or_released_and_never_both(till):
    alice = till.member()
    till.earn(alice, 100)
    holds = [till.hold(alice, 10).id for _ in range(6)]

    def end(place):
        hold_id = holds[place // 2]
        try:
            return till.confirm(hold_id) if place % 2 else till.release(hold_id)
        except HoldOver:
            return False

    came = at_once(end, range(12))

    confirmed = sum(isinstance(one, PointEntry) for one in came)
    assert confirmed + sum(one is True for one in came) == 6
    assert till.balance(alice) == ledger.Balance(100 - 10 * confirmed, 0, 0)


def test_tills_the_expiry_job_and_a_merged_member_wait_for_nobody_in_a_circle(till):
    alice, old, bob = till.member(), till.member(), till.member()
    for whom in (old, alice, bob):
        for days in (1, 2, None):
            till.earn(whom, 40, days=days)
    till.merge(old, into=alice)
    later = till.now + timedelta(days=1)

    def act(place):
        whom = (alice, old, bob)[place % 3]
        if place % 7 == 0:
            with till.db.transaction() as session:
                return expiring.expire(session, now=later, most=4)
        if place % 2:
            return till.spend(whom, 3)
        return till.claw_back(till.earn(whom, 5).id)

    came = at_once(act, range(42))

    assert not [one for one in came if isinstance(one, NotEnough)]
    spent = sum(isinstance(one, PointEntry) and one.kind == "spend" for one in came)
    with till.db.reading() as session:
        total = sum(ledger.balance(session, whom, later).available for whom in (alice, bob))
        lost = session.scalar(select(func.sum(PointEntry.points)).where(PointEntry.kind == "expire"))
    assert total == 9 * 40 - 3 * spent + lost
