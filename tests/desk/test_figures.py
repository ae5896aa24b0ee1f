"""The desk's days: added up from requests, the same however often, and percentiles within what is promised."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.desk import adding_up, figures, satisfaction, sketches
from bot.desk.figure_models import DeskFigure
from bot.desk.request_models import DeskRequest
from bot.fans.models import Fan
from bot.moments import HERE

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=HERE)


def asks(session, number, *, at=NOON, shop_id=1, agent_id=7, wait=10, first=None, **facts):
    values = {"state": "closed", "why": "request", "rung": "own", **facts}
    opened = at + timedelta(seconds=wait) if agent_id else None
    answered = at + timedelta(seconds=first) if first else None
    row = DeskRequest(
        account_id=1,
        fan_id=number,
        shop_id=shop_id,
        agent_id=agent_id,
        asked_at=at,
        opened_at=opened,
        answered_at=answered,
        **values,
    )
    session.add(row)
    session.flush()
    return row.id


def rows(db):
    with db.reading() as session:
        return [
            (one.day, one.shop_id, one.agent_id, one.asked, one.own, one.nobody, one.scored, one.waits)
            for one in session.scalars(select(DeskFigure).order_by(DeskFigure.day, DeskFigure.agent_id))
        ]


def test_a_day_is_added_up_once_however_often_and_who_looked_earlier_writes_nothing(db):
    with db.transaction() as session:
        asks(session, 1, first=30, score=5)
        asks(session, 2, wait=20)
        asks(session, 3, at=NOON + timedelta(hours=13))  # one o'clock, tomorrow
        asks(session, 4, agent_id=None, state="closed", why="scan", rung=None)  # nobody was owed anything
    now = NOON + timedelta(hours=14)
    with db.reading() as session:
        early = adding_up.count(session, 1, NOON.date(), now=now - timedelta(seconds=1))

    assert adding_up.rebuild(db, 1, now=now, seconds=30) == 2
    found = rows(db)
    with db.transaction() as session:
        asks(session, 5, wait=400)
        assert not adding_up.replace(session, early)
    again = adding_up.rebuild(db, 1, now=now + timedelta(minutes=11), seconds=30)

    assert [
        (shop, agent, asked, own, nobody, scored)
        for _day, shop, agent, asked, own, nobody, scored, _w in found
    ] == [
        (1, 7, 2, 1, 1, 1),
        (1, 7, 1, 0, 1, 0),
    ]
    assert [day.day for day, *_rest in found] == [3, 4]
    assert again == 2
    assert [one[3] for one in rows(db)] == [3, 1]
    with db.reading() as session:
        book = figures.of(session, 1, since=NOON.date(), until=NOON.date())
    assert (book.whole.asked, book.whole.score, book.whole.wait_at(1.0)) == (3, 5.0, 386)  # of 400 seconds


def test_who_had_not_asked_counts_only_where_a_person_came_and_a_message_counts_once(db):
    with db.transaction() as session:
        for why in ("scan", "first_message", "notice", "message"):
            asks(session, 1, agent_id=None, rung=None, why=why)  # nobody was free
        asks(session, 2, why="notice")  # told, and neither wrote
        asks(session, 4, why="message")
        asks(session, 5, agent_id=None, rung=None, state="message")  # left at night,
        asks(session, 5, why="message", first=60, score=4)  # and answered in the morning
        asks(session, 6, why="notice", first=30)
        asks(session, 7, why="scan")
    adding_up.rebuild(db, 1, now=NOON + timedelta(hours=2), seconds=30)

    with db.reading() as session:
        whole = figures.of(session, 1, since=NOON.date(), until=NOON.date()).whole
    assert (whole.asked, whole.own, whole.nobody, whole.messages) == (3, 1, 2, 1)
    assert (whole.scored, whole.score) == (1, 4.0)


def test_a_settled_day_is_let_be_until_a_late_score_comes(db):
    with db.transaction() as session:
        fan = Fan(
            account_id=1, openid="o-1", standing="following", created_at=NOON, follow_count=1, message_count=0
        )
        session.add(fan)
        session.flush()
        key = asks(session, fan.id, first=20)
    late = NOON + timedelta(days=6)
    assert adding_up.rebuild(db, 1, now=late, seconds=30) == 7
    later = late + timedelta(hours=1)
    before = set(due(db, later))
    with db.transaction() as session:
        assert satisfaction.score(session, request_id=key, fan_id=fan.id, value=4, now=later) is False
    after = set(due(db, later))

    assert NOON.date() not in before
    assert after - before == {NOON.date()}
    adding_up.rebuild(db, 1, now=later, seconds=30)
    assert [one[6] for one in rows(db)] == [1]
    assert NOON.date() not in due(db, later + timedelta(hours=1))


def due(db, now):
    with db.reading() as session:
        return adding_up.due(session, 1, now=now)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_percentiles_of_many_days_put_together_are_within_five_per_cent(share):
    dice = random.Random(8)
    values, whole = [], {}
    for _day in range(30):
        one: dict[int, int] = {}
        for _ in range(dice.randint(1, 400)):
            values.append(dice.lognormvariate(3.5, 1.5))
            sketches.add(one, values[-1])
        sketches.merge(whole, sketches.read(sketches.to_document(one)))
    values.sort()
    exact = values[max(0, -(-int(len(values) * share * 1000) // 1000) - 1)]

    assert abs(sketches.at(whole, share) - exact) <= 0.05 * exact + 1
    assert sketches.at({}, share) is None
