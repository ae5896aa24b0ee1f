"""How a level goes on from day to day, without a database: moments, steps, and what holds whatever happens."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.levels import judging, ladder
from bot.levels.judging import Held
from bot.levels.ladder import BASE, BadLadder, Period
from bot.levels.models import Stage, Why
from tests.levels.world import rungs

DAY = timedelta(days=1)
JOINED = date(2024, 2, 29)


def judged(steps, held, today, days):
    """Judge with what was gathered on each of `days`."""
    return judging.judge(
        steps,
        held,
        today=today,
        joined=JOINED,
        score=lambda first, end: sum(much for day, much in days.items() if first <= day < end),
    )


@pytest.mark.parametrize(
    ("period", "today", "counted", "holds"),
    [
        (Period.ROLLING, "2026-11-26", ("2025-11-27", "2026-11-27"), ("2026-11-26", "2027-11-26")),
        (Period.ROLLING, "2028-02-29", ("2027-03-01", "2028-03-01"), ("2028-02-29", "2029-02-28")),
        (Period.CALENDAR, "2026-12-31", ("2026-01-01", "2027-01-01"), ("2026-01-01", "2027-01-01")),
        (Period.MEMBERSHIP, "2026-02-27", ("2025-02-28", "2026-02-28"), ("2025-02-28", "2026-02-28")),
        (Period.MEMBERSHIP, "2026-02-28", ("2026-02-28", "2027-02-28"), ("2026-02-28", "2027-02-28")),
        (Period.MEMBERSHIP, "2028-02-29", ("2028-02-29", "2029-02-28"), ("2028-02-29", "2029-02-28")),
    ],
)
def test_boundary_moments_which_days_count_and_for_which_days_a_level_holds(period, today, counted, holds):
    steps = rungs(period=period)
    day = date.fromisoformat(today)

    assert steps.counted(day, JOINED) == tuple(map(date.fromisoformat, counted))
    assert steps.spell(day, JOINED) == tuple(map(date.fromisoformat, holds))


def test_boundary_moments_the_last_day_of_a_period_counts_and_the_first_after_it_does_not():
    steps = rungs(period=Period.CALENDAR, grace_days=0)
    held = Held("silver", date(2026, 1, 1), date(2027, 1, 1), Stage.WARNED)

    on_the_last = judged(steps, held, date(2027, 1, 1), {date(2026, 12, 31): 100_000})
    a_day_late = judged(steps, held, date(2027, 1, 1), {date(2027, 1, 1): 99_999})

    assert [(step.why, step.after) for step in on_the_last.steps] == [(Why.KEPT, "silver")]
    assert (on_the_last.held.first, on_the_last.held.end) == (date(2027, 1, 1), date(2028, 1, 1))
    assert [(step.why, step.after) for step in a_day_late.steps] == [(Why.FELL, BASE)]


def test_what_comes_in_the_days_of_grace_still_keeps_the_level():
    steps = rungs(period=Period.CALENDAR, grace_days=30)
    held = Held("silver", date(2026, 1, 1), date(2027, 1, 1), Stage.WARNED)
    asleep = judged(steps, held, date(2027, 1, 1), {})

    made_up = judged(steps, asleep.held, date(2027, 1, 30), {date(2027, 1, 30): 100_000})
    too_late = judged(steps, asleep.held, date(2027, 1, 31), {date(2027, 1, 31): 99_999})

    assert (asleep.held.stage, asleep.held.falls_on, asleep.steps) == (Stage.GRACE, date(2027, 1, 31), ())
    assert [step.why for step in made_up.steps] == [Why.KEPT]
    assert [step.why for step in too_late.steps] == [Why.FELL]


def test_whom_a_late_refund_brought_below_is_told_at_the_end_and_has_the_days_of_notice():
    steps = rungs(period=Period.CALENDAR, grace_days=0, notice_days=30)
    held = Held("silver", date(2026, 1, 1), date(2027, 1, 1))  # nobody told them: it looked like enough

    verdict = judged(steps, held, date(2027, 1, 1), {date(2026, 5, 1): 60_000})

    assert (verdict.steps, verdict.held.falls_on) == ((), date(2027, 1, 31))
    assert verdict.warned is not None
    assert (verdict.warned.last, verdict.warned.missing) == (date(2027, 1, 30), 40_000)


@settings(max_examples=150, deadline=None)
@given(
    period=st.sampled_from(Period),
    grace=st.integers(0, 60),
    notice=st.integers(0, 60),
    gathered=st.dictionaries(st.integers(0, 1200), st.integers(1_000, 500_000), max_size=12),
    looks=st.sets(st.integers(0, 1400), max_size=60),
)
def test_whatever_happens_a_level_falls_one_step_after_its_end_and_a_notice_and_rises_at_once(
    period, grace, notice, gathered, looks
):
    steps, began = rungs(period=period, grace_days=grace, notice_days=notice), date(2025, 1, 1)
    days = {began + number * DAY: much for number, much in gathered.items()}
    held, told = Held(), None
    for number in sorted({*looks, *gathered}):
        today = began + number * DAY
        so_far = {day: much for day, much in days.items() if day <= today}
        before, verdict = held, judged(steps, held, today, so_far)
        held = verdict.held
        if verdict.warned is not None:
            assert told != verdict.warned.period_end  # once a period
            told = verdict.warned.period_end
        falls = [step for step in verdict.steps if step.why is Why.FELL]
        assert len(falls) <= 1
        for step in falls:
            assert steps.rank(step.before) - steps.rank(step.after) == 1
            assert before.end is not None
            assert today >= before.end + grace * DAY
            assert (
                notice == 0 or before.stage is not Stage.RUNNING
            )  # nobody falls unwarned who is to be warned
        reached = steps.reached(sum(m for d, m in so_far.items() if steps.counted(today, JOINED)[0] <= d))
        assert steps.rank(held.level) >= steps.rank(reached.key)
        assert (held.end is None) == (held.level == BASE)
        again = judged(steps, held, today, so_far)
        assert (again.held, again.steps, again.warned) == (held, (), None)


def test_a_ladder_comes_back_as_it_was_written_and_one_that_is_none_says_everything_wrong_with_it():
    written = ladder.write(rungs())
    assert ladder.read(written) == rungs()

    written["levels"][0]["key"] = "lowest"
    written["levels"][2]["threshold"] = 100
    written["levels"][3]["name"] = "银卡"
    written["period"] = "fortnight"
    written["levels"][1]["benefits"] = 7
    with pytest.raises(BadLadder) as error:
        ladder.read(written)
    assert {(one.place, one.code) for one in error.value.problems} == {
        ("level1.key", "no_base"),
        ("level2.benefits", "bad_benefits"),
        ("level3.threshold", "not_higher"),
        ("level4.name", "twice"),
        ("period", "no_choice"),
    }
