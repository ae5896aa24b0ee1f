"""Auto-replies in a sheet: out and in again without a change, and checked as the form checks them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.accounts.models import Account
from bot.db import utc_now
from bot.imports import notation
from bot.imports.notation import NotAReply
from bot.materials.models import Material
from bot.replies.models import AutoReply
from bot.users.roles import Role
from bot.wechat.replies import FORBIDDEN
from tests import make
from tests.support.sheets import agree, excel, opened, send

MEDIA = "kXnVBT9wjs6h3h2T4kP1"
ARTICLE = {"title": "攻略 | 上", "description": "", "picture_url": "", "url": "https://example.com/a"}
HEAD = ["规则名称", "触发方式", "匹配方式", "关键词", "回复内容"]


def rules(office):
    with office.db.reading() as session:
        return {row.title: row for row in session.scalars(select(AutoReply))}


def materials(office, *kinds):
    with office.db.transaction() as session:
        rows = [Material(kind=kind, title=f"{kind} {place}", created_at=utc_now()) for place, kind in enumerate(kinds)]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def test_everything_a_rule_is_goes_out_and_comes_back_unchanged(office_anywhere):
    office = office_anywhere
    shop = make.shop(office.db)
    account = next(iter(office.runtime.accounts.values())).id
    make.rule(office.db, title="问好", words=["你好", "=您好"], match="contains", notify_desk=True, asks_helped=True, content="[开心] 您好\n{门店}", priority=30,
              variants=[{"type": "image", "media_id": MEDIA}], choosing="sequence", weekdays="67", from_time="18:00", until_time="09:00")  # fmt: skip
    make.rule(office.db, title="攻略", words=["攻略"], match="regex", reply={"type": "news", "articles": [ARTICLE, ARTICLE]}, account_id=account, shop_id=shop, channel_id=make.channel(office.db, "c:7", account_id=account))  # fmt: skip
    make.rule(office.db, title="人工", words=["人工"], reply={"type": "transfer_customer_service", "agent": ""}, enabled=False)  # fmt: skip
    make.rule(office.db, title="关注", trigger="follow", content="[图片] 是一个词",
              follow_ups=[{"type": "video", "media_id": MEDIA, "title": "片", "description": ""}, {"type": "music", "thumb_media_id": MEDIA, "title": "歌", "description": "", "url": "https://a.b/c", "hq_url": ""}])  # fmt: skip
    picture, film, guide = materials(office, "image", "video", "article")
    make.rule(office.db, title="素材", words=["素材"], reply={"type": "image", "material_id": picture},
              variants=[{"type": "video", "material_id": film, "title": "片 | 上"}, {"type": "news", "material_ids": [guide]}], choosing="random")  # fmt: skip
    alice = office.inside("alice")
    alice.get("/admin/replies/")

    sheet = alice.post("/admin/replies/sheet/export", **{"as": "xlsx"}).data

    assert len(opened(sheet)) == 6
    assert "无需导入" in send(alice, "replies", sheet).text
    head, *rows = opened(sheet)
    for row in rows:
        row[0] = None  # without ids: found by title, trigger and account
    assert "无需导入" in send(alice, "replies", excel(head, *rows)).text


def test_whether_the_desk_hears_and_the_fan_is_asked_goes_out_and_comes_in(office):
    make.rule(office.db, title="签证", words=["签证"], content="见页面", notify_desk=True, asks_helped=True)
    make.rule(office.db, title="天气", words=["天气"], content="晴", notify_desk=True)
    alice = office.inside("alice")
    alice.get("/admin/replies/")
    sheet = opened(alice.post("/admin/replies/sheet/export", **{"as": "xlsx"}).data)
    told, asked = sheet[0].index("通知客服"), sheet[0].index("询问是否有帮助")
    assert {row[1]: (row[told], row[asked]) for row in sheet[1:]} == {
        "签证": ("是", "是"),
        "天气": ("是", "否"),
    }

    content = excel(
        [*HEAD, "通知客服", "询问是否有帮助"],
        ["签证", "关键词", "", "签证", "见页面", "否", ""],
        ["护照", "关键词", "", "护照", "见页面", "是", "是"],
        ["进来", "关注", "", "", "欢迎", "是", "是"],
        ["人工", "关键词", "", "人工", "[转客服]", "是", ""],
    )
    shown = send(alice, "replies", content)
    assert "不必再通知客服" in shown.text
    agree(alice, shown, rows="right")

    found = {title: (row.notify_desk, row.asks_helped) for title, row in rules(office).items()}
    assert found == {
        "签证": (False, True),
        "天气": (True, False),
        "护照": (True, True),
        "进来": (False, False),
    }


def test_a_material_is_named_by_its_number_and_must_be_there_and_of_the_kind(office):
    picture, archived = materials(office, "image", "image")
    with office.db.transaction() as session:
        session.get_one(Material, archived).archived_at = utc_now()
    alice = office.inside("alice")
    content = excel(
        HEAD,
        ["图", "关键词", "", "图", f"[图片] 素材 {picture}"],
        ["视频", "关键词", "", "视频", f"[视频] 素材 {picture} | 片"],
        ["图文", "关键词", "", "图文", "[图文] 素材 98、99"],
        ["旧图", "关键词", "", "旧图", f"[image] material {archived}"],
        ["两张", "关键词", "", "两张", f"[图片] 素材 {picture} {picture}"],
    )

    shown = send(alice, "replies", content).text

    for missing in (picture, 98, archived):
        assert f"素材库里没有可用的第 {missing} 号" in shown
    assert "里的素材太多" in shown
    assert rules(office) == {}
    assert agree(alice, send(alice, "replies", excel(HEAD, ["图", "关键词", "", "图", f"[图片] 素材 {picture}"]))).status_code == 303  # fmt: skip
    assert rules(office)["图"].reply == {"type": "image", "material_id": picture}


def test_rules_are_added_and_changed_and_answer_at_once(office_anywhere):
    office = office_anywhere
    make.rule(office.db, title="营业时间", words=["几点"], content="旧的", priority=50)
    alice = office.inside("alice")
    content = excel(
        [*HEAD, "备选回复1", "启用"],
        ["营业时间", "关键词", "包含", "几点\n开门", "{营业时间}", "", ""],
        ["新规则", "关键词", "正则", r"^签证\d+$", "需要护照", "[图片] " + MEDIA, "否"],
        ["默认", "默认", "", "", "[图文] 看看 | 介绍 | | https://example.com", "", ""],
    )

    assert agree(alice, send(alice, "replies", content)).status_code == 303

    found = rules(office)
    assert (found["营业时间"].words, found["营业时间"].priority) == (["几点", "开门"], 50)
    assert found["营业时间"].reply["content"] == "{营业时间}"
    assert (found["新规则"].enabled, found["新规则"].variants[0]["media_id"]) == (False, MEDIA)
    assert found["默认"].reply["articles"][0]["url"] == "https://example.com"
    names = [entry.action for entry in office.audit() if entry.action.startswith("auto_reply")]
    assert names == ["auto_reply.changed", "auto_reply.added", "auto_reply.added"]


def test_what_the_form_would_refuse_the_sheet_refuses_with_row_and_column(office):
    alice = office.inside("alice")
    content = excel(
        [*HEAD, "公众号", "门店", "开始时间", "结束时间", "结束日期", "星期"],
        ["坏正则", "关键词", "正则", "(a", "x"],
        ["回看", "关键词", "正则", r"(a)\1", "x"],
        ["无词", "关键词", "包含", "", "x"],
        ["太长", "关键词", "包含", "a", "长" * 700],
        ["无素材", "关键词", "包含", "b", "[图片] ../../x"],
        ["脚本", "关键词", "包含", "c", "[图文] 标题 | | | javascript:alert(1)"],
        ["转接", "关注", "", "", "[转客服]"],
        ["别处", "关键词", "全匹配", "d", "x", "没有的号", "没有的店", "25:00", "", "昨天", "八"],
        ["怪", "随便", "", "", "x"],
        ["空", "默认", "", "", ""],
    )

    shown = send(alice, "replies", content)

    for words in (
        "正则表达式不能用", "请填写", "最多收 2048 字节，现有 2100", "不是素材 media_id", "不是以 https://",
        "只有消息能转客服", "没有叫“没有的号”的公众号", "没有叫“没有的店”", "“25:00”不是时间", "“昨天”不是日期", "不是星期", "“随便”不在可选项里",
    ):  # fmt: skip
        assert words in shown.text, words
    assert shown.text.count("正则表达式不能用") == 2
    assert 'name="digest"' not in shown.text
    assert rules(office) == {}


def test_a_rule_with_a_code_is_not_given_to_another_account(office):
    head = next(iter(office.runtime.accounts.values()))
    with office.db.transaction() as session:
        other = Account(name="other", app_id="wxother", kind="service", original_id="gh_other")
        session.add(other)
        session.flush()
        elsewhere = other.id
    codes = {one: make.channel(office.db, "c:7", account_id=one) for one in (head.id, elsewhere)}
    rule = make.rule(office.db, title="停车", words=["停车"], content="门口停", account_id=elsewhere, channel_id=codes[elsewhere])  # fmt: skip
    alice = office.inside("alice")
    alice.get("/admin/replies/")
    heads, row = opened(alice.post("/admin/replies/sheet/export", **{"as": "xlsx"}).data)
    place, code = heads.index("公众号"), heads.index("渠道码")
    assert row[code] == "c:7"

    alone = excel(
        [heads[0], *HEAD, "公众号"], [rule, "停车", "关键词", "全匹配", "停车", "门口停", head.name]
    )
    shown = send(alice, "replies", alone)

    assert "这条规则的渠道码属于另一个公众号" in shown.text
    assert 'name="digest"' not in shown.text
    row[place] = head.name
    assert agree(alice, send(alice, "replies", excel(heads, row))).status_code == 303
    assert (rules(office)["停车"].account_id, rules(office)["停车"].channel_id) == (head.id, codes[head.id])


def test_who_may_only_see_replies_may_take_them_along_and_bring_none(office):
    make.rule(office.db, title="问好", words=["你好"], content="您好")
    office.add("bob", Role.BRANCH_MANAGER)
    bob = office.inside("bob")
    bob.get("/admin/replies/")

    assert bob.post("/admin/replies/sheet/export", **{"as": "csv"}).status_code == 200
    assert bob.get("/admin/replies/sheet").status_code == 403
    assert bob.post("/admin/replies/sheet").status_code == 403


def test_the_template_is_an_empty_sheet_that_explains_itself(office):
    answer = office.inside("alice").get("/admin/replies/sheet/template")

    [head] = opened(answer.data)
    assert head[:6] == ["编号", "规则名称", "触发方式", "匹配方式", "关键词", "回复内容"]


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_any_words_are_written_and_read_as_they_are(text):
    content = text.replace("\r\n", "\n").strip()
    document = {"type": "text", "content": content}
    if FORBIDDEN.search(content):
        with pytest.raises(NotAReply):
            notation.read(notation.said(document))
    else:
        assert notation.read(notation.said(document)) == (document if content else None)


@pytest.mark.parametrize("text", ["[图片]", "[图文] 只有标题", "[图片] a | b | c", "[文字]", "[视频] x"])
def test_half_a_reply_is_refused(text):
    with pytest.raises(NotAReply):
        notation.read(text)
