"""Facts in, order out: the ladder, fairness, skills, and why somebody was passed over."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import estimates, hours, routing, words
from bot.desk.routing import AgentFacts, Wanted
from bot.organisation import hours as schedules

NOW = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)  # a Tuesday, noon in Shanghai
WANTED = Wanted(shop_id=1, branch_id=7)


def agent(number, *, tier=None, shop=None, branch=None, **facts):
    values = {"seats": 5, "open": 0, "seen_at": NOW, **facts}
    return AgentFacts(number, f"a{number}", f"A{number}", shop, branch, tier, **values)


HEAD = agent(1)
BRANCH = agent(2, branch=7)
SPARE = agent(3, tier="spare", shop=2)
OWN = agent(4, tier="own", shop=1)
OTHERS = [agent(5, shop=2), agent(6, branch=8)]


def order(agents, wanted=WANTED):
    return [one.agent.id for one in routing.rank(wanted, agents, now=NOW).free]


def test_the_ladder_is_climbed_from_the_shop_to_the_head_office():
    everybody = [HEAD, BRANCH, SPARE, OWN, *OTHERS]

    assert order(everybody) == [4, 3, 2, 1]
    assert order(everybody, Wanted(shop_id=1, branch_id=7, sticky=2)) == [2, 4, 3, 1]
    assert order(everybody, Wanted()) == [1]  # of no shop: the default desk


def test_who_served_them_at_another_shop_is_not_asked_and_the_decision_says_so():
    found = routing.rank(Wanted(shop_id=1, branch_id=7, sticky=5), [OWN, *OTHERS], now=NOW)

    assert [one.agent.id for one in found.free] == [4]
    assert [(one.agent.id, one.why_not) for one in found.passed] == [(5, "elsewhere")]


def test_the_least_busy_for_their_weight_then_who_waited_longest_for_work():
    own = {"tier": "own", "shop": 1}
    half_time = agent(10, **own, open=2, weight=50)
    busy = agent(11, **own, open=3)
    lately = agent(12, **own, open=1, last_taken_at=NOW)
    earlier = agent(13, **own, open=1, last_taken_at=NOW - timedelta(minutes=1))

    assert order([half_time, busy, lately, earlier]) == [13, 12, 11, 10]


def test_skills_come_before_load_and_are_no_condition():
    own = {"tier": "own", "shop": 1}
    speaks = agent(10, **own, open=4, skills=frozenset({"en"}))

    assert order([OWN, speaks], Wanted(shop_id=1, needs=frozenset({"en"}))) == [10, 4]
    assert routing.needs_of("Do you speak English", [("en", ("english", "hello"))]) == ["en"]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"open": 5}, "full"),
        ({"online": False}, "offline"),
        ({"seen_at": NOW - timedelta(minutes=2)}, "stale"),
        ({"duty": "break", "duty_until": NOW + timedelta(minutes=1)}, "break"),
        ({"duty": "break", "duty_until": NOW}, None),
        ({"duty": "away"}, "away"),
        ({"duty": "finishing"}, "finishing"),
        ({"is_open": False}, "off_hours"),
        ({"bound": False}, "unbound"),
        ({"id": 9}, "refused"),
        ({"id": 8}, "let_wait"),
        ({"id": 8, "duty": "break"}, "let_wait"),
        ({"id": 8, "online": False}, "offline"),
    ],
)
def test_why_an_agent_is_passed_over(facts, why):
    one = agent(facts.pop("id", 4), tier="own", shop=1, **facts)
    wanted = Wanted(shop_id=1, refused=frozenset({9}), let_wait=frozenset({8}))
    found = routing.rank(wanted, [one], now=NOW)

    assert [each.why_not for each in found.passed] == ([why] if why else [])
    assert found.is_hopeful == (why in {"full", "break", "refused"})
    assert found.is_worn_out == (why == "let_wait")


def test_hours_with_a_lunch_break_a_holiday_and_the_next_opening():
    week = [schedules.parse_day("09:00-11:30 13:00-18:00")] * 5 + [()] * 2
    made = schedules.schedule(week, schedules.parse_exceptions("2026-11-04 休息"))
    evening = datetime(2026, 11, 3, 11, 0, tzinfo=UTC)

    assert not hours.is_open(made, NOW)
    assert hours.opens_at(made, NOW) == datetime(2026, 11, 3, 5, 0, tzinfo=UTC)
    assert hours.opens_at(made, evening) == datetime(2026, 11, 5, 1, 0, tzinfo=UTC)
    assert hours.is_open(None, NOW)


def test_an_estimate_is_said_only_where_the_last_hour_tells():
    assert estimates.estimate(2, 3600, 1) is None
    assert estimates.estimate(12, 3600, 3) == 15
    assert estimates.estimate(3, 3600, 9) is None  # three hours: nobody can say
    assert words.waiting(1, None) == "客服都在忙。您是下一位，轮到时会马上接待您。"
