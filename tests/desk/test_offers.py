"""A message that was taken down is offered to the shop's own agents; where it has none, down the ladder."""

import pytest
from sqlalchemy import update

from bot.desk import requests, tasks
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.organisation.models import Shop
from tests.support.shift import Shift


def moved(shift, number, *, to_branch):
    """Have the agent sit at the branch's desk or at the head office's, in place of the shop."""
    with shift.db.transaction() as session:
        branch_id = session.get_one(Shop, shift.shop_id).branch_id if to_branch else None
        place = {"shop_id": None, "branch_id": branch_id}
        session.execute(update(Agent).where(Agent.id == shift.agents[number]).values(place))


def at_night(shift):
    """Have a traveller leave a message while nobody is there."""
    shift.later(10)
    shift.asks(0, said="周六的团还有位置吗")
    assert shift.state(0)[0] == "message"


def test_a_shop_without_agents_has_its_messages_offered_by_its_branch_and_the_head_office(db):
    shift = Shift(db, agents=2)
    moved(shift, 0, to_branch=False)
    moved(shift, 1, to_branch=True)
    at_night(shift)

    shift.comes(0)
    shift.later(10)

    assert shift.state(0) == ("serving", 0)
    assert (shift.request(0).rung, shift.tasks()[0].state) == ("head", "offered")
    assert shift.notes == [(0, "旅客（门店0）说：周六的团还有位置吗")]


def test_a_shop_with_agents_keeps_its_messages_for_them_though_they_are_away(db):
    shift = Shift(db, agents=2)
    moved(shift, 0, to_branch=False)
    at_night(shift)

    shift.comes(0)
    shift.later(30)
    assert (shift.state(0)[0], shift.tasks()[0].state) == ("message", "open")
    shift.comes(1)
    shift.later(10)

    assert (shift.state(0), shift.request(0).rung) == (("serving", 1), "own")


def test_an_answered_message_is_done_and_one_whose_traveller_waits_elsewhere_hides_no_other(db):
    shift = Shift(db)
    shift.later(10)
    for number in (0, 1):
        shift.asks(number, said="周六的团还有位置吗")
    with db.transaction() as session:  # whose message is due first is at hand already
        asked = {"account_id": shift.day.account_id, "fan_id": shift.fans[0], "shop_id": shift.shop_id}
        key, _new = requests.ask(session, **asked, why="by_hand", now=shift.now())
        requests.opened_by(session, session.get_one(DeskRequest, key), shift.agents[0], at=shift.now())

    shift.comes(0)
    shift.later(10)
    assert shift.state(1) == ("serving", 0)
    shift.says(0, 1)
    shift.ends(1)
    shift.later(20)

    assert [(one.fan_id == shift.fans[1], one.state) for one in shift.tasks()] == [
        (False, "open"),
        (True, "done"),
    ]


@pytest.mark.parametrize("is_seen_to", [False, True])
def test_who_asks_while_their_message_is_offered_has_one_message_left(db, is_seen_to):
    shift = Shift(db)
    at_night(shift)
    shift.comes(0)
    shift.later(10)
    assert (shift.request(0).why, shift.tasks()[0].state) == ("message", "offered")

    with shift.db.transaction() as session:
        assert requests.promote(session, shift.request(0).id, why="request", now=shift.now())
    shift.writes(0, "那周日呢")
    if is_seen_to:
        with shift.db.transaction() as session:
            assert tasks.settle(session, shift.tasks()[0].id, by="林", now=shift.now())
    shift.goes(0)
    shift.later(60, until=lambda: shift.state(0)[0] == "message")

    assert shift.state(0)[0] == "message"
    assert "您的留言已记下" in shift.told(0)[-1]
    assert [(one.state, one.words) for one in shift.tasks()] == (
        [("done", "周六的团还有位置吗"), ("open", "那周日呢")]
        if is_seen_to
        else [("open", "周六的团还有位置吗\n那周日呢")]
    )
