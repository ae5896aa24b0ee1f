"""Who comes first in line, and silence: asked whether that was all, and asked anew once somebody went on."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.db.types import table_of
from bot.desk import desks, draining, line, priorities, requests, timeouts
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.fans.models import Fan
from bot.tags.models import FanTag
from tests import make
from tests.bench import desk_world
from tests.bench.desk_day import Day


@pytest.fixture
def quiet(db):
    """A conversation in which both have been silent for a quarter of an hour; what was sent stands in `said`."""
    day = Day(db, desk_world.draw(10, shops=1, agents=4, seed=1), 1, fails=0.0)
    day.second = 3 * 3600.0
    said = []
    day.side.send = lambda openid, message: said.append(message)
    now = day.now()
    with db.transaction() as session:
        fan = session.scalars(select(Fan).order_by(Fan.id)).first()
        agent = session.scalars(select(Agent).order_by(Agent.id)).first()
        fan.last_message_at = fan.last_interaction_at = now - timedelta(minutes=20)
        agent.online, agent.seen_at, agent.open_count = True, now, 1
        earlier = now - timedelta(minutes=25)
        session.add(
            DeskRequest(
                account_id=day.account_id,
                fan_id=fan.id,
                open_key=fan.id,
                shop_id=fan.last_shop_id,
                state="serving",
                why="request",
                agent_id=agent.id,
                seat_agent_id=agent.id,
                asked_at=earlier,
                opened_at=earlier,
                answered_at=earlier,
            )
        )
    return day, fan.id, said


def looked(day):
    timeouts._silent_travellers(day.floor)
    with day.db.reading() as session:
        return session.scalars(select(DeskRequest)).one()


def test_a_traveller_who_wrote_after_the_question_is_asked_anew_before_the_end(db, quiet):
    day, fan_id, said = quiet
    assert looked(day).warned_at == day.now()
    day.second += 60
    with db.transaction() as session:  # they write, as the webhook notes it
        session.get_one(Fan, fan_id).last_message_at = day.now()
        requests.wrote(session, requests.open_of(session, fan_id), now=day.now())
    assert looked(day).warned_at is None

    day.second += 16 * 60
    again = looked(day)
    assert (again.state, again.warned_at, len(said)) == ("serving", day.now(), 2)
    day.second += 4 * 60
    assert looked(day).state == "serving"
    day.second += 2 * 60
    assert (looked(day).state, len(said)) == ("closed", 2)


def test_a_traveller_who_writes_at_the_very_end_keeps_the_conversation(db, quiet):
    day, fan_id, _said = quiet
    warned = looked(day).warned_at
    with db.transaction() as session:
        requests.wrote(session, requests.open_of(session, fan_id), now=day.now())
        key = requests.open_of(session, fan_id).id

        ended = requests.end(
            session, key, requests.RequestState.CLOSED, why="silent", now=day.now(), warned_at=warned
        )

    assert not ended


def test_a_tag_puts_a_traveller_ahead_in_line_and_the_highest_counts(db):
    day = Day(db, desk_world.draw(30, shops=1, agents=4, seed=1), 1, fails=0.0)
    with db.transaction() as session:
        member, guest = make.tag(session, "会员"), make.tag(session, "贵宾")
        fans = session.execute(select(Fan.id).order_by(Fan.id).limit(3)).all()
        for fan, tags in ((fans[1], [member]), (fans[2], [member, guest])):
            for tag in tags:
                values = {"fan_id": fan.id, "tag_id": tag.id, "tagged_at": day.now(), "source": "x"}
                session.execute(table_of(FanTag).insert().values(values))
        desks.put(session, day.account_id, priority=1, tag_priority={str(member.id): 3, str(guest.id): 5})
        holds = desks.settings(session, day.account_id, None)
        found = [priorities.of(session, fan.id, holds) for fan in fans]
        for fan, priority in zip(fans, found, strict=True):
            key, _new = requests.ask(
                session,
                account_id=day.account_id,
                fan_id=fan.id,
                shop_id=None,
                why="request",
                now=day.now(),
                priority=priority,
            )
            requests.wait(session, key, now=day.now())
        waiting = [one.id for one in line.waiting(session, day.account_id, now=day.now(), limit=9)]
        ids = [fan.id for fan in fans]
        whose = {one.id: one.fan_id for one in session.scalars(select(DeskRequest))}

    assert found == [1, 4, 6]
    assert [whose[key] for key in waiting] == ids[::-1]


def test_a_long_line_elsewhere_hides_nobody_and_who_waits_for_nobody_is_taken_down(db, monkeypatch):
    day = Day(db, desk_world.draw(400, shops=4, agents=16, seed=1), 1, fails=0.0)
    day.second = 3 * 3600.0
    now = day.now()
    with db.transaction() as session:
        fans = session.execute(select(Fan.id, Fan.last_shop_id).order_by(Fan.id)).all()
        quiet_shop = fans[-1].last_shop_id
        # Everybody is full but one agent of the shop whose traveller came last.
        session.execute(update(Agent).values(online=True, seen_at=now, seats=1, open_count=1, tier="own"))
        agent = session.scalars(select(Agent).filter_by(shop_id=quiet_shop).order_by(Agent.id)).first()
        agent.open_count = 0
        others = [fan for fan in fans if fan.last_shop_id != quiet_shop][:30]
        for number, fan in enumerate([*others, fans[-1]]):
            key, _new = requests.ask(
                session,
                account_id=day.account_id,
                fan_id=fan.id,
                shop_id=fan.last_shop_id,
                why="request",
                now=now,
            )
            requests.wait(session, key, now=now + timedelta(seconds=number))
        key, agent_id = requests.open_of(session, fans[-1].id).id, agent.id
    monkeypatch.setattr(draining, "AT_ONCE", 10)

    assert draining.drain(day.floor) == 1
    with db.reading() as session:
        assert session.get_one(DeskRequest, key).agent_id == agent_id

    with db.transaction() as session:  # all but one shop go home
        session.execute(update(Agent).where(Agent.shop_id != others[0].last_shop_id).values(online=False))
        session.execute(update(Agent).where(Agent.shop_id.is_(None)).values(online=False))
    timeouts._close_lines(day.floor)
    with db.reading() as session:
        states = session.execute(select(DeskRequest.shop_id, DeskRequest.state)).all()
    assert {one.state for one in states if one.shop_id == others[0].last_shop_id} == {"waiting"}
    assert {one.state for one in states if one.shop_id not in {others[0].last_shop_id, quiet_shop}} == {
        "message"
    }
