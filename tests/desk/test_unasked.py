"""A person who came unasked, with a scan or a first message: quietly, until the traveller really asks."""

from datetime import timedelta

import pytest

from admin.desk import words
from bot.db import utc_now
from bot.desk import desks, requests
from bot.desk.request_models import DeskRequest, DeskTask, RequestState
from bot.jobs import JOBS
from h5 import desk as pages
from tests import make
from tests.bench import desk_world
from tests.bench.desk_day import Day
from tests.support.shift import Shift
from tests.test_desk import AMY, Desk

EVERY_SERVER = False

LOOKING = "正在为您联系上海人民广场店的客服，请稍候。"


class Greeting(Desk):
    """A desk that greets travellers of one shop, whose agent Amy is known and comes and goes."""

    def greets_on(self, moment):
        self.agent(AMY)
        shop_id = make.shop(self.db)
        make.channel(self.db, "c:1", account_id=self.account_id, shop_id=shop_id, welcome="欢迎来店。")
        make.rule(self.db, words=["几点"], content="九点开门。")
        with self.db.transaction() as session:
            desks.put(session, self.account_id, assign_on=moment)
        self.at_shop(AMY, shop_id)

    def placed(self):
        """Run what was promised for the desk; return the request it was for."""
        for job in ("desk.place", "desk.say"):
            for promised in make.promises(self.db):
                if promised.job == job:
                    JOBS[job](self.runtime, **promised.arguments)
        return self.rows(DeskRequest)[-1]

    def heard(self):
        account = self.platform.platform.account(self.account.app_id)
        return [str(one.content) for one in account.chats[self.openid].bubbles]


@pytest.fixture
def greeting(empty_sqlite):
    with Greeting.opened(empty_sqlite) as greeting:
        yield greeting


def test_a_scan_brings_an_agent_and_where_nobody_is_free_nothing_is_said(greeting):
    greeting.greets_on("scan")

    earlier = int(utc_now().timestamp()) - 60
    assert greeting.phone.scan("c:1", CreateTime=earlier).text == "欢迎来店。"
    served = greeting.placed()
    assert (served.state, served.why) == ("serving", "scan")
    greeting.act(AMY, "close")
    with greeting.db.transaction() as session:
        requests.end(session, served.id, RequestState.CLOSED, why="event", now=utc_now())
    greeting.agent(AMY, "offline")
    before = greeting.heard()
    assert greeting.phone.scan("c:1").text == "欢迎来店。"

    dropped = greeting.placed()
    assert (dropped.state, dropped.closed_why) == ("closed", "nobody")
    assert greeting.heard() == before
    assert greeting.rows(DeskTask) == []


def test_the_first_message_after_a_scan_brings_an_agent_beside_the_answer(greeting):
    greeting.greets_on("first_message")
    greeting.phone.scan("c:1")
    assert greeting.rows(DeskRequest) == []

    assert greeting.phone.say("几点").text == "九点开门。"
    assert (greeting.placed().state, greeting.placed().why) == ("serving", "first_message")
    assert greeting.phone.say("几点").type == "transfer_customer_service"  # it is the agent's by now
    assert len(greeting.rows(DeskRequest)) == 1


def test_a_first_message_that_no_rule_answers_is_a_request_and_is_not_lost(greeting):
    greeting.greets_on("first_message")
    greeting.agent(AMY, "offline")
    greeting.phone.scan("c:1")

    assert greeting.phone.say("周六的团还有位置吗").text == LOOKING

    asked = greeting.placed()
    assert (asked.state, asked.why) == ("message", "unanswered")
    assert [one.words for one in greeting.rows(DeskTask)] == ["周六的团还有位置吗"]
    assert any("您的留言已记下" in said for said in greeting.heard())


def test_who_asks_while_an_agent_is_looked_for_unasked_is_not_let_be(greeting):
    greeting.greets_on("scan")
    greeting.agent(AMY, "offline")
    greeting.phone.scan("c:1")

    assert greeting.phone.say("人工").text == LOOKING
    assert greeting.phone.say("人工").text == "客服马上就来，请稍候。"

    asked = greeting.placed()
    assert (asked.state, asked.why) == ("message", "request")
    assert len(greeting.rows(DeskTask)) == 1


def test_who_writes_after_a_rule_has_answered_is_asking_the_agent_who_was_told(greeting):
    greeting.greets_on("request")
    make.rule(greeting.db, words=["退款"], content="退款请看说明。", title="退款", notify_desk=True)
    greeting.phone.scan("c:1")
    greeting.phone.say("退款")
    greeting.told()
    [told] = greeting.rows(DeskRequest)
    assert (told.state, told.why) == ("serving", "notice")

    assert greeting.phone.say("退款").type == "transfer_customer_service"

    [asked] = greeting.rows(DeskRequest)
    assert (asked.state, asked.why, asked.agent_id) == ("serving", "unanswered", told.agent_id)
    assert asked.asked_at == asked.opened_at > told.opened_at, "nobody had owed them a word before"


def test_whom_an_agent_was_only_told_of_is_watched_over_once_they_write(db):
    shift = Shift(db)
    shift.comes(0)
    shift.asks(0, why="notice", said="退款")
    shift.later(600)
    assert (shift.state(0), len(shift.notes), shift.heard) == (("serving", 0), 1, [])

    shift.writes(0, "要等几天")
    shift.later(150)
    assert len(shift.notes) == 1, "their time begins as they write"
    shift.later(60)
    assert len(shift.notes) == 2, "the agent is reminded"
    shift.goes(0)
    shift.later(60, until=lambda: shift.state(0)[0] == "message")

    assert shift.state(0)[0] == "message"
    assert [one.words for one in shift.tasks()] == ["要等几天"]


def test_a_notice_that_nobody_touches_ends_without_a_word_and_gives_the_seat_back(db):
    shift = Shift(db)
    shift.comes(0)
    for number in (0, 1):
        shift.asks(number, why="notice", said="退款")
    shift.says(0, 1)
    with shift.db.transaction() as session:
        requests.answered(session, shift.request(1).id, at=shift.now())
    shift.goes(0)

    passed = shift.later(1800, until=lambda: shift.state(0)[0] != "serving")

    assert 890 <= passed <= 910
    assert (shift.state(0)[0], shift.request(0).closed_why) == ("closed", "silent")
    assert (shift.told(0), shift.tasks()) == ([], [])
    assert len(shift.told(1)) == 1, "with whom the agent talked is asked whether that was all"
    shift.later(400)
    assert shift.seats() == [0]


def test_every_reason_for_a_request_has_words_on_both_pages():
    known = {"request", "unanswered", "no", "by_hand", *requests.UNASKED}

    assert set(words.WHYS) == set(pages.WHYS) == known


def test_who_asks_as_the_request_is_let_be_asks_anew(db):
    day = Day(db, desk_world.draw(20, shops=1, agents=4, seed=1), 1, fails=0.0)
    facts = {"account_id": day.account_id, "fan_id": 1, "shop_id": None, "now": day.now()}
    with db.transaction() as session:
        key, _new = requests.ask(session, why="scan", **facts)
        assert requests.promote(session, key, why="request", needs=["en"], now=day.now())
        assert not requests.promote(session, key, why="unanswered", now=day.now())
        # Whoever had read that nobody asked does not end it.
        assert not requests.end(
            session, key, RequestState.CLOSED, why="nobody", now=day.now(), is_unasked=True
        )
        request = session.get_one(DeskRequest, key)
        assert (request.why, request.needs, request.state) == ("request", ["en"], "asked")

        assert requests.end(session, key, RequestState.CLOSED, why="nobody", now=day.now())
        assert not requests.promote(session, key, why="request", now=day.now())
        later = facts | {"now": day.now() + timedelta(seconds=1)}
        assert requests.ask(session, why="request", **later)[1]
