"""The day's figures equal a recount, whoever adds them up how often; every number opens its rows."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.db import utc_now
from bot.figures.jobs import HERE, rebuild
from bot.figures.models import DailyFigure
from bot.messages.models import Message
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import fan, message


@pytest.fixture
def office(office_anywhere):
    return office_anywhere


def figures(office):
    with office.db.reading() as session:
        rows = session.scalars(select(DailyFigure)).all()
    names = ("follows", "leaves", "messages", "by_rule", "by_agent", "by_default", "by_nobody", "active_fans")
    return {
        (row.day, row.shop_id): tuple(getattr(row, name) for name in names)
        for row in rows
        if any(getattr(row, name) for name in names)
    }


@pytest.fixture
def busy(office):
    """Two shops; a day of each kind of thing in the first, one message yesterday in the second."""
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    noon = datetime.now(HERE).replace(hour=12, minute=0, second=0, microsecond=0)
    one, two = fan(office, "oOne_0001", last_shop_id=here), fan(office, "oTwo_0001", last_shop_id=there)
    message(office, one, "event.subscribe", "rule:1", at=noon)
    message(office, one, at=noon, answered_by="rule:2", Content="线路")
    message(office, one, at=noon, answered_by="channel:2", Content="线路")
    message(office, one, at=noon, answered_by="desk", reply="", Content="人工")
    message(office, one, at=noon, answered_by="default", Content="嗯")
    message(office, one, at=noon, answered_by="", reply="", Content="哦")
    message(office, two, at=noon - timedelta(1), answered_by="default", Content="在吗")
    message(office, two, "event.unsubscribe", "", at=noon, reply="")
    # One minute before and after the day begins here, which is 16:00 in UTC.
    midnight = noon.replace(hour=0)
    message(office, two, at=midnight - timedelta(minutes=1), answered_by="default", Content="晚安")
    message(office, two, at=midnight, answered_by="default", Content="早安")
    return here, there


def test_adding_up_twice_is_once_and_equals_a_recount(office, busy):
    today = datetime.now(HERE).date()

    rebuild(office.runtime)
    first = figures(office)
    rebuild(office.runtime)

    assert (
        figures(office)
        == first
        == {
            (today, busy[0]): (1, 0, 5, 2, 1, 1, 1, 1),
            (today, busy[1]): (0, 1, 1, 0, 0, 1, 0, 1),
            (today - timedelta(1), busy[1]): (0, 0, 2, 0, 0, 2, 0, 1),
        }
    )
    with office.db.reading() as session:
        total = session.scalar(select(func.count(Message.id)).where(Message.kind.not_like("event.%")))
    assert sum(row[2] for row in first.values()) == total


def test_days_nobody_added_up_are_caught_up_with_a_few_at_a_time(office):
    key = fan(office)
    message(office, key, at=utc_now() - timedelta(days=20), Content="很久以前")

    for _ in range(7):
        rebuild(office.runtime)

    assert [row[2] for row in figures(office).values()] == [1]
    with office.db.reading() as session:
        assert session.scalar(select(func.count(DailyFigure.id))) == 30


def test_every_number_opens_its_rows_under_the_scope(office, busy):
    rebuild(office.runtime)
    today = datetime.now(HERE).date().isoformat()

    for name, mine in (("alice", False), ("manager", True)):
        person = office.inside(name)
        page = person.get("/admin/").text
        row = re.search(f'<th scope="row">{today}</th>.*?</tr>', page, re.DOTALL)[0]
        cells = re.findall(r'data-name="(\w+)"><a href="([^"]+)">([\d,]+)</a>', row)
        assert [int(number) for _, _, number in cells] == (
            [1, 0, 5, 2, 1, 1, 1, 1] if mine else [1, 1, 6, 2, 1, 2, 1, 2]
        )
        for figure, address, number in cells:
            rows = person.get(address.replace("&amp;", "&")).text
            assert rows.count('<td class="nowrap">') == int(number), figure
        address, net = re.search(r'<td class="number"><a href="([^"]+)">([+\d-]+)</a>', row).groups()
        moves = person.get(address.replace("&amp;", "&")).text
        assert moves.count('<td class="nowrap">') == int(cells[0][2]) + int(cells[1][2])
        assert int(net) == int(cells[0][2]) - int(cells[1][2])
    assert "晚安" not in page


def test_active_fans_are_as_many_rows_whoever_leaves_and_whatever_comes_last(office, busy):
    noon = datetime.now(HERE).replace(hour=12, minute=0, second=0, microsecond=0)
    gone = fan(office, "oGone_0001", last_shop_id=busy[0])
    message(office, gone, "event.unsubscribe", "", at=noon, reply="")
    rebuild(office.runtime)
    today = noon.date().isoformat()

    def rows(**asked):
        page = office.inside("alice").get(
            "/admin/messages/", query_string={"fans": "once", "since": today, "until": today, **asked}
        )
        return page.text.count('<td class="nowrap">')

    assert sum(row[-1] for (day, _), row in figures(office).items() if day == noon.date()) == 2
    assert rows() == 2  # the one who did nothing but leave is none of them
    assert rows(kind="event.unsubscribe") == 2
    assert rows(kind="event.subscribe") == 1  # of one who wrote afterwards
    assert rows(kind="text") == 2
    assert rows(answered="agent") == 1
    assert rows(q="人工") == 1


def test_nothing_to_count_is_said_so(office):
    page = office.inside("alice").get("/admin/").text

    assert "还没有汇总过" in page
