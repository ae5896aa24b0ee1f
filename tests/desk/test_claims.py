"""The last seat is one request's, whoever asks at the same instant; seats are what requests say."""

import pytest

from bot.db import utc_now
from bot.desk import claims, reconciling, requests
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, RequestState
from tests.bench import desk, desk_decision, desk_race, desk_world
from tests.bench.desk_day import Day
from tests.bench.desk_race import prepare, storm


def test_the_last_seat_is_given_once_and_given_back_once(db):
    day = Day(db, desk_world.draw(80, shops=1, agents=4, seed=1), 1, fails=0.0)
    agent_id, keys = prepare(db, day, 40)

    got = storm(db, agent_id, keys, threads=5)

    assert len(got) == 1
    assert _seats(db, agent_id) == 1
    with db.reading() as session:
        states = [session.get_one(DeskRequest, key).state for key in keys]
    assert sorted(set(states)) == ["asked", "claimed"]
    assert states.count("claimed") == 1
    for _ in range(2):  # WeChat refuses; the second undo finds nothing to undo
        with db.transaction() as session:
            claims.undo(session, got[0], agent_id)
    assert _seats(db, agent_id) == 0
    assert storm(db, agent_id, got, threads=1) == got
    for _ in range(2):
        with db.transaction() as session:
            requests.end(session, got[0], RequestState.CLOSED, why="event", now=utc_now())
            claims.settle(session, got[0])
    assert _seats(db, agent_id) == 0


def test_two_processes_that_ask_for_the_last_seat_at_once_get_it_once(db):
    found = desk_race.measure(db, requests=20)

    assert desk.wrong(found, desk_race.RIGHT) == []


def test_a_benchmark_whose_figures_are_wrong_fails():
    right = desk.right_of_a_day(kills=0.0)
    clean = dict.fromkeys(right, 0)

    assert desk.wrong(clean, right) == []
    for name in (*desk.MUST_BE_ZERO, "free_while_waiting"):
        assert desk.wrong({**clean, name: 1}, right) == [f"{name} is 1 and must be 0"]
    assert "free_while_waiting" not in desk.right_of_a_day(kills=0.01)
    assert len(desk.wrong({"won": 2, "open_count": 2, "claimed": 1}, desk_race.RIGHT)) == 2
    assert len(desk.wrong({"unclaimed": 3, "over_statements": 1}, desk_decision.RIGHT)) == 2
    with pytest.raises(KeyError):
        desk.wrong({}, right)


def test_a_seat_that_was_lost_count_of_is_found_again(db):
    day = Day(db, desk_world.draw(20, shops=1, agents=4, seed=1), 1, fails=0.0)
    agent_id, keys = prepare(db, day, 2)
    storm(db, agent_id, keys, threads=1)
    with db.transaction() as session:
        session.get_one(Agent, agent_id).open_count = 7

    with db.transaction() as session:
        assert claims.recount(session, agent_id)
        assert not claims.recount(session, agent_id)

    assert _seats(db, agent_id) == 1


def _seats(db, agent_id):
    with db.reading() as session:
        return session.get_one(Agent, agent_id).open_count


def test_what_wechat_ended_before_our_asking_was_written_down_had_begun(db):
    """The agent may answer and close between WeChat's yes and our note of it."""
    day = Day(db, desk_world.draw(80, shops=1, agents=4, seed=1), 1, fails=0.0)
    agent_id, keys = prepare(db, day, 2)
    [key] = storm(db, agent_id, keys, threads=1)[:1]
    with db.transaction() as session:
        request = session.get_one(DeskRequest, key)
        assert (request.state, request.opened_at) == ("claimed", None)
        claimed_at, at = request.claimed_at, utc_now()
        told = {"fan_id": request.fan_id, "agent_id": agent_id, "at": at, "now": at, "why": "event"}
        assert reconciling.closed(session, **told) == key
        assert reconciling.closed(session, **told) is None

    with db.transaction() as session:
        assert not claims.confirm(session, key, agent_id, now=utc_now())
        request = session.get_one(DeskRequest, key)
        assert (request.state, request.opened_at) == ("closed", claimed_at)
