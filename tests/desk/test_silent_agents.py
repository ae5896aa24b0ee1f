"""Agents who let travellers wait: reminded, then passed over; and nobody waits for those who were."""

import pytest
from sqlalchemy import func, select

from bot.desk import silent_agents, words
from bot.desk.models import AgentRecord
from bot.errors import BadRequest, NotPermitted
from tests.support.shift import Shift
from tests.support.statements import statements_of

EVERY_SERVER = False


def test_a_silent_agent_is_reminded_and_then_the_traveller_is_given_to_another(db):
    shift = Shift(db, agents=2)
    shift.comes(0)
    shift.asks(0, said="周六的团还有位置吗")
    shift.comes(1)
    assert shift.state(0) == ("serving", 0)

    shift.later(160)
    assert len(shift.notes) == 1, "nobody is reminded within three minutes"
    shift.later(30)
    assert shift.notes[1:] == [(0, "旅客已等了 3 分钟，请先回复一句。再无回复将转给其他客服。")]
    shift.later(140)
    assert shift.state(0) == ("serving", 0)
    shift.later(40)

    assert shift.state(0) == ("serving", 1)
    assert shift.notes[2:] == [(1, "旅客（门店0）说：周六的团还有位置吗")]
    assert [("暂时离开" in said, "正在为您服务" in said) for said in shift.told(0)] == [
        (False, True),
        (True, False),
        (False, True),
    ]
    assert shift.seats() == [0, 1]
    shift.says(1, 0)
    shift.later(600)
    assert shift.state(0) == ("serving", 1), "who has answered keeps them"


def test_an_agent_who_answered_is_neither_reminded_nor_passed_over(db):
    shift = Shift(db, agents=2)
    shift.comes(0, 1)
    shift.asks(0)
    served_by = shift.state(0)[1]
    shift.says(served_by, 0)

    shift.later(800)

    assert shift.state(0) == ("serving", served_by)
    assert len(shift.notes) == 1


@pytest.mark.parametrize("error", [NotPermitted, BadRequest])
def test_where_records_are_refused_only_who_went_gives_travellers_back(db, error):
    def refuses(_first, _last):
        raise error(65416, "refused", call="getmsglist")

    shift = Shift(db, agents=2)
    shift.side.records = refuses
    shift.comes(0)
    shift.asks(0)
    shift.comes(1)
    shift.says(0, 0)

    shift.later(900)
    assert (shift.state(0), len(shift.notes)) == (("serving", 0), 1), "they may well have answered"
    shift.goes(0)
    shift.later(60, until=lambda: shift.state(0) == ("serving", 1))

    assert shift.state(0) == ("serving", 1)


def test_an_agent_who_went_gives_back_whom_they_have_not_answered(db):
    shift = Shift(db, agents=2)
    shift.comes(0)
    shift.asks(0)
    shift.comes(1)
    shift.goes(0)

    assert shift.later(120, until=lambda: shift.state(0) == ("serving", 1)) <= 40


def test_who_waits_for_nobody_but_who_let_them_wait_leaves_a_message_that_is_offered_later(db):
    shift = Shift(db)
    shift.comes(0)
    shift.asks(0, said="周六的团还有位置吗")

    shift.later(600, until=lambda: shift.state(0)[0] != "serving")
    # They are at work, with a seat: the traveller is not made to wait for them.
    assert shift.state(0)[0] == "message"
    assert [(one.state, one.words) for one in shift.tasks()] == [("open", "周六的团还有位置吗")]
    assert "您的留言已记下" in shift.told(0)[-1]
    passed = shift.later(900, until=lambda: shift.state(0)[0] == "serving")
    assert 590 <= passed <= 620, "not at once: they were silent this very moment"
    assert (shift.request(0).why, shift.tasks()[0].state) == ("message", "offered")

    # Silent once more: the offer is over, and is made to nobody a second time.
    said = len(shift.heard)
    shift.later(600, until=lambda: shift.state(0)[0] != "serving")
    assert (shift.state(0)[0], shift.request(0).closed_why) == ("closed", "nobody")
    shift.later(1800)
    assert (shift.request(0).why, shift.tasks()[0].state) == ("message", "open")
    assert len(shift.heard) == said, "nobody had promised them another agent"
    assert shift.seats() == [0]


def test_who_waits_only_for_who_let_them_wait_hides_nobody_behind_them(db):
    shift = Shift(db, agents=2, seats=1)
    shift.comes(0)
    shift.asks(0)
    shift.comes(1)
    shift.asks(1)
    shift.says(1, 1)
    shift.later(400, until=lambda: shift.state(0)[0] == "waiting")
    assert shift.request(0).passed == [shift.agents[0]], "the other agent is full, so there is hope"

    shift.asks(2)
    assert shift.state(2) == ("serving", 0)
    shift.says(0, 2)
    shift.asks(3)
    assert shift.state(3)[0] == "waiting"
    shift.ends(2)
    shift.later(20)
    assert (shift.state(0)[0], shift.state(3)) == ("waiting", ("serving", 0))

    shift.says(0, 3)
    shift.goes(1)  # with whom the traveller's hope goes
    shift.later(60, until=lambda: shift.state(0)[0] == "message")
    assert shift.state(0)[0] == "message"


def test_the_last_of_the_agents_keeps_a_traveller_only_as_long_as_they_are_there(db):
    shift = Shift(db, agents=4)
    shift.comes(0, 1, 2, 3)
    shift.asks(0, said="周六的团还有位置吗")
    for number in range(3):
        shift.later(500, until=lambda seen=number: len(shift.request(0).passed) > seen)
    assert shift.state(0)[0] == "serving"
    last = shift.state(0)[1]

    shift.goes(last)
    shift.later(120, until=lambda: shift.state(0)[0] == "message")

    assert shift.state(0)[0] == "message"
    assert [one.words for one in shift.tasks()] == ["周六的团还有位置吗"]
    shift.later(10)
    assert (shift.seats(), shift.side.sessions) == ([0, 0, 0, 0], {})


def test_where_the_last_of_the_agents_is_silent_as_well_a_message_is_taken_down(db):
    shift = Shift(db, agents=4)
    shift.comes(0, 1, 2, 3)
    shift.asks(0)
    for number in range(3):
        shift.later(500, until=lambda seen=number: len(shift.request(0).passed) > seen)

    passed = shift.later(1800, until=lambda: shift.state(0)[0] == "message")

    assert 880 <= passed <= 920
    shift.later(10)
    assert (shift.seats(), shift.side.sessions) == ([0, 0, 0, 0], {})
    assert "您的留言已记下" in shift.told(0)[-1]


def in_talk(db, agents):
    """Return a desk at which agent 0 has answered traveller 0, and the others have come since."""
    shift = Shift(db, agents=agents)
    shift.comes(0)
    shift.asks(0)
    shift.says(0, 0)
    shift.comes(*range(agents))
    shift.later(190)
    assert shift.request(0).answered_at
    return shift


def test_who_lets_a_further_question_stand_is_reminded_and_then_passed_over(db):
    shift = in_talk(db, agents=2)
    shift.writes(0, "几点出发")
    shift.later(100)
    shift.writes(0, "在吗")  # which does not make them wait anew
    shift.later(70)
    assert (shift.state(0), len(shift.notes)) == (("serving", 0), 1)

    shift.later(20)
    assert shift.notes[1:] == [(0, "旅客已等了 3 分钟，请先回复一句。再无回复将转给其他客服。")]
    shift.later(200, until=lambda: shift.state(0) == ("serving", 1))

    assert shift.state(0) == ("serving", 1)
    assert shift.notes[2][1].endswith("几点出发；在吗")
    shift.later(190)
    assert len(shift.notes) == 4, "the next agent owes a word as well"


def test_who_answers_a_further_question_is_let_be_and_what_they_said_is_kept(db):
    shift = in_talk(db, agents=2)
    shift.writes(0, "几点出发")
    shift.later(60)
    shift.says(0, 0)

    shift.later(600)

    assert (shift.state(0), len(shift.notes)) == (("serving", 0), 1)
    with db.reading() as session:
        assert session.scalar(select(func.count(AgentRecord.id))) >= 1


def test_a_question_to_who_has_gone_since_is_taken_down_where_nobody_is_there(db):
    shift = in_talk(db, agents=1)
    shift.writes(0, "几点出发")
    shift.goes(0)

    shift.later(120, until=lambda: shift.state(0)[0] == "message")

    assert shift.state(0)[0] == "message"
    assert [one.words for one in shift.tasks()] == ["有人吗\n几点出发"]
    assert not any("还有需要帮您的吗" in said for said in shift.told(0))
    shift.later(10)
    assert (shift.seats(), shift.side.sessions) == ([0], {})


def test_where_records_are_refused_a_further_question_holds_no_seat_for_ever(db):
    def refuses(_first, _last):
        raise NotPermitted(65416, "refused", call="getmsglist")

    shift = in_talk(db, agents=1)
    shift.side.records = refuses
    shift.writes(0, "几点出发")

    shift.later(2400, until=lambda: shift.state(0)[0] == "closed")
    shift.later(10)

    assert (shift.state(0)[0], shift.request(0).closed_why) == ("closed", "silent")
    assert any("还有需要帮您的吗" in said for said in shift.told(0))
    assert (len(shift.notes), shift.seats()) == (1, [0]), "they may well have answered"


def test_of_many_questions_the_one_that_has_stood_for_longest_is_seen_first(db, monkeypatch):
    shift = Shift(db)
    shift.comes(0)
    for number in range(3):
        shift.asks(number)
        shift.says(0, number)
        shift.later(20)
    shift.later(200)
    opened = len(shift.notes)
    for number in range(3):
        shift.writes(number, "几点出发")
        shift.later(20)
    monkeypatch.setattr(silent_agents, "AT_ONCE", 1)

    shift.later(200, until=lambda: len(shift.notes) > opened)

    assert shift.request(0).warned_at
    assert [shift.request(number).warned_at for number in (1, 2)] == [None, None]


def test_what_agents_said_is_read_for_all_at_once(db):
    shift = Shift(db)
    shift.comes(0)
    for number in range(3):
        shift.asks(number)
        shift.says(0, number)
    shift.later(190)
    for number in range(3):
        shift.writes(number, "几点出发")
    shift.later(170)
    shift.day.second += 10

    with statements_of(db) as sent:
        assert len(silent_agents.answered(shift.floor)) == 3

    assert sum("max(agent_record.said_at)" in one for one in sent) == 2, "before and after hearing"


def test_thanks_are_no_question_and_the_conversation_ends_as_ever(db):
    shift = in_talk(db, agents=2)
    shift.writes(0, "好的，谢谢您[抱拳]")
    shift.goes(0)

    shift.later(1000)
    assert (shift.state(0), len(shift.notes)) == (("serving", 0), 1)
    assert "还有需要帮您的吗" in shift.told(0)[-1]
    shift.later(300)

    assert (shift.state(0)[0], shift.request(0).closed_why) == ("closed", "silent")


@pytest.mark.parametrize(
    "said", ["谢谢", "好的，谢谢！", "OK thank you", "🙏", "[抱拳]", "嗯嗯", "没有了，再见"]
)
def test_what_closes_a_conversation(said):
    assert words.is_closing(said)


@pytest.mark.parametrize("said", ["你好", "？", "好的吗?", "几点出发", "谢谢，几点出发", "可以吗", "1"])
def test_what_does_not(said):
    assert not words.is_closing(said)


def test_who_only_scanned_is_owed_no_message_though_every_agent_is_silent(db, monkeypatch):
    monkeypatch.setattr(silent_agents, "MOST_AGENTS", 0)  # the first is the last, who keeps them
    shift = Shift(db)
    shift.comes(0)
    shift.asks(0, why="scan")

    shift.later(1200, until=lambda: shift.state(0)[0] != "serving")

    assert (shift.state(0)[0], shift.request(0).closed_why) == ("closed", "nobody")
    shift.later(10)
    assert (shift.seats(), shift.tasks(), shift.side.sessions) == ([0], [], {})
