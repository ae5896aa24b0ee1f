"""Broadcasts in the back office: who may do what, in whose scope, and what the pages say."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from admin.formats import HERE
from bot.broadcasts import jobs
from bot.broadcasts.models import Broadcast, MassRecipient, MassSend
from bot.db import utc_now
from bot.fans.models import Fan
from bot.links.models import LinkClick, ShortLink
from bot.materials import uses
from bot.organisation.models import Shop, Staff
from bot.reach.models import ReachContent, ReachMapping, ReachNotice, ReachSettings, ReachTemplate
from bot.tags import needs
from bot.tags.models import FanTag
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import fan
from tests.coupons.world import Desk


@pytest.fixture
def world(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    now = utc_now()
    mine = [fan(office, f"oMine_{one}", last_shop_id=here, last_message_at=now) for one in range(3)]
    theirs = [fan(office, f"oTheirs_{one}", last_shop_id=there, last_message_at=now) for one in range(2)]
    with office.db.transaction() as session:
        staff = Staff(shop_id=here, name="王珊", role="导游", active=True)
        session.add(staff)
        session.flush()
        staff_id = staff.id
    colleague = fan(office, "oColleague", last_shop_id=here, staff_id=staff_id, last_message_at=now)
    office.add("writer", Role.MARKETER)
    office.add("other", Role.MARKETER)
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    office.add("neighbour", Role.SHOP_MANAGER, shops=[there])
    return {
        "here": here,
        "there": there,
        "mine": [*mine, colleague],
        "theirs": theirs,
        "colleague": colleague,
    }


def form(office, **more):
    """Return the fields of a broadcast's form as a browser sends them."""
    return {
        "name": "云南踏青",
        "account": str(office.runtime.accounts["head"].id),
        "place": "",
        "segment": "",
        "way": "planner",
        "tag": "",
        "intent": "broadcast",
        "reply_type": "text",
        "reply_content": "云南踏青季开始报名了，详情 {链接1}",
        "links": "https://travel.example/yunnan",
        "opens": "",
        "rate": "",
        "send_at": "",
        **more,
    }


def written(office, person, **more):
    """Write a broadcast as `person`; return its id."""
    person.get("/admin/broadcasts/new")
    answer = person.post("/admin/broadcasts/new", **form(office, **more))
    assert answer.status_code == 303, answer.text[:3000]
    return int(answer.location.rsplit("/", 1)[1])


def row(office, key):
    with office.db.reading() as session:
        return session.get(Broadcast, key)


def approve(office, person, key, version=None):
    wanted = row(office, key).version if version is None else version
    return person.post(f"/admin/broadcasts/{key}/approve", version=str(wanted), follow=True).text


def test_from_a_draft_to_a_yes_by_somebody_else_to_recipients(office, world):
    writer, other, alice = (office.inside(name) for name in ("writer", "other", "alice"))
    key = written(office, writer)
    page = writer.get(f"/admin/broadcasts/{key}").text
    assert "草稿" in page
    with office.db.reading() as session:
        link = session.scalars(select(ShortLink)).one()
    assert (link.owner, link.address) == (f"broadcast:{key}", "https://travel.example/yunnan")
    assert row(office, key).content["links"] == [link.id]

    estimate = writer.get(f"/admin/broadcasts/{key}/estimate").text
    assert '<dd id="reached">6</dd>' in estimate
    assert "排除" not in estimate.partition("split")[2]
    assert writer.post(f"/admin/broadcasts/{key}/submit").status_code == 303
    assert writer.post(f"/admin/broadcasts/{key}/approve", version="2").status_code == 403
    assert other.post(f"/admin/broadcasts/{key}/send-back", why="x").status_code == 403

    back = alice.post(f"/admin/broadcasts/{key}/send-back", why="价格写错了", follow=True).text
    assert "价格写错了" in back
    assert writer.post(f"/admin/broadcasts/{key}/submit").status_code == 303
    seen = row(office, key).version
    assert 'name="version"' in alice.get(f"/admin/broadcasts/{key}").text
    assert "内容有改动" in approve(office, alice, key, version=seen - 1)
    assert row(office, key).state == "submitted"
    assert "已通过" in approve(office, alice, key)
    jobs.lay(office.runtime, key)

    with office.db.transaction() as session:
        notices = session.scalars(select(ReachNotice).order_by(ReachNotice.fan_id)).all()
        assert [one.fan_id for one in notices] == sorted([*world["mine"], *world["theirs"]])
        assert session.get_one(ReachContent, notices[0].content_id).document["links"] == [link.id]
        notices[0].state, notices[0].route, notices[0].sent_at = "sent", "custom", utc_now()
        notices[1].state, notices[1].reason = "skipped", "capped"
    progress = writer.get(f"/admin/broadcasts/{key}/progress").text
    assert 'hx-trigger="every 2s"' in progress
    assert "本周已收够" in progress
    people = writer.get(f"/admin/broadcasts/{key}/recipients?state=skipped").text
    assert "oMine_1" in people
    assert "oMine_0" not in people
    actions = [entry.action for entry in office.audit()]
    for action in ("added", "submitted", "sent_back", "approved"):
        assert f"broadcast.{action}" in actions


def test_a_change_takes_the_yes_away_and_whoever_changed_it_cannot_give_it(office, world):
    writer, alice = office.inside("writer"), office.inside("alice")
    office.add("carol")
    carol = office.inside("carol")
    key = written(office, writer)
    writer.post(f"/admin/broadcasts/{key}/submit")
    approve(office, alice, key)
    assert row(office, key).state == "approved"

    page = carol.get(f"/admin/broadcasts/{key}/edit").text
    assert "重新提交并审批" in page
    stale = carol.post(f"/admin/broadcasts/{key}/edit", **form(office, name="x", version="0"))
    assert stale.status_code == 409
    changed = form(office, name="云南踏青二", version=str(row(office, key).version))
    assert carol.post(f"/admin/broadcasts/{key}/edit", **changed).status_code == 303
    assert (row(office, key).state, row(office, key).approved_by) == ("draft", None)
    writer.post(f"/admin/broadcasts/{key}/submit")
    assert "不能自己审批" in approve(office, carol, key)
    assert "已通过" in approve(office, alice, key)
    jobs.lay(office.runtime, key)
    late = form(office, version=str(row(office, key).version))
    assert "状态已经变化" in carol.post(f"/admin/broadcasts/{key}/edit", follow=True, **late).text


def test_shops_write_for_their_own_fans_and_branches_approve_within_their_scope(office, world):
    with office.db.reading() as session:
        branch = session.get_one(Shop, world["here"]).branch_id
        elsewhere = session.get_one(Shop, world["there"]).branch_id
    office.add("chief", Role.BRANCH_MANAGER, branches=[branch])
    office.add("far", Role.BRANCH_MANAGER, branches=[elsewhere])
    manager, neighbour, chief, far = (office.inside(one) for one in ("manager", "neighbour", "chief", "far"))
    manager.get("/admin/broadcasts/new")
    for place, status in (("", 422), (f"b:{branch}", 422), ("x:1", 422), (f"s:{world['there']}", 404)):
        answer = manager.post("/admin/broadcasts/new", **form(office, place=place))
        assert answer.status_code == status, place
    manager.get("/admin/broadcasts/new")
    key = written(office, manager, place=f"s:{world['here']}")
    for path in ("", "/edit", "/estimate", "/recipients", "/progress"):
        assert neighbour.get(f"/admin/broadcasts/{key}{path}").status_code == 404, path
    for act in ("submit", "cancel", "delete", "pause", "try", "rate"):
        assert neighbour.post(f"/admin/broadcasts/{key}/{act}").status_code == 404, act
    assert "云南踏青" not in neighbour.get("/admin/broadcasts/").text
    assert row(office, key).state == "draft"

    manager.post(f"/admin/broadcasts/{key}/submit")
    assert far.post(f"/admin/broadcasts/{key}/approve", version="2").status_code == 404
    assert manager.post(f"/admin/broadcasts/{key}/approve", version="2").status_code == 403
    assert "已通过" in approve(office, chief, key)
    jobs.lay(office.runtime, key)
    with office.db.reading() as session:
        assert sorted(session.scalars(select(ReachNotice.fan_id))) == sorted(world["mine"])
    # A broadcast of the whole group is nobody's but the head office's.
    whole = written(office, office.inside("writer"))
    assert chief.get(f"/admin/broadcasts/{whole}").status_code == 404


WRONG = {
    "a name": {"name": ""},
    "an account": {"account": "99"},
    "a link for each number": {"links": ""},
    "a number for each link": {"reply_content": "没有链接"},
    "https": {"links": "http://travel.example/"},
    "an address without a name": {"links": "https://a@travel.example/"},
    "a moment to come": {"send_at": "2020-01-01T08:00"},
    "a moment": {"send_at": "tomorrow"},
    "a rate": {"rate": "0"},
    "a kind": {"intent": "series"},
    "a way": {"way": "pigeon"},
    "a segment that is there": {"segment": "77"},
    "words that fit with their links": {"reply_content": "字" * 660 + "{链接1}" * 1 + "尾" * 18},
    "the same for everybody in a mass send": {"way": "mass_openids"},
    "no placeholder in a mass send": {"way": "mass_openids", "links": "", "reply_content": "{门店}"},
    "a tag for a send to a tag": {"way": "mass_tag", "links": "", "reply_content": "x"},
}


def test_what_a_broadcast_wants_is_said_and_nothing_is_kept(office, world):
    writer = office.inside("writer")
    writer.get("/admin/broadcasts/new")
    for wants, wrong in WRONG.items():
        answer = writer.post("/admin/broadcasts/new", **form(office, **wrong))
        assert (answer.status_code, "has-error" in answer.text) == (422, True), wants
    with office.db.reading() as session:
        assert session.scalars(select(Broadcast.id)).all() == []
        assert session.scalars(select(ShortLink.id)).all() == []


def test_a_trial_goes_to_colleagues_only(office, world):
    writer = office.inside("writer")
    key = written(office, writer)
    assert "王珊" in writer.get(f"/admin/broadcasts/{key}").text
    assert "请选择" in writer.post(f"/admin/broadcasts/{key}/try", to=str(world["mine"][0]), follow=True).text
    writer.post(f"/admin/broadcasts/{key}/try", to=str(world["colleague"]))
    with office.db.reading() as session:
        [notice] = session.scalars(select(ReachNotice)).all()
    assert (notice.fan_id, notice.intent, notice.batch) == (world["colleague"], "broadcast_trial", None)

    mass = written(office, writer, way="mass_openids", links="", reply_content="大家好")
    writer.post(f"/admin/broadcasts/{mass}/try", to=str(world["colleague"]))
    promised = [one for one in make.promises(office.db) if one.job == "broadcasts.preview"]
    assert [one.arguments for one in promised] == [{"broadcast_id": mass, "fan_id": world["colleague"]}]


def test_the_estimate_says_what_each_quota_has_and_when_it_does_not_suffice(office, world, monkeypatch):
    writer = office.inside("writer")
    key = written(office, writer, intent="broadcast_service")
    left = {"/cgi-bin/message/custom/send": 500_000, "/cgi-bin/message/template/send": 90_000}
    line = SimpleNamespace(quota=lambda path: {"remain": left[path]})
    monkeypatch.setattr(office.runtime.wechat, "of", lambda name: line)
    account_id = row(office, key).account_id
    with office.db.transaction() as session:
        silent = update(Fan).where(Fan.id.in_(world["mine"][:3]))
        session.execute(silent.values(last_message_at=None, last_interaction_at=None))
        template = {"account_id": account_id, "template_id": "T1"}
        session.add(
            ReachTemplate(
                **template, kind="template", title="", content="", example="", industry="", seen_at=utc_now()
            )
        )
        session.add(
            ReachMapping(
                **template, intent="broadcast_service", kind="template", fields={}, changed_at=utc_now()
            )
        )
        rules = {"quiet_from": "00:00", "quiet_until": "00:00", "cap": 3, "fans_too": True}
        session.merge(ReachSettings(account_id=account_id, **rules, templates_a_day=100))

    enough = writer.get(f"/admin/broadcasts/{key}/estimate").text
    with office.db.transaction() as session:
        session.get_one(ReachSettings, account_id).templates_a_day = 2
    short = writer.get(f"/admin/broadcasts/{key}/estimate").text

    assert "模板消息 今日剩余 100 次" in enough
    assert "今日剩余 500,000 次" in enough
    assert "额度不足" not in enough
    assert "模板消息 今日剩余 2 次" in short
    assert "额度不足" in short


def test_a_broadcast_carries_a_coupon_if_its_writer_may_give_one_and_a_trial_gives_none(office, world):
    desk = Desk(office.db)
    template = desk.template(name="踏青券")
    alice = office.inside("alice")
    assert "同时送券" in alice.get("/admin/broadcasts/new").text

    mass = {"way": "mass_openids", "links": "", "reply_content": "大家好"}
    wrong = alice.post("/admin/broadcasts/new", **form(office, coupon=str(template), **mass))
    unknown = alice.post("/admin/broadcasts/new", **form(office, coupon=str(template + 1)))
    key = written(office, alice, coupon=str(template))

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert row(office, key).content["coupon"] == template
    assert "每人附一张优惠券：踏青券" in alice.get(f"/admin/broadcasts/{key}").text
    assert f'<option value="{template}" selected>踏青券' in alice.get(f"/admin/broadcasts/{key}/edit").text
    alice.post(f"/admin/broadcasts/{key}/try", to=str(world["colleague"]))
    with office.db.reading() as session:
        said = session.scalars(select(ReachContent)).one().document
    assert "coupon" not in said


def test_pausing_going_on_and_calling_off_from_the_page(office, world):
    writer, alice = office.inside("writer"), office.inside("alice")
    key = written(office, writer)
    writer.post(f"/admin/broadcasts/{key}/submit")
    approve(office, alice, key)
    jobs.lay(office.runtime, key)
    assert "已暂停" in writer.post(f"/admin/broadcasts/{key}/pause", follow=True).text
    writer.post(f"/admin/broadcasts/{key}/rate", rate="600")
    assert row(office, key).rate == 600
    assert "状态已经变化" in writer.post(f"/admin/broadcasts/{key}/delete", follow=True).text
    writer.post(f"/admin/broadcasts/{key}/resume")
    assert row(office, key).state == "sending"
    writer.post(f"/admin/broadcasts/{key}/cancel")
    assert row(office, key).state == "cancelled"
    with office.db.reading() as session:
        assert set(session.scalars(select(ReachNotice.state))) == {"cancelled"}
        assert uses.said_by(session, "broadcast", key) == set()


def test_recipients_are_exported_with_a_reason_within_the_scope(office, world):
    writer, alice, manager = office.inside("writer"), office.inside("alice"), office.inside("manager")
    key = written(office, writer, place=f"s:{world['here']}")
    writer.post(f"/admin/broadcasts/{key}/submit")
    approve(office, alice, key)
    jobs.lay(office.runtime, key)
    with office.db.transaction() as session:
        session.execute(
            update(ReachNotice)
            .where(ReachNotice.fan_id == world["mine"][0])
            .values(state="sent", route="custom")
        )
    assert manager.post(f"/admin/broadcasts/{key}/export", reason_for="x").status_code == 403
    assert "导出用途" in writer.post(f"/admin/broadcasts/{key}/export", follow=True).text
    sheet = writer.post(
        f"/admin/broadcasts/{key}/export", reason_for="复盘", state="sent", **{"as": "csv"}
    ).text
    assert sheet.count("oMine_") == 1
    assert "消息" in sheet
    entry = office.audit()[-1]
    assert (entry.action, entry.reason) == ("broadcast.exported", "复盘")

    with office.db.transaction() as session:
        link, began = session.scalars(select(ShortLink)).one(), session.get_one(Broadcast, key).started_at
        tried = LinkClick(link_id=link.id, fan_id=world["mine"][1], at=began - timedelta(seconds=1))
        session.add_all([tried, LinkClick(link_id=link.id, fan_id=world["mine"][2], at=utc_now())])
    clicked = writer.get(f"/admin/broadcasts/{key}/recipients?clicked=yes").text
    assert ("oMine_1" in clicked, "oMine_2" in clicked) == (False, True)


def test_a_mass_sends_page_shows_its_calls_and_who_was_left_out(office, world):
    writer, alice = office.inside("writer"), office.inside("alice")
    key = written(office, writer, way="mass_openids", links="", reply_content="大家好", send_at="")
    assert '<dd id="reached">6</dd>' in writer.get(f"/admin/broadcasts/{key}/estimate").text
    writer.post(f"/admin/broadcasts/{key}/submit")
    approve(office, alice, key)
    jobs.lay(office.runtime, key)
    with office.db.transaction() as session:
        values = {"state": "failed", "status": "err(40002)", "finished_at": utc_now(), "msg_id": 1}
        session.execute(update(MassSend).values(**values))
        session.execute(
            update(MassRecipient)
            .where(MassRecipient.fan_id == world["mine"][0])
            .values(mass_send_id=None, reason="month_limit")
        )
    page = writer.get(f"/admin/broadcasts/{key}").text
    assert "三十分钟内未确认" in page
    assert "本月已收满四次群发" in page
    people = writer.get(f"/admin/broadcasts/{key}/recipients?reason=month_limit").text
    assert people.count("oMine_") == 1
    sheet = writer.post(f"/admin/broadcasts/{key}/export", reason_for="复盘", **{"as": "csv"}).text
    assert sheet.count("未发送") == 5


def test_a_time_is_shanghais_and_kept(office, world):
    writer = office.inside("writer")
    at = (utc_now() + timedelta(days=2)).replace(second=0, microsecond=0)
    key = written(office, writer, send_at=f"{at.astimezone(HERE):%Y-%m-%dT%H:%M}")
    assert row(office, key).send_at == at
    assert f'value="{at.astimezone(HERE):%Y-%m-%dT%H:%M}"' in writer.get(f"/admin/broadcasts/{key}/edit").text


def test_a_send_to_a_tag_is_the_head_offices_and_wechat_knows_the_tag_as_long_as_it_is_needed(office, world):
    with office.db.transaction() as session:
        tag = make.tag(session, "云南").id
        session.add(FanTag(fan_id=world["mine"][0], tag_id=tag, tagged_at=utc_now(), source="test"))
    account_id = office.runtime.accounts["head"].id

    def needed():
        with office.db.reading() as session:
            return needs.needed(session, account_id)

    manager, writer = office.inside("manager"), office.inside("writer")
    to_tag = {"way": "mass_tag", "tag": str(tag), "links": "", "reply_content": "大家好"}
    manager.get("/admin/broadcasts/new")
    refused = manager.post("/admin/broadcasts/new", **form(office, place=f"s:{world['here']}", **to_tag))
    assert refused.status_code == 422
    key = written(office, writer, **to_tag)
    assert needed() == {tag}
    assert '<dd id="reached">1</dd>' in writer.get(f"/admin/broadcasts/{key}/estimate").text
    writer.post(f"/admin/broadcasts/{key}/delete")
    assert (row(office, key), needed()) == (None, set())
    key = written(office, writer, **to_tag)
    writer.post(f"/admin/broadcasts/{key}/submit")
    approve(office, office.inside("alice"), key)
    writer.post(f"/admin/broadcasts/{key}/cancel")
    assert needed() == set()
