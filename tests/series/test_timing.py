"""When a step is due, in Shanghai's days."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.moments import HERE
from bot.series import steps, timing
from tests.series.conftest import said


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "begins", "due"),
    [
        ({}, "2026-11-26T23:59", "2026-11-26T23:59"),
        ({"n": 90}, "2026-11-26T23:00", "2026-11-27T00:30"),
        ({"n": 1, "unit": "days"}, "2026-11-26T23:00", "2026-11-27T23:00"),
        ({"n": 1, "unit": "days", "at": "10:00"}, "2026-11-26T00:10", "2026-11-27T10:00"),
        ({"n": 1, "unit": "days", "at": "10:00"}, "2026-11-26T23:50", "2026-11-27T10:00"),
        ({"n": 0, "unit": "days", "at": "10:00"}, "2026-11-26T09:00", "2026-11-26T10:00"),
        ({"n": 0, "unit": "days", "at": "10:00"}, "2026-11-26T10:01", "2026-11-27T10:00"),
        ({"n": 2, "unit": "hours", "hours": ["09:00", "20:00"]}, "2026-11-26T19:00", "2026-11-27T09:00"),
        ({"n": 2, "unit": "hours", "hours": ["09:00", "20:00"]}, "2026-11-26T03:00", "2026-11-26T09:00"),
        ({"n": 2, "unit": "hours", "hours": ["20:00", "02:00"]}, "2026-11-26T23:30", "2026-11-26T01:30+1"),
        ({"n": 2, "unit": "hours", "hours": ["20:00", "02:00"]}, "2026-11-26T00:30", "2026-11-26T20:00"),
    ],
)
def test_a_step_is_due_after_its_delay_at_its_time_within_its_hours(when, begins, due):
    text, _plus, more = due.partition("+")
    expected = here(text) + timedelta(days=int(more or 0))

    at = timing.due(steps.read(said("您好", **when)), trigger=here(begins), before=here(begins))

    assert at == expected


def test_a_step_counted_from_the_trigger_never_comes_before_the_step_before_it():
    step = steps.read(said("您好", n=1, unit="hours", **{"from": "trigger"}))
    trigger = here("2026-11-26T08:00")

    assert timing.due(step, trigger=trigger, before=trigger) == here("2026-11-26T09:00")
    assert timing.due(step, trigger=trigger, before=here("2026-11-26T12:00")) == here("2026-11-26T12:00")


@pytest.mark.parametrize(
    "wrong", [{"unit": "weeks"}, {"n": -1}, {"n": 9999, "unit": "days"}, {"at": "10:00"}]
)
def test_a_delay_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=r"days|time of day"):
        steps.read(said("您好", **wrong))
