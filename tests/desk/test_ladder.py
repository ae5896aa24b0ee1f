"""What a decision reads: who stands on a shop's ladder, whose hours hold, and in how many statements."""

from datetime import timedelta

from sqlalchemy import event, select, update

from bot.desk import agents, desks, house, ladder, requests, route
from bot.desk.models import Agent
from bot.desk.request_models import DeskDecision, DeskRequest
from bot.desk.routing import Rung
from bot.fans.models import Fan
from bot.organisation.models import Shop
from tests.bench import desk_world
from tests.bench.desk_day import Day

CLOSED = {"week": [[]] * 7, "exceptions": []}


def opened(db):
    """Return the day at noon with everybody there, the agents by their names, and a fan with a shop."""
    day = Day(db, desk_world.draw(60, shops=4, agents=16, seed=3), 3, fails=0.0)
    day.second = 3 * 3600.0
    with db.transaction() as session:
        session.execute(update(Agent).values(online=True, seen_at=day.now(), seats=5, tier="own"))
        fan = session.scalars(select(Fan).where(Fan.last_shop_id.is_not(None)).order_by(Fan.id)).first()
        people = session.scalars(select(Agent).order_by(Agent.id)).all()
    return day, people, fan


def asks(session, day, fan):
    key, _new = requests.ask(
        session,
        account_id=day.account_id,
        fan_id=fan.id,
        shop_id=fan.last_shop_id,
        why="request",
        now=day.now(),
    )
    return key


def test_the_ladder_is_the_shop_its_spares_the_branch_and_who_served_before(db):
    day, people, fan = opened(db)
    home = fan.last_shop_id
    own = [one for one in people if one.shop_id == home]
    stranger = next(one for one in people if one.shop_id not in {None, home})
    spare = next(one for one in people if one.shop_id not in {None, home, stranger.shop_id})
    earlier = DeskRequest(
        account_id=day.account_id,
        fan_id=fan.id,
        state="closed",
        why="request",
        agent_id=stranger.id,
        asked_at=day.now(),
        opened_at=day.now() - timedelta(days=29),
        answered_at=day.now(),
    )
    with db.transaction() as session:
        branch = session.get_one(Shop, home).branch_id
        at_branch = [one for one in people if one.branch_id == branch]
        # One of the shop's own is written down as its spare too: they count once, as their own.
        for one in (spare, own[0]):
            agents.put(session, session.get_one(Agent, one.id), further={home: "spare"})
        session.add(earlier)
        desks.put(session, day.account_id, branch_id=branch, schedule=CLOSED)
        desks.put(session, day.account_id, shop_id=home, longest_line=3)
        desks.put(session, day.account_id, longest_line=9, silent_agent=77)
        found = ladder.case(session, asks(session, day, fan), house.load(session), now=day.now())
        near = {one.id: one for one in ladder.near(session, found, now=day.now())}
        heads = ladder.at_head_office(session, found, now=day.now())

    assert (found.branch_id, found.sticky) == (branch, stranger.id)
    assert (found.settings.longest_line, found.settings.silent_agent) == (3, 77)
    assert found.is_open == {"shop": True, "branch": False, "head": True}
    assert set(near) == {one.id for one in [*own, spare, stranger, *at_branch]}
    assert {near[one.id].tier for one in own} == {"own"}
    assert (near[spare.id].tier, near[stranger.id].tier) == ("spare", None)
    assert {one.id for one in heads} == {one.id for one in people if not (one.shop_id or one.branch_id)}
    with db.transaction() as session:
        session.get_one(DeskRequest, earlier.id).opened_at = day.now() - timedelta(days=31)
        key = session.scalars(select(DeskRequest.id).where(DeskRequest.open_key == fan.id)).one()
        assert ladder.case(session, key, house.load(session), now=day.now()).sticky is None


def test_a_decision_is_five_statements_and_says_what_was_done(db):
    day, people, fan = opened(db)
    with db.transaction() as session:
        key = asks(session, day, fan)
        known = house.load(session)
    said = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, words, *_more: said.append(words))

    with db.transaction() as session:
        chosen = route.route(session, key, known, now=day.now())

    # The request with who served before, the agents, the request taken, the seat taken, the decision.
    assert len([words for words in said if not words.startswith("BEGIN")]) == 5, said
    assert chosen.rung == Rung.OWN
    with db.reading() as session:
        request = session.get_one(DeskRequest, key)
        [decision] = session.scalars(select(DeskDecision)).all()
        taken = {one.id: one.open_count for one in session.scalars(select(Agent)) if one.open_count}
    assert (request.state, request.agent_id, request.seat_agent_id, request.rung) == (
        "claimed",
        chosen.agent.id,
        chosen.agent.id,
        "own",
    )
    assert taken == {chosen.agent.id: 1}
    assert (decision.outcome, decision.agent_id, decision.rung) == ("claimed", chosen.agent.id, "own")
    assert {one["agent"] for one in decision.candidates} >= {
        one.id for one in people if one.shop_id == fan.last_shop_id
    }


def test_a_seat_that_is_gone_meanwhile_is_passed_over_and_nobody_keeps_half_a_claim(db):
    day, _people, fan = opened(db)
    with db.transaction() as session:
        key = asks(session, day, fan)
        found = ladder.case(session, key, house.load(session), now=day.now())
        order = route.routing.rank(
            route.Wanted(shop_id=fan.last_shop_id), ladder.near(session, found, now=day.now()), now=day.now()
        ).free
        assert len(order) > 1
        session.execute(update(Agent).where(Agent.id == order[0].agent.id).values(open_count=5))
        assert route.claims.claim(session, key, order, now=day.now()) == order[1]
        assert session.get_one(DeskRequest, key).seat_agent_id == order[1].agent.id

        assert route.claims.undo(session, key, order[1].agent.id)
        session.execute(update(Agent).values(online=False))
        assert route.claims.claim(session, key, order, now=day.now()) is None
        request = session.get_one(DeskRequest, key)
        assert (request.state, request.agent_id, request.seat_agent_id) == ("asked", None, None)
        assert request.rung is None
