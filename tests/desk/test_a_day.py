"""A crowded hour at the desk, faster than life: calls fail, events are lost, workers are killed."""

from dataclasses import replace

from sqlalchemy import select

from bot.config import DatabaseConfig
from bot.db import Database
from bot.desk.request_models import DeskRequest
from tests.bench import desk_day, desk_world
from tests.bench.desk import MUST_BE_ZERO
from tests.bench.desk_day import Day, figures

SHORTER = 40  # the requests of the twelve hours ask within twenty minutes
FORGOTTEN = 1e6  # seconds until an agent would answer every sixteenth of them
OVER = 6000.0  # seconds after which even the last in line has been served


def test_nobody_is_stranded_and_no_seat_is_given_twice(empty_sqlite, monkeypatch):
    monkeypatch.setattr(desk_day, "EVENTS_LOST", 0.2)
    drawn = desk_world.draw(32, shops=2, agents=6, seed=1)
    asked = tuple(
        replace(
            one, at=60 + one.at / SHORTER, answers_after=FORGOTTEN if number % 16 == 0 else one.answers_after
        )
        for number, one in enumerate(drawn.requests)
    )
    agents = tuple(replace(one, seats=1, there=((0.0, OVER),)) for one in drawn.agents)
    db = Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="normal"))
    world = replace(drawn, requests=asked, agents=agents)
    day = Day(db, world, seed=1, fails=0.06, kills=0.06, ends=OVER)

    day.run()

    found = figures(day)
    assert {name: found[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0), found
    assert found["killed"] > 10
    assert found["wait_p95_s"] > 60, "nobody had to stand in line"
    assert found["states"].keys() <= {"closed", "message", "left"}
    with db.reading() as session:
        passed = [len(one) for one in session.scalars(select(DeskRequest.passed)) if one]
    assert max(passed) > 1, "no agent was silent for too long"
    db.close()
