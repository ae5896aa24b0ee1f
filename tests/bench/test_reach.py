"""A small broadcast through the planner, its worker killed on the way: nobody twice, nobody lost."""

import argparse

import pytest

from tests.bench import reach


def test_a_killed_broadcast_reaches_everybody_once(empty_sqlite, monkeypatch):
    monkeypatch.setattr(reach, "KILLED_AT", (0.3,))
    options = argparse.Namespace(fans=300, rate=75.0, workers=1, threads=2, lease=2, minutes=5)

    found = reach.measured(empty_sqlite, options)

    assert (found["doubled"], found["lost"], found["without_reason"], found["left"]) == (0, 0, 0, 0)
    assert found["kills"] == 1
    assert reach.faults(found, threads=2) == []
    assert 282 - found["unsure"] <= found["delivered"] <= 282
    assert (found["states"]["unreached window_closed"], found["states"]["unreached left"]) == (15, 3)
    # Calls that had their turn may be under way: one a thread.
    assert found["most_calls_in_a_second"] <= 75 + 2 + 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("doubled", 1),
        ("lost", 1),
        ("without_reason", 1),
        ("left", 1),
        ("unsure", 22),
        ("kills", 1),
        ("delivered", 0),
    ],
)
def test_a_run_that_proves_nothing_is_not_green(name, value):
    good = {
        "doubled": 0, "lost": 0, "without_reason": 0, "left": 0, "unsure": 13, "answers_lost": 5, "kills": 2,
        "delivered": 900,
    }  # fmt: skip

    assert reach.faults(good, threads=8) == []
    [said] = reach.faults(good | {name: value}, threads=8)
    assert said.startswith(name)
