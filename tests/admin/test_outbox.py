"""Dead promises are seen with their reasons, and replayed once, by those who may."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.db import utc_now
from bot.outbox.models import Promise, State
from bot.restorations.models import Restoration
from bot.users.roles import Role
from tests import make

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def office(office_anywhere):
    return office_anywhere


def promise(db, **facts):
    values = {
        "job": "replies.say",
        "arguments": {"fan_id": 1, "reply": {"type": "text", "content": "您好"}},
        "state": State.DEAD.value,
        "due_at": utc_now(),
        "attempts": 8,
        "created_at": utc_now() - timedelta(hours=3),
        "finished_at": utc_now() - timedelta(hours=2),
        "reason": "CredentialsRefused: invalid ip (errcode 40164)",
    }
    row = Promise(**{**values, **facts})
    with db.transaction() as session:
        session.add(row)
        session.flush()
        return row.id


def states(db):
    with db.reading() as session:
        return dict(session.execute(select(Promise.id, Promise.state)).all())


def test_the_dead_stand_first_with_reason_remedy_and_age(office):
    promise(office.db)
    promise(
        office.db,
        state=State.WAITING.value,
        finished_at=None,
        reason=None,
        due_at=utc_now() - timedelta(hours=1),
    )

    page = office.inside("alice").get("/admin/outbox/").text

    assert "微信拒绝了我们的密钥、地址或令牌" in page
    assert "在公众平台改好" in page
    assert "最久的已有 2 小时" in page
    assert "最多晚了 1 小时" in page


def test_one_several_and_all_are_replayed_after_their_count_was_shown(office):
    one, two, three, other = (promise(office.db) for _ in range(4))
    done = promise(office.db, state=State.DONE.value)
    alice = office.inside("alice")

    alice.get(f"/admin/outbox/{one}")
    assert alice.post("/admin/outbox/replay", ids=one, sure="yes").status_code == 303
    asked = alice.post("/admin/outbox/replay", ids=[two, three, done]).text
    assert "重试 2 个失败的任务" in asked
    assert set(states(office.db).values()) == {"dead", "waiting", "done"}
    alice.post("/admin/outbox/replay", ids=[two, three], sure="yes")
    asked = alice.post("/admin/outbox/replay", all="yes").text
    assert "重试 1 个失败的任务" in asked
    late = promise(office.db)
    alice.post("/admin/outbox/replay", all="yes", sure="yes", newest=other)

    assert states(office.db) == {
        one: "waiting",
        two: "waiting",
        three: "waiting",
        other: "waiting",
        done: "done",
        late: "dead",
    }
    told = [entry for entry in office.audit() if entry.action == "outbox.replayed"]
    assert [entry.after.count('"count":') for entry in told] == [1, 1, 1]


def test_replaying_twice_is_once(office):
    key = promise(office.db)
    alice = office.inside("alice")
    alice.post("/admin/outbox/replay", ids=key, sure="yes")

    answer = alice.post("/admin/outbox/replay", ids=key, sure="yes", follow=True)

    assert "没有选中失败的任务" in answer.text
    assert len([entry for entry in office.audit() if entry.action == "outbox.replayed"]) == 1


def test_filters_find_by_job_and_text(office):
    promise(
        office.db, job="menus.publish", arguments={"menu_id": 7}, reason="BadRequest: invalid button name"
    )
    promise(office.db)
    alice = office.inside("alice")

    assert "invalid button" not in alice.get("/admin/outbox/?job=replies.say").text
    assert "发布菜单</strong>" in alice.get("/admin/outbox/?q=invalid+button").text
    assert "写信给粉丝</strong>" not in alice.get("/admin/outbox/?q=invalid+button").text


def test_arguments_are_masked_and_hostile_ones_inert(office):
    content = f"{HOSTILE} 13812345678 110101199001011234"
    key = promise(
        office.db,
        arguments={"fan_id": 3, "reply": {"type": "text", "content": content}, "access_token": "abcdef"},
        reason=f"BadRequest: {HOSTILE} access_token=SECRETSECRET",
    )
    alice = office.inside("alice")

    for page in (alice.get(f"/admin/outbox/{key}").text, alice.get("/admin/outbox/?q=script").text):
        assert HOSTILE not in page
        for secret in ("13812345678", "19900101", "abcdef", "SECRETSECRET"):
            assert secret not in page


def test_others_are_kept_out(office):
    key = promise(office.db)
    office.add("auditor", Role.AUDITOR)
    office.add("marketer", Role.MARKETER, shops=[make.shop(office.db)])
    auditor, marketer = office.inside("auditor"), office.inside("marketer")

    assert auditor.get("/admin/outbox/").status_code == 200
    assert auditor.post("/admin/outbox/replay", ids=key, sure="yes").status_code == 403
    assert auditor.post("/admin/health/check").status_code == 403
    for path in ("/admin/outbox/", f"/admin/outbox/{key}", "/admin/health/"):
        assert marketer.get(path).status_code == 403
    assert 'href="/admin/outbox/"' not in marketer.get("/admin/").text
    assert states(office.db) == {key: "dead"}


def test_health_is_looked_at_on_demand_and_kept_with_its_time(office):
    alice = office.inside("alice")
    before = alice.get("/admin/health/").text

    alice.post("/admin/health/check")
    alice.post("/admin/health/quotas")
    page = alice.get("/admin/health/").text

    assert "还没有人检查过" in before
    assert "数据库迁移" in page
    assert "WeChat" in page or "token" in page
    assert "今天" in page
    assert [entry.action for entry in office.audit()][-2:] == ["health.checked", "health.checked"]


def test_after_a_restoration_the_office_says_what_waits_and_why(office):
    moment = utc_now() - timedelta(hours=2)
    promise(
        office.db,
        state=State.HELD.value,
        finished_at=None,
        reason="Restored: the database is of …; it may have been kept since",
    )
    alice = office.inside("alice")
    assert "数据库已恢复到" not in alice.get("/admin/health/").text

    with office.db.transaction() as session:
        session.add(Restoration(taken_at=moment, restored_at=utc_now(), source="test"))

    assert "数据库已恢复到" in alice.get("/admin/health/").text
    held = alice.get("/admin/outbox/?state=held").text
    assert "已暂停" in held
    assert "数据库恢复过，可能在那之前已经做过" in held
