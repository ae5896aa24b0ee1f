"""Codes in the back office: added, changed by two at once, made by the hundred, retired, given to others."""

import io
from contextlib import suppress
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select

from bot.batches.models import Batch
from bot.channels import retiring
from bot.channels.figures import days, totals
from bot.channels.figures import jobs as figures
from bot.channels.models import Campaign, Channel, ChannelEvent, ChannelGroup, ChannelTag
from bot.db import Scope, utc_now
from bot.doctor.codes import renewals
from bot.errors import YizhanError
from bot.jobs import JOBS
from bot.moments import HERE
from bot.organisation.models import Branch, Staff
from bot.tags.models import Tag
from bot.users.roles import Role
from tests import make

FACTS = {"name": "立牌", "kind": "permanent", "purpose": "wall", "place": "一楼前台", "reply_type": "none"}


@pytest.fixture
def group(office_anywhere):
    """Two branches with a shop each; Carol manages one, Dave only looks, Mei is the marketer."""
    office = office_anywhere
    office.here = make.shop(office.db)
    office.there = make.shop(office.db, "济南泉城路店", "济南分公司")
    with office.db.transaction() as session:
        session.add_all(
            [
                Staff(shop_id=office.here, name="王珊", role="顾问", active=True),
                Staff(shop_id=office.there, name="李明", role="顾问", active=True),
                Tag(name="亲子", kind="manual", created_at=utc_now()),
            ]
        )
    with office.db.reading() as session:
        office.wang, office.li = session.scalars(select(Staff.id).order_by(Staff.id))
        office.tag = session.scalar(select(Tag.id))
        office.shanghai, _jinan = session.scalars(select(Branch.id).order_by(Branch.id))
    office.add("carol", Role.SHOP_MANAGER, shops=[office.here])
    office.add("dave", Role.AUDITOR)
    office.add("mei", Role.MARKETER)
    office.add("lead", Role.SERVICE_LEAD)
    return office


def one(office, **facts):
    with office.db.reading() as session:
        return session.scalars(select(Channel).filter_by(**facts)).one()


def added(office, name="立牌", **facts):
    account_id = next(iter(office.runtime.accounts.values())).id
    with office.db.transaction() as session:
        row = Channel(account_id=account_id, scene=f"c:{name}", name=name, created_at=utc_now(), **facts)
        session.add(row)
        session.flush()
        return row.id


def actions(office):
    return [entry.action for entry in office.audit()]


def test_a_code_is_added_with_its_tags_and_welcomes_and_wechat_is_asked_for_it(group):
    mei = group.inside("mei")
    mei.get("/admin/channels/new")

    answer = mei.post(
        "/admin/channels/new",
        **{**FACTS, "reply_type": "text"},
        staff_id=group.wang,
        fan_tags=group.tag,
        member_tags=group.tag,
        reply_content="欢迎来到{门店}。",
        w1_type="text",
        w1_whom=["member", "new"],
        w1_content="会员您好。",
        w2_type="text",
        w2_content="夜里好。",
        w2_weekdays=["1", "2"],
        w2_from_time="20:00",
        w2_until_time="08:00",
    )

    assert answer.status_code == 303
    channel = one(group)
    assert (channel.scene, channel.shop_id, channel.staff_id) == (f"c:{channel.id}", group.here, group.wang)
    assert channel.welcome == {"type": "text", "content": "欢迎来到{门店}。"}
    assert [variant["whom"] for variant in channel.welcomes] == [["new", "member"], []]
    assert channel.welcomes[1]["weekdays"] == "12"
    with group.db.reading() as session:
        assert {row.for_members for row in session.scalars(select(ChannelTag))} == {False, True}
    assert {(row.job, row.arguments["channel_id"]) for row in make.promises(group.db)} == {
        ("channels.make_code", channel.id)
    }
    assert actions(group)[-1] == "channel.added"
    shown = mei.get(answer.location).text
    assert "会员您好。" in shown
    assert "周一 周二 · 20:00–08:00" in shown
    assert "会员您好。" in mei.get(f"/admin/channels/{channel.id}/try?moment=2026-11-04T12:00").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "请填写"),
        ({"kind": "eternal"}, "请从列出"),
        ({"purpose": "spam"}, "请从列出"),
        ({"staff_id": "999"}, "请从列出"),
        ({"w1_whom": "new", "w1_type": "text"}, "请填写欢迎内容"),
        ({"w1_type": "text", "w1_content": "好", "w1_from_time": "9"}, "09:30"),
        ({"reply_type": "transfer_customer_service"}, "游客"),
        ({"reply_type": "text", "reply_content": "字" * 700}, "2048"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_written(group, changes, said):
    mei = group.inside("mei")
    mei.get("/admin/channels/new")

    answer = mei.post("/admin/channels/new", **{**FACTS, **changes})

    assert answer.status_code == 422
    if said != "游客":
        assert said in answer.text
    with group.db.reading() as session:
        assert session.scalars(select(Channel)).all() == []


def test_a_shop_manager_sees_and_makes_codes_of_their_own_shop_only(group):
    theirs = added(group, "济南立牌", shop_id=group.there)
    mine = added(group, "上海立牌", shop_id=group.here)
    headquarters = added(group, "总部码")
    carol = group.inside("carol")

    listed = carol.get("/admin/channels/").text
    assert ("上海立牌" in listed, "济南立牌" in listed, "总部码" in listed) == (True, False, False)
    for key in (theirs, headquarters, 999):
        for path in ("", "/edit", "/retire", "/reassign", "/try", "/code"):
            assert carol.get(f"/admin/channels/{key}{path}").status_code == 404, path
        for path in ("/edit", "/retire", "/reassign", "/again", "/replaced", "/download/png"):
            assert carol.post(f"/admin/channels/{key}{path}", **FACTS, reason="x").status_code == 404, path
    carol.get("/admin/channels/new")
    for forged in ({"shop_id": group.there}, {"staff_id": group.li}, {"desk_shop_id": group.there}):
        assert carol.post("/admin/channels/new", **{**FACTS, **forged}).status_code == 404
    assert [action for action in actions(group) if action == "look.refused"] != []
    carol.get("/admin/channels/new")
    assert carol.post("/admin/channels/new", **FACTS).status_code == 422
    assert carol.post("/admin/channels/new", **FACTS, shop_id=group.here).status_code == 303
    changed = carol.post(f"/admin/channels/{mine}/edit", **FACTS, shop_id=group.there, version=1)
    assert changed.status_code == 404
    assert one(group, id=mine).shop_id == group.here
    # A download packs what the visitor may see, whatever ids the address names.
    carol.get("/admin/channels/download")
    answer = carol.post(
        f"/admin/channels/download?id={theirs}&id={mine}", form="zip", layout="12", width="430", logo=""
    )
    assert answer.status_code == 303
    with group.db.reading() as session:
        assert session.scalars(select(Batch)).one().arguments["ids"] == [mine]


def test_a_renewal_that_was_refused_can_be_asked_for_again_and_the_code_is_kept(group):
    soon = utc_now() + timedelta(days=2)
    held = {"kind": "temporary", "ticket": "t", "url": "http://weixin.qq.com/q/x", "expires_at": soon}
    key = added(group, "立牌", **held, trouble="errcode 48001", refused_at=utc_now())
    mei = group.inside("mei")

    page = mei.get(f"/admin/channels/{key}").text
    assert "微信拒绝为这个码续期：errcode 48001" in page
    assert "微信还没有生成" not in page
    assert "续期被拒" in mei.get("/admin/channels/").text
    assert [one.remedy for one in renewals(group.runtime)] != []
    assert mei.post(f"/admin/channels/{key}/again").status_code == 303

    asked = one(group, id=key)
    assert (asked.ticket is not None, asked.trouble, asked.refused_at) == (True, None, None)
    assert "channels.make_code" in {one.job for one in make.promises(group.db)}
    assert list(renewals(group.runtime)) == []


def test_no_picture_of_a_code_that_has_ended_is_handed_out(group):
    made = {"kind": "temporary", "ticket": "t", "url": "http://weixin.qq.com/q/x"}
    key = added(group, "展架", **made, expires_at=utc_now() + timedelta(hours=1))
    mei = group.inside("mei")
    assert mei.get(f"/admin/channels/{key}/code").status_code == 200
    assert "code-picture" in mei.get(f"/admin/channels/{key}").text
    with group.db.transaction() as session:
        session.get_one(Channel, key).expires_at = utc_now() - timedelta(minutes=1)

    page = mei.get(f"/admin/channels/{key}").text

    assert "code-picture" not in page
    assert "这个临时码已过期" in page
    assert f"/admin/channels/{key}/again" in page
    assert mei.get(f"/admin/channels/{key}/code").status_code == 404
    for form in ("png", "svg", "pdf"):
        assert mei.post(f"/admin/channels/{key}/download/{form}").status_code == 404
    assert "channel.exported" not in actions(group)


def test_who_sees_their_own_rows_only_makes_codes_and_sees_their_figures(group):
    freelance = group.add("freelance", Role.MARKETER, own=True)
    added(group, "别人的码", shop_id=group.here)
    person = group.inside("freelance")
    person.get("/admin/channels/new")

    assert person.post("/admin/channels/new", **FACTS).status_code == 303

    mine = one(group, name="立牌")
    assert (mine.created_by_id, mine.shop_id) == (freelance, None)
    listed = person.get("/admin/channels/").text
    assert ("立牌" in listed, "别人的码" in listed) == (True, False)
    with group.db.transaction() as session:
        for channel in session.scalars(select(Channel)).all():
            facts = {"account_id": channel.account_id, "channel_id": channel.id, "shop_id": channel.shop_id}
            at = utc_now() - timedelta(minutes=5)
            session.add(
                ChannelEvent(**facts, fan_id=1, at=at, noted_at=at, deed="scan", who="fan", again=False)
            )
        days.want_all(session)
    figures.rebuild(group.db, seconds=60)
    with group.db.scoped_reading(Scope(owner=freelance, user=freelance)) as session:
        today = utc_now().astimezone(HERE).date()
        whole = totals.whole(session, totals.Asked(today - timedelta(1), today))
    assert (whole["scans"], whole["visitors"]) == (1, 1)
    page = person.get("/admin/channel-figures/").text
    assert ("立牌" in page, "别人的码" in page) == (True, False)
    answer = person.post("/admin/channels/new", **FACTS, shop_id=group.here)
    assert answer.status_code in {404, 422}
    person.get("/admin/channels/many")
    shared = {"kind": "temporary", "purpose": "event", "place": "展台", "reply_type": "none"}
    assert person.post("/admin/channels/many", by="list", names="甲\n乙", **shared).status_code == 303
    with group.db.reading() as session:
        batch_id = session.scalars(select(Batch.id)).one()
    with suppress(YizhanError):  # WeChat is not there; the rows are
        JOBS["channels.make"](group.runtime, batch_id=batch_id)
    with group.db.reading() as session:
        rows = session.scalars(select(Channel).where(Channel.name.in_(["甲", "乙"]))).all()
    assert [(row.shop_id, row.created_by_id) for row in rows] == [(None, freelance)] * 2


def test_groups_and_campaigns_are_the_head_offices_to_change(group):
    carol = group.inside("carol")
    carol.get("/admin/channels/new")
    assert carol.post("/admin/channels/groups", name="我的").status_code == 404
    assert carol.post("/admin/campaigns/new", name="我的").status_code == 404
    with group.db.reading() as session:
        assert session.scalars(select(ChannelGroup)).all() == []
        assert session.scalars(select(Campaign)).all() == []


def test_an_auditor_looks_and_a_service_lead_does_not(group):
    key = added(group, shop_id=group.here)
    dave, lead = group.inside("dave"), group.inside("lead")
    assert dave.get(f"/admin/channels/{key}").status_code == 200
    assert dave.get("/admin/channels/new").status_code == 403
    assert dave.post(f"/admin/channels/{key}/retire", reason="x").status_code == 403
    assert dave.get("/admin/channels/download").status_code == 403
    assert lead.get("/admin/channels/").status_code == 403


def test_the_second_of_two_editors_compares(group):
    key = added(group, shop_id=group.here, purpose="wall")
    mei, alice = group.inside("mei"), group.inside("alice")
    mei.get(f"/admin/channels/{key}/edit")
    alice.get(f"/admin/channels/{key}/edit")
    sent = {**FACTS, "shop_id": group.here, "version": 1}
    assert alice.post(f"/admin/channels/{key}/edit", **{**sent, "place": "二楼"}).status_code == 303

    answer = mei.post(f"/admin/channels/{key}/edit", **{**sent, "place": "三楼"})

    assert answer.status_code == 409
    assert "二楼" in answer.text
    assert "三楼" in answer.text
    assert one(group, id=key).place == "二楼"
    assert (
        mei.post(f"/admin/channels/{key}/edit", **{**sent, "place": "三楼", "version": 2}).status_code == 303
    )


def test_a_retired_code_goes_to_another_only_after_a_look_and_for_a_reason(group):
    key = added(group, "旧码", shop_id=group.here, staff_id=group.wang, place="一楼前台", note="铜牌")
    account_id = one(group, id=key).account_id
    with group.db.transaction() as session:
        facts = {"account_id": account_id, "channel_id": key, "fan_id": 7, "shop_id": group.here}
        for days in (1, 40):
            at = utc_now() - timedelta(days=days)
            session.add(ChannelEvent(**facts, at=at, noted_at=at, deed="scan", who="fan", again=False))
    mei = group.inside("mei")
    assert mei.get(f"/admin/channels/{key}/reassign").status_code == 200
    moved = {
        "name": "新码",
        "shop_id": group.there,
        "staff_id": group.li,
        "reason": "门店搬迁",
        "seen": "yes",
    }
    assert mei.post(f"/admin/channels/{key}/reassign", **moved, version=1).status_code == 409
    assert mei.post(f"/admin/channels/{key}/retire", reason="").status_code == 422
    assert mei.post(f"/admin/channels/{key}/retire", reason="门店搬迁").status_code == 303
    # A retired code keeps its owner in the usual form.
    sent = {**FACTS, "name": "旧码", "shop_id": group.there, "version": one(group, id=key).version}
    assert mei.post(f"/admin/channels/{key}/edit", **sent).status_code == 422

    seen = mei.get(f"/admin/channels/{key}/reassign").text
    version = one(group, id=key).version
    without = mei.post(f"/admin/channels/{key}/reassign", **{**moved, "seen": ""}, version=version)
    done = mei.post(f"/admin/channels/{key}/reassign", **moved, version=version)

    assert all(words in seen for words in ("一楼前台", "铜牌", "<strong>1</strong>", "昨天"))
    assert without.status_code == 422
    assert "请确认您已查看" in without.text
    assert done.status_code == 303
    channel = one(group, id=key)
    assert (channel.state, channel.shop_id, channel.staff_id) == ("active", group.there, group.li)
    entry = group.audit()[-1]
    assert (entry.action, entry.reason) == ("channel.reassigned", "门店搬迁")
    with group.db.reading() as session:
        hanging = retiring.hanging(session, channel, now=utc_now())
    assert (hanging.scans, len(hanging.last)) == (1, 2)


def test_a_group_is_moved_but_never_below_itself(group):
    mei = group.inside("mei")
    mei.get("/admin/channels/groups")
    for name, parent in (("门店码", ""), ("华东", "1"), ("上海", "2")):
        with group.db.reading() as session:
            ids = {row.name: row.id for row in session.scalars(select(ChannelGroup))}
        above = {"": "", "1": ids.get("门店码"), "2": ids.get("华东")}[parent]
        assert mei.post("/admin/channels/groups", name=name, parent_id=above).status_code == 303
    with group.db.reading() as session:
        ids = {row.name: row.id for row in session.scalars(select(ChannelGroup))}
    added(group, "外滩码", group_id=ids["上海"], shop_id=group.here)

    circle = mei.post(
        f"/admin/channels/groups/{ids['门店码']}", name="门店码", parent_id=ids["上海"], version=1
    )
    moved = mei.post(f"/admin/channels/groups/{ids['上海']}", name="上海市", parent_id="", version=1)
    stale = mei.post(f"/admin/channels/groups/{ids['上海']}", name="沪", parent_id="", version=1)

    assert (circle.status_code, moved.status_code, stale.status_code) == (422, 303, 409)
    assert "不能移到自己下面" in circle.text
    assert "外滩码" not in mei.get(f"/admin/channels/?group={ids['门店码']}").text
    assert "外滩码" in mei.get(f"/admin/channels/?group={ids['上海']}").text


def test_a_campaign_has_days_and_a_name_of_its_own(group):
    mei = group.inside("mei")
    mei.get("/admin/campaigns/new")
    facts = {"name": "淡季特惠", "begins_on": "2026-11-01", "ends_on": "2026-12-31", "note": ""}
    assert mei.post("/admin/campaigns/new", **facts).status_code == 303
    assert mei.post("/admin/campaigns/new", **facts).status_code == 422
    assert (
        mei.post("/admin/campaigns/new", **{**facts, "name": "x", "ends_on": "2026-10-01"}).status_code == 422
    )
    with group.db.reading() as session:
        key = session.scalar(select(Campaign.id))
    assert mei.post(f"/admin/campaigns/{key}", **{**facts, "note": "机票"}, version=1).status_code == 303
    stale = mei.post(f"/admin/campaigns/{key}", **{**facts, "note": "邮轮"}, version=1)
    assert stale.status_code == 409
    assert "机票" in stale.text
    assert actions(group)[-2:] == ["campaign.added", "campaign.changed"]


def test_a_batch_by_shop_staff_or_list_is_begun_with_what_all_share(group):
    mei = group.inside("mei")
    mei.get("/admin/channels/many")
    shared = {"kind": "temporary", "purpose": "event", "place": "展台", "reply_type": "none"}

    by_shop = mei.post(
        "/admin/channels/many", by="shop", shops=[group.here, group.there], suffix="门店码", **shared
    )
    by_staff = mei.post("/admin/channels/many", by="staff", shops=group.here, **shared)
    by_list = mei.post("/admin/channels/many", by="list", names="甲\n乙\n甲\n", **shared)
    none = mei.post("/admin/channels/many", by="shop", **shared)
    carol = group.inside("carol")
    carol.get("/admin/channels/many")
    forged = carol.post("/admin/channels/many", by="shop", shops=[group.there], **shared)

    assert [answer.status_code for answer in (by_shop, by_staff, by_list, none, forged)] == [
        *[303] * 3,
        422,
        404,
    ]
    with group.db.reading() as session:
        plans = [batch.arguments for batch in session.scalars(select(Batch).order_by(Batch.id))]
    assert [[row["name"] for row in plan["rows"]] for plan in plans] == [
        ["上海人民广场店·门店码", "济南泉城路店·门店码"],
        ["王珊·上海人民广场店"],
        ["甲", "乙"],
    ]
    assert plans[1]["rows"][0]["staff_id"] == group.wang
    assert {plan["common"]["kind"] for plan in plans} == {"temporary"}
    assert actions(group).count("channel.batch_begun") == 3


def sheet(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADING = ("名称", "门店", "员工", "用途", "类型", "备注")
GOOD = ("前台", "上海人民广场店", "王珊", "单页、名片（印刷）", "临时", "铜牌")


def test_an_excel_file_with_bad_rows_makes_nothing_until_they_are_left_out(group):
    content = sheet(
        HEADING,
        GOOD,
        ("", "上海人民广场店"),
        (),
        ("x", "没有的店"),
        ("y", "济南泉城路店", "王珊"),
        ("z", "", "", "贴纸"),
    )
    mei = group.inside("mei")
    mei.get("/admin/channels/many")
    shared = {"by": "excel", "kind": "permanent", "purpose": "wall", "reply_type": "none"}

    def sent(**more):
        return mei.post("/admin/channels/many", **shared, **more, file=(io.BytesIO(content), "码.xlsx"))

    refused, begun = sent(), sent(skip_bad="yes")

    assert refused.status_code == 422
    for said in ("缺少名称", "没有“没有的店”", "没有员工“王珊”", "没有“贴纸”"):
        assert said in refused.text
    assert begun.status_code == 303
    with group.db.reading() as session:
        [plan] = [batch.arguments for batch in session.scalars(select(Batch))]
    assert plan["rows"] == [
        {"name": "前台", "shop_id": group.here, "staff_id": group.wang, "purpose": "handout", "note": "铜牌", "kind": "temporary"}
    ]  # fmt: skip


def test_a_row_of_a_sheet_that_names_one_of_several_is_wrong(group):
    with group.db.transaction() as session:
        session.add_all(Staff(shop_id=group.here, name="李雷", role="顾问", active=True) for _one in range(2))
        upper = [ChannelGroup(name=name) for name in ("上海", "济南")]
        session.add_all(upper)
        session.flush()
        below = [ChannelGroup(name="门口", parent_id=one.id) for one in upper]
        session.add_all(below)
        session.flush()
        wanted = below[1].id
    content = sheet(
        ("名称", "门店", "员工", "分组"),
        ("甲", "上海人民广场店", "李雷", ""),
        ("乙", "上海人民广场店", "", "门口"),
        ("丙", "上海人民广场店", "", "济南 / 门口"),
    )
    mei = group.inside("mei")
    mei.get("/admin/channels/many")
    shared = {"by": "excel", "kind": "permanent", "purpose": "wall", "reply_type": "none"}

    def sent(**more):
        return mei.post("/admin/channels/many", **shared, **more, file=(io.BytesIO(content), "码.xlsx"))

    refused = sent()
    assert refused.status_code == 422
    assert "该门店有几位员工叫“李雷”" in refused.text
    assert "有几个都叫“门口”" in refused.text
    assert sent(skip_bad="yes").status_code == 303
    with group.db.reading() as session:
        [plan] = [batch.arguments for batch in session.scalars(select(Batch))]
    assert [(row["name"], row["group_id"]) for row in plan["rows"]] == [("丙", wanted)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a file", "不是 Excel"),
        (sheet(("店",), ("x",)), "首行"),
        (sheet(HEADING), "没有内容"),
        (b"PK\x03\x04" + b"x" * 100, "不是 Excel"),
        (b"PK\x03\x04" + b"x" * (5 * 1024 * 1024), "4 MB"),
    ],
)
def test_what_is_no_sheet_of_ours_is_refused_with_the_remedy(group, content, said):
    mei = group.inside("mei")
    mei.get("/admin/channels/many")
    shared = {"by": "excel", "kind": "permanent", "purpose": "wall", "reply_type": "none"}
    answer = mei.post("/admin/channels/many", **shared, file=(io.BytesIO(content), "码.xlsx"))
    answer.request.environ["wsgi.input"].close()
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"GIF89a", "不是 PNG"), (b"\x89PNG\r\n\x1a\n" + b"x" * 30, "不是 PNG"), (b"x" * 1_100_000, "1 MB")],
)
def test_a_logo_that_is_no_picture_is_refused(group, content, said):
    added(group, shop_id=group.here)
    mei = group.inside("mei")
    mei.get("/admin/channels/download")
    order = {"form": "zip", "layout": "12", "width": "430", "logo": "own"}
    answer = mei.post("/admin/channels/download", **order, file=(io.BytesIO(content), "l.png"))
    answer.request.environ["wsgi.input"].close()
    assert answer.status_code == 422
    assert said in answer.text


def test_one_code_is_handed_over_in_each_form_and_the_export_is_written_down(group):
    key = added(group, shop_id=group.here, ticket="t", url="http://weixin.qq.com/q/02abc")
    carol = group.inside("carol")
    carol.get(f"/admin/channels/{key}")

    kinds = {}
    for form in ("png", "svg", "pdf", "exe"):
        answer = carol.post(
            f"/admin/channels/{key}/download/{form}", logo="ours", layout="6", foot="微信扫一扫"
        )
        kinds[form] = (answer.status_code, answer.mimetype)

    assert kinds == {
        "png": (200, "image/png"),
        "svg": (200, "image/svg+xml"),
        "pdf": (200, "application/pdf"),
        "exe": (404, "text/html"),
    }
    assert actions(group).count("channel.exported") == 3
    assert carol.get(f"/admin/channels/{key}/code").mimetype == "image/png"
