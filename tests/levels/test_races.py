"""Many at one member's level, on each database: it rises once, it is told once, it falls once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.levels import giving
from bot.runtime import open_runtime
from tests.levels.world import Stairs, rungs
from tests.support.members import config


@pytest.fixture
def stairs(database_url: str):
    runtime = open_runtime(config(database_url))
    made = Stairs(runtime.db, rungs(), account_id=runtime.accounts["head"].id)
    yield made
    runtime.close()


def at_once(act, arguments):
    with ThreadPoolExecutor(6) as threads:
        return list(threads.map(act, arguments))


def test_two_purchases_that_commit_at_the_same_time_raise_the_level_exactly_once(stairs: Stairs):
    members = [stairs.member() for _ in range(3)]
    for member in members:
        stairs.fan(member)

    at_once(lambda n: stairs.buy(members[n % 3], 1700, f"A{n}"), range(6))
    at_once(lambda n: stairs.buy(members[n % 3], 10, f"B{n}"), range(6))

    for member in members:
        assert stairs.changes(member) == [("earned", "base", "silver"), ("earned", "silver", "gold")]
        assert stairs.level(member) == "金卡"
    assert len(stairs.told()) == 6


def test_two_workers_reviewing_the_same_member_lower_and_warn_them_once(stairs: Stairs):
    anna, bert = stairs.on("2026-03-10").member(), stairs.member()
    for member, number in ((anna, "A1"), (bert, "B1")):
        stairs.fan(member)
        stairs.buy(member, 3000, number)
        stairs.on("2026-03-11").refund(number, 2990)
    for day in ("2027-02-20", "2027-03-12", "2027-04-12"):
        stairs.on(day)
        at_once(stairs.look, [anna, bert] * 4)

    assert stairs.changes(anna) == [("earned", "base", "gold"), ("fell", "gold", "silver")]
    assert stairs.changes(bert) == stairs.changes(anna)
    assert len(stairs.told()) == 4


def test_a_gift_a_purchase_and_the_clock_at_one_member_wait_for_nobody_in_a_circle(stairs: Stairs):
    anna = stairs.member()
    until = stairs.now.date().replace(year=2030)

    def act(number):
        if number % 3 == 0:
            with stairs.db.transaction() as session:
                giving.give(session, anna, "diamond", until=until, reason="测试", by="林", now=stairs.now)
        elif number % 3 == 1:
            stairs.buy(anna, 100, f"A{number}")
        else:
            stairs.look(anna)

    at_once(act, range(18))

    assert stairs.level(anna) == "钻卡"
    assert stairs.row(anna).earned == "base"
    assert [why for why, _b, _a in stairs.changes(anna)].count("given") == 6
