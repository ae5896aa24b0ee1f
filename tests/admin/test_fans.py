"""Fans and messages: found, scoped, shown in words, written to while WeChat takes it."""

import os
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from admin import scanning
from admin.formats import HERE
from bot.db import utc_now
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.outbox.models import Promise
from bot.replies.office import OfficeReply
from bot.users.roles import Role
from tests import make

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def office(office_anywhere):
    return office_anywhere


def fan(office, openid="oFan_1", **facts):
    now = utc_now()
    values = {
        "account_id": office.runtime.accounts["head"].id,
        "openid": openid,
        "standing": "following",
        "created_at": now,
        "followed_at": now,
        "follow_count": 1,
        "message_count": 1,
        "last_interaction_at": now,
        "last_message_at": now,
    }
    row = Fan(**{**values, **facts})
    with office.db.transaction() as session:
        session.add(row)
        session.flush()
        return row.id


def message(office, fan_id, kind="text", answered_by="default", at=None, reply="您的留言已收到", **fields):
    at = at or utc_now()
    row = Message(
        key=os.urandom(16),
        account_id=office.runtime.accounts["head"].id,
        fan_id=fan_id,
        kind=kind,
        fields=fields,
        sent_at=at,
        received_at=at,
        answered_by=answered_by,
        reply={"type": "text", "content": reply} if reply else None,
    )
    with office.db.transaction() as session:
        session.add(row)
        session.flush()
        return row.id


@pytest.fixture
def two_shops(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    return here, there


def test_a_shop_manager_sees_only_fans_and_messages_of_the_shop(office, two_shops):
    mine = fan(office, "oMine_0001", last_shop_id=two_shops[0])
    other = fan(office, "oOther_0001", last_shop_id=two_shops[1])
    nobodys = fan(office, "oNobody_0001")
    message(office, mine, Content="我想去云南")
    message(office, other, Content="我想去三亚")
    manager = office.inside("manager")

    listed = manager.get("/admin/fans/").text
    said = manager.get("/admin/messages/").text

    assert "oMine_0001" in listed
    assert "oOther_0001" not in listed
    assert "oNobody_0001" not in listed
    assert "1 位粉丝" in listed
    assert "3 位粉丝" in office.inside("alice").get("/admin/fans/").text
    assert "云南" in said
    assert "三亚" not in said
    assert "三亚" not in manager.get(f"/admin/messages/?fan={other}").text
    assert "我想去三亚" not in manager.get("/admin/messages/?q=三亚").text
    assert "oOther_0001" not in manager.get(f"/admin/fans/?shop={two_shops[1]}").text
    assert "oOther_0001</code>" not in manager.get("/admin/fans/?q=oOther_0001").text
    for key in (other, nobodys):
        assert manager.get(f"/admin/fans/{key}").status_code == 404
        assert manager.post(f"/admin/fans/{key}/reply", words="您好").status_code == 404
    assert manager.get(f"/admin/fans/{mine}").status_code == 200
    assert make.promises(office.db) == []
    assert "look.refused" in {entry.action for entry in office.audit()}


def test_filters_and_pages_of_fans(office, two_shops):
    account = office.runtime.accounts["head"].id
    channel = make.channel(office.db, "P:12", account_id=account, shop_id=two_shops[0])
    long_ago = utc_now() - timedelta(days=60)
    fan(office, "oLeft_0001", standing="left", left_at=utc_now())
    fan(office, "oScanned_01", last_scene="P:12", last_channel_id=channel, last_shop_id=two_shops[0])
    fan(
        office,
        "oSilent_001",
        last_interaction_at=long_ago,
        last_message_at=None,
        followed_at=long_ago,
        unionid="uni-1",
    )
    alice = office.inside("alice")

    def found(query):
        page = alice.get(f"/admin/fans/?{query}").text
        return {name for name in ("oLeft_0001", "oScanned_01", "oSilent_001") if f"{name}</code>" in page}

    assert found("standing=left") == {"oLeft_0001"}
    assert (
        found("scene=P:12") == found(f"channel={channel}") == found(f"shop={two_shops[0]}") == {"oScanned_01"}
    )
    assert found("active=-30") == found("q=uni-1") == found("q=oSilent_001") == {"oSilent_001"}
    assert found("active=2") == {"oLeft_0001", "oScanned_01"}
    assert found(f"until={long_ago.astimezone(HERE):%Y-%m-%d}") == {"oSilent_001"}
    assert found("since=0001-01-01&until=9999-12-31&account=7777777777777777777777&shop=x") == {
        "oLeft_0001",
        "oScanned_01",
        "oSilent_001",
    }
    for number in range(60):
        fan(office, f"oMany_{number:04}")
    first = alice.get("/admin/fans/").text
    assert "oMany_0059" in first
    assert "oMany_0009<" not in first
    assert "before=" in first


def test_the_timeline_tells_touches_words_and_answers(office, two_shops):
    account = office.runtime.accounts["head"].id
    make.channel(office.db, "P:12", account_id=account, shop_id=two_shops[0])
    key = fan(office)
    message(office, key, "event.subscribe", "rule:1", EventKey="qrscene_P:12", Ticket="gQTICKETTICKET")
    message(office, key, Content=f"我的电话 13812345678 {HOSTILE}", reply=f"好的 {HOSTILE}")
    message(office, key, "event.some_new_thing", "", reply="", What=HOSTILE)
    alice = office.inside("alice")

    for page in (alice.get(f"/admin/fans/{key}").text, alice.get("/admin/messages/").text):
        assert "关注" in page
        assert "P:12" in page
        assert "138****5678" in page
        for never in (HOSTILE, "<img src=x", "13812345678", "gQTICKET"):
            assert never not in page


def test_answering_while_the_window_is_open(office, two_shops):
    key = fan(office, last_shop_id=two_shops[0])
    manager = office.inside("manager")
    manager.get(f"/admin/fans/{key}")

    answer = manager.post(f"/admin/fans/{key}/reply", words="  您好，电话 13812345678  ", follow=True)

    [made] = make.promises(office.db)
    assert made.job == "replies.say"
    assert made.arguments == {"fan_id": key, "reply": {"type": "text", "content": "您好，电话 13812345678"}}
    assert "等待" in answer.text
    assert "138****5678" in answer.text
    assert "最多还能发 4 条" in answer.text
    [told] = [entry for entry in office.audit() if entry.action == "fan.written_to"]
    assert "13812345678" not in told.after
    assert told.actor == "manager"
    for _ in range(4):
        manager.post(f"/admin/fans/{key}/reply", words="再说一句")
    refused = manager.post(f"/admin/fans/{key}/reply", words="第六句")
    assert refused.status_code == 422
    assert len(make.promises(office.db)) == 5


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (
            {
                "last_message_at": utc_now() - timedelta(hours=49),
                "last_interaction_at": utc_now() - timedelta(hours=49),
            },
            "超过 48 小时",
        ),
        ({"last_message_at": None, "last_interaction_at": None}, "从未留言"),
        ({"standing": "left"}, "已取关"),
    ],
)
def test_a_closed_window_is_refused_with_its_reason(office, facts, why):
    key = fan(office, **facts)
    alice = office.inside("alice")

    assert why in alice.get(f"/admin/fans/{key}").text
    answer = alice.post(f"/admin/fans/{key}/reply", words="您好")

    assert answer.status_code == 422
    assert why in answer.text
    assert "您好</textarea>" in answer.text
    assert make.promises(office.db) == []
    with office.db.reading() as session:
        assert session.scalars(select(OfficeReply)).all() == []
        assert session.scalars(select(Promise)).all() == []


def test_empty_and_endless_words_are_refused(office):
    key = fan(office)
    alice = office.inside("alice")
    alice.get(f"/admin/fans/{key}")

    assert alice.post(f"/admin/fans/{key}/reply", words=" ").status_code == 422
    assert alice.post(f"/admin/fans/{key}/reply", words="长" * 601).status_code == 422
    assert make.promises(office.db) == []


def test_messages_are_found_by_words_kind_day_and_who_answered(office):
    key = fan(office)
    old = utc_now() - timedelta(days=9)
    message(office, key, Content="想看 Northern Lights 100%", answered_by="rule:3")
    message(office, key, Content="转人工", answered_by="desk", reply="")
    message(office, key, Content="在吗", answered_by="", reply="", at=old)
    message(office, key, "event.click", "", reply="", EventKey="ROUTES")
    alice = office.inside("alice")

    def found(query):
        page = alice.get(f"/admin/messages/?{query}").text
        return [
            name
            for name in ("Northern", "转人工", "在吗", "ROUTES")
            if f'said">{name}' in page or f"想看 {name}" in page
        ]

    assert found("q=northern") == found("q=100%25") == found("answered=rule") == ["Northern"]
    assert found("q=10_%25") == []
    assert found("answered=agent") == ["转人工"]
    assert found("answered=nobody") == found(f"until={old.astimezone(HERE):%Y-%m-%d}") == ["在吗"]
    assert found("kind=event") == found("kind=event.click") == found("q=route") == ["ROUTES"]
    assert found("kind=message") == ["Northern", "转人工", "在吗"]


def test_a_search_that_runs_out_of_time_says_so_and_goes_on_from_there(office, monkeypatch):
    who = fan(office)
    for number in range(9):
        message(office, who, Content="找到我了" if number == 0 else f"第{number}句")
    monkeypatch.setattr(scanning, "SECONDS", 0.0)
    monkeypatch.setattr(scanning, "FIRST", 4)
    alice = office.inside("alice")

    pages = [alice.get("/admin/messages/?q=找到我").text]
    while further := re.search(r'rel="next" href="([^"]+)"', pages[-1]):
        pages.append(alice.get(further[1].replace("&amp;", "&")).text)

    found = ["找到我了" in page.partition("<tbody")[2] for page in pages]
    assert sum(found) == 1  # the keys of an earlier test's rows may lie before it, and are looked through too
    assert not any(found[:2])
    assert "到目前为止没有找到消息" in pages[0]
