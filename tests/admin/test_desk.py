"""The desk in the back office: notes, answer times, sessions and agents' words on a fan, the rule's box."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.db import utc_now
from bot.desk.models import Agent, AgentRecord, DeskAnswer, DeskNote, DeskSession
from bot.figures.jobs import HERE, rebuild
from bot.figures.models import DailyFigure
from bot.replies.models import AutoReply
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import HOSTILE, fan, message

AMY = "amy@yizhan"


@pytest.fixture
def office(office_anywhere):
    return office_anywhere


@pytest.fixture
def two_shops(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    account_id = office.runtime.accounts["head"].id
    make.online(office.db, account_id, AMY)
    with office.db.transaction() as session:
        agent = session.scalars(select(Agent)).one()
        agent.nickname, agent.shop_id = "王珊", here
    return here, there


def add(office, row):
    with office.db.transaction() as session:
        session.add(row)
        session.flush()
        return row.id


def answer(office, fan_id, seconds, at=None, **more):
    at = at or utc_now() - timedelta(minutes=30)
    key = message(office, fan_id, at=at, answered_by="desk", reply="", Content="有人吗")
    facts = {"account_id": office.runtime.accounts["head"].id, "fan_id": fan_id, "kf_account": AMY, **more}
    later = at + timedelta(seconds=seconds)
    return add(office, DeskAnswer(message_id=key, asked_at=at, answered_at=later, seconds=seconds, **facts))


def note(office, fan_id, **facts):
    values = {
        "message_id": message(office, fan_id, Content="怎么退款"),
        "account_id": office.runtime.accounts["head"].id,
        "fan_id": fan_id,
        "rule_id": 1,
        "rule_title": "退款",
        "state": "open",
        "reason": "nobody_free",
        "created_at": utc_now(),
    }
    return add(office, DeskNote(**{**values, **facts}))


# Notes


def test_a_note_is_seen_to_once_and_only_by_whose_shop_it_is(office, two_shops):
    mine = note(office, fan(office, "oMine_0001", last_shop_id=two_shops[0]))
    other = note(office, fan(office, "oOther_0001", last_shop_id=two_shops[1]))
    manager = office.inside("manager")
    page = manager.get("/admin/desk/notes/").text

    refused = manager.post(f"/admin/desk/notes/{other}/done")
    first = manager.post(f"/admin/desk/notes/{mine}/done", follow=True).text
    manager.get("/admin/desk/notes/")
    second = manager.post(f"/admin/desk/notes/{mine}/done", follow=True).text

    assert "ine_0001" in page
    assert "her_0001" not in page
    assert "怎么退款" in page
    assert "没有在线且空闲的客服" in page
    assert refused.status_code == 404
    assert "已标为处理好" in first
    assert "已经有人处理过了" in second
    assert [entry.action for entry in office.audit()].count("desk_note.settled") == 1
    done = manager.get("/admin/desk/notes/?state=done").text
    assert "manager" in done
    assert "ine_0001" in done
    with office.db.reading() as session:
        assert session.get_one(DeskNote, other).state == "open"


def test_who_only_looks_sees_no_button(office, two_shops):
    note(office, fan(office))
    office.add("auditor", Role.AUDITOR)
    auditor = office.inside("auditor")

    assert "/done" not in auditor.get("/admin/desk/notes/").text
    assert auditor.post("/admin/desk/notes/1/done").status_code == 403


# Answer times


def test_answers_are_filtered_and_walked_in_the_order_of_time(office, two_shops):
    mine = fan(office, "oMine_0001", last_shop_id=two_shops[0])
    other = fan(office, "oOther_0001", last_shop_id=two_shops[1])
    now = utc_now()
    answer(office, other, 20)
    for number in range(60):  # read late: the older, the higher the key
        answer(office, mine, number, at=now - timedelta(days=number, minutes=5))
    answer(office, mine, 3000, at=now - timedelta(days=200))
    manager = office.inside("manager")

    def waits(address):
        page = manager.get(address).text
        older = re.search(r'rel="next" href="([^"]+)"', page)
        cells = re.findall(r'<td class="number nowrap">([^<]+)</td>', page)
        return cells, older and older[1].replace("&amp;", "&")

    first, older = waits("/admin/desk/answers/")
    second, end = waits(older)
    slow, _ = waits("/admin/desk/answers/?slower=1800")
    day = (now - timedelta(days=3, minutes=5)).astimezone(HERE).date()

    assert first == [f"{number} 秒" for number in range(50)]
    assert second == [f"{number} 秒" for number in range(50, 60)] + ["50 分钟"]
    assert end is None
    assert slow == ["50 分钟"]
    assert waits(f"/admin/desk/answers/?since={day}&until={day}")[0] == ["3 秒"]
    assert "her_0001" not in manager.get("/admin/desk/answers/").text
    assert len(re.findall("her_0001", office.inside("alice").get("/admin/desk/answers/").text)) == 1


def test_the_median_on_the_first_page_is_of_its_rows(office, two_shops):
    mine = fan(office, "oMine_0001", last_shop_id=two_shops[0])
    other = fan(office, "oOther_0001", last_shop_id=two_shops[1])
    noon = datetime.now(HERE).replace(hour=0, minute=1, second=0, microsecond=0)
    for seconds in (10, 70, 3600):
        answer(office, mine, seconds, at=noon)
    for seconds in (200, 220, 240, 260):
        answer(office, other, seconds, at=noon - timedelta(days=1))
    rebuild(office.runtime)
    rebuild(office.runtime)

    with office.db.reading() as session:
        rows = session.scalars(select(DailyFigure).where(DailyFigure.desk_answers > 0)).all()
        found = {row.shop_id: (row.desk_answers, row.answer_median) for row in rows}
    mine_only = office.inside("manager").get("/admin/").text
    everything = office.inside("alice").get("/admin/").text

    assert found == {two_shops[0]: (3, 70), two_shops[1]: (4, 220)}
    tile = re.search(r'href="([^"]+)"><span>应答时长中位数</span><strong>([^<]+)</strong>', mine_only)
    assert tile[2] == "1 分 10 秒"
    rows = office.inside("manager").get(tile[1].replace("&amp;", "&")).text
    assert rows.count('<td class="number nowrap">') == 3
    assert "客服应答 3 次，一半在" in mine_only
    assert "客服应答 7 次，一半在" in everything
    month = re.search(r"一半在 (\d+) 分", everything)
    assert int(month[1]) == 3  # of 10, 70, 200, 220, 240, 260, 3600: 220 s


def test_a_role_without_the_desk_is_shown_no_answer_times(office, two_shops, monkeypatch):
    from bot.users import roles
    from bot.users.roles import Permission

    less = roles.PERMISSIONS[Role.SHOP_MANAGER] - {Permission.DESK_SEE}
    monkeypatch.setitem(roles.PERMISSIONS, Role.SHOP_MANAGER, less)

    page = office.inside("manager").get("/admin/").text

    assert "应答时长" not in page


# A fan


def test_the_timeline_tells_sessions_and_what_agents_said(office, two_shops):
    key = fan(office, last_shop_id=two_shops[0])
    at = utc_now() - timedelta(minutes=20)
    message(office, key, "event.kf_create_session", "", at=at, reply="", KfAccount=AMY)
    facts = {"account_id": office.runtime.accounts["head"].id, "fan_id": key, "kf_account": AMY}
    said = {"said_at": at + timedelta(minutes=1), **facts}
    add(office, AgentRecord(key=b"k" * 16, words=f"请发到 13812345678 {HOSTILE}", **said))
    add(office, DeskSession(opened_at=at, closed_at=at + timedelta(minutes=9), moved_to="bob@x", **facts))
    add(office, DeskSession(opened_at=None, closed_at=at, **facts))

    page = office.inside("manager").get(f"/admin/fans/{key}").text

    assert "王珊" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    assert HOSTILE not in page
    assert "9 分钟" in page
    assert "转给了bob" in page
    assert "开始时间未知" in page


def test_what_rules_send_after_their_answer_counts_in_the_window(office, two_shops):
    say = {"type": "text", "content": "再说一句"}
    rule_id = make.rule(office.db, words=["线路"], content="线路如下", follow_ups=[say, say])
    at = utc_now() - timedelta(minutes=5)
    key = fan(office, last_message_at=at, last_interaction_at=at)
    message(office, key, at=at - timedelta(hours=3), answered_by=f"rule:{rule_id}", Content="线路")
    message(office, key, at=at, answered_by=f"rule:{rule_id}", Content="线路")
    alice = office.inside("alice")
    before = alice.get(f"/admin/fans/{key}").text

    after = alice.post(f"/admin/fans/{key}/reply", words="您好", follow=True).text

    assert "最多还能发 3 条" in before
    assert "最多还能发 2 条" in after


# The rule


def rule_form(**changes):
    values = {
        "title": "退款",
        "trigger": "keyword",
        "match": "exact",
        "words": "退款",
        "reply_type": "text",
        "reply_content": "请看说明。",
        "notify_desk": "yes",
        "asks_helped": "yes",
        "version": 0,
    }
    return {**values, **changes}


def test_the_box_is_kept_shown_tried_and_compared(office, two_shops):
    alice = office.inside("alice")
    alice.get("/admin/replies/new")
    alice.post("/admin/replies/new", **rule_form())
    with office.db.reading() as session:
        row = session.scalars(select(AutoReply)).one()
    form = alice.get(f"/admin/replies/{row.id}").text
    trial = alice.get("/admin/replies/try?said=退款&trigger=keyword").text
    listed = alice.get("/admin/replies/").text
    conflict = alice.post(f"/admin/replies/{row.id}", **rule_form(notify_desk="", version=99)).text

    assert row.notify_desk is row.asks_helped is True
    assert re.search(r'name="notify_desk" value="yes" checked', form)
    assert "同时通知客服：会话接给" in trial
    assert "同时通知客服" in listed
    assert "回答后追问" in listed
    assert re.search(
        r'<th scope="row">同时通知客服</th><td class="pre">是</td><td class="pre">—</td>', conflict
    )


@pytest.mark.parametrize(
    ("changes", "kept"), [({"trigger": "follow", "words": ""}, False), ({"notify_desk": ""}, False)]
)
def test_who_only_follows_has_asked_nothing(office, changes, kept):
    alice = office.inside("alice")
    alice.get("/admin/replies/new")
    assert alice.post("/admin/replies/new", **rule_form(**changes)).status_code == 303

    with office.db.reading() as session:
        assert session.scalars(select(AutoReply)).one().notify_desk is kept


def test_an_answer_that_hands_over_notifies_already(office):
    alice = office.inside("alice")
    alice.get("/admin/replies/new")

    answer = alice.post("/admin/replies/new", **rule_form(reply_type="transfer_customer_service"))

    assert answer.status_code == 422
    assert "本来就转给客服" in answer.text
