"""The menu editor as forms: limits, two people, publishing, a menu made elsewhere, who may what."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from admin.formats import HERE
from bot.db import utc_now
from bot.fans.models import Fan
from bot.menus import books, drafts
from bot.menus.jobs import publish as job
from bot.menus.models import Menu
from bot.replies.models import AutoReply
from bot.tags.models import FanTag
from bot.users.roles import Role
from simulator.server import Server
from tests import make
from tests.admin.conftest import opened
from tests.menus.make_menus import book, click, group, view
from tests.support.wechat_side import WeChatSide

EDIT = "/admin/menus/"


@pytest.fixture
def platform():
    with Server() as server:
        yield server


@pytest.fixture
def office(database_url, platform):
    """The back office on each kind of database, before a simulated WeChat."""
    yield from opened(WeChatSide.reached(make.config(database_url), platform))


@pytest.fixture
def wechat(office, platform):
    side = WeChatSide(platform, office.runtime.config)
    yield side
    side.close()


@pytest.fixture
def mei(office, wechat):
    office.add("梅", Role.MARKETER)
    return office.inside("梅")


@pytest.fixture
def members(office):
    with office.db.transaction() as session:
        return make.tag(session, "会员").id


def draft(office):
    with office.db.reading() as session:
        return drafts.load(session, office.runtime.accounts["head"].id)


def put(office, made):
    """Let the draft be a book, as colleagues left it."""
    with office.db.transaction() as session:
        account_id = office.runtime.accounts["head"].id
        version = drafts.load(session, account_id).version
        return drafts.save(session, account_id, made, version=version, author="alice", now=utc_now())


def start():
    return book(
        group("去旅行", click("本周线路", "WEEK", id="w"), view("官网", id="p"), id="g"),
        click("找客服", "HELP", id="h"),
    )


def rows(office):
    with office.db.reading() as session:
        return list(session.scalars(select(Menu).order_by(Menu.id)))


def bare(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_a_limit_is_told_beside_its_field_and_changes_nothing(mei, office):
    version = put(office, start())
    mei.get(EDIT)

    facts = {"menu": "default", "id": "h", "version": version, "type": "click", "key": "HELP"}
    answer = mei.post("/admin/menus/button", **facts, name="有事请找人工客服")

    assert answer.status_code == 422
    assert re.search(r'id="e-name"[^>]*>最多 16 字节，现在是 24 字节', answer.text)
    assert 'value="有事请找人工客服"' in answer.text
    assert draft(office).version == version

    assert mei.post("/admin/menus/button", **facts, name="人工客服").status_code == 303
    assert books.find(draft(office).book, "h").button["name"] == "人工客服"
    entry = office.audit()[-1]
    assert (entry.action, entry.subject_kind) == ("menu.changed", "menu_draft")


def test_the_check_while_typing_says_what_saving_says(mei, office):
    query = {"name": "一二三四五", "type": "view", "url": "www.example.com"}

    found = mei.get("/admin/menus/check", query_string=query).json["problems"]

    assert [(one["field"], one["warning"]) for one in found] == [("name", True), ("url", False)]
    assert "4 个汉字" in found[0]["says"]
    grouped = mei.get("/admin/menus/check", query_string={**query, "is_sub": "1"}).json["problems"]
    assert [one["field"] for one in grouped] == ["url"]


def test_what_a_kind_does_not_need_is_not_kept(mei, office):
    version = put(office, start())
    mei.get(EDIT)

    mei.post(
        "/admin/menus/button",
        menu="default",
        id="h",
        version=version,
        name="官网",
        type="view",
        url="https://www.example.com/",
        key="HELP",
        media_id="x",
    )

    assert books.find(draft(office).book, "h").button == {
        "id": "h",
        "name": "官网",
        "type": "view",
        "url": "https://www.example.com/",
    }


def test_buttons_are_added_moved_dropped_and_taken_out_without_a_script(mei, office):
    put(office, start())
    mei.get(EDIT)

    def act(name, **facts):
        answer = mei.post(f"/admin/menus/{name}", version=draft(office).version, menu="default", **facts)
        assert answer.status_code == 303
        return answer

    added = act("add", under="g").location
    key = re.search(r"at=(\w+)", added)[1]
    act("move", id=key, way="up")
    act("drop", id="h", under="g", place=0)
    act("remove", id="p")

    assert [place.button["id"] for place in books.places(draft(office).book)] == ["g", "h", "w", key]
    assert (
        mei.post("/admin/menus/move", version=draft(office).version, id="w", way="sideways").status_code
        == 400
    )


def test_a_full_group_takes_no_more(mei, office):
    put(office, book(group("满", *(click(name) for name in "abcde"), id="g")))
    mei.get(EDIT)

    answer = mei.post("/admin/menus/add", version=1, menu="default", under="g", follow=True)

    assert "放不下了" in answer.text
    assert draft(office).version == 1


def test_the_second_editor_is_told_and_nothing_is_lost(mei, office):
    version = put(office, start())
    alice = office.inside("alice")
    for person in (mei, alice):
        person.get(EDIT)
    facts = {"menu": "default", "id": "h", "version": version, "type": "click", "key": "HELP"}
    assert alice.post("/admin/menus/button", **facts, name="联系我们").status_code == 303

    answer = mei.post("/admin/menus/button", **facts, name="人工客服")

    assert answer.status_code == 409
    assert "同事改了这个菜单" in answer.text
    assert "联系我们" in answer.text
    assert 'value="人工客服"' in answer.text
    assert books.find(draft(office).book, "h").button["name"] == "联系我们"
    again = {**facts, "version": re.search(r'name="version" value="(\d+)"', answer.text)[1]}
    assert mei.post("/admin/menus/button", **again, name="人工客服").status_code == 303
    assert books.find(draft(office).book, "h").button["name"] == "人工客服"


def test_a_button_taken_out_meanwhile_can_be_added_again(mei, office):
    version = put(office, start())
    alice = office.inside("alice")
    for person in (mei, alice):
        person.get(EDIT)
    alice.post("/admin/menus/remove", version=version, menu="default", id="h")

    facts = {"menu": "default", "type": "click", "key": "HELP", "name": "人工客服"}
    answer = mei.post("/admin/menus/button", id="h", version=version, **facts)

    assert answer.status_code == 409
    assert "已被 alice 删除" in answer.text
    assert mei.post("/admin/menus/add", version=version + 1, under="", **facts).status_code == 303
    assert draft(office).book["default"][-1]["name"] == "人工客服"


def test_a_step_on_an_older_draft_is_not_done(mei, office):
    version = put(office, start())
    put(office, start())
    mei.get(EDIT)

    for path, facts in (
        ("move", {"id": "w", "way": "down"}),
        ("remove", {"id": "w"}),
        ("add", {"menu": "default"}),
        ("discard", {}),
        ("conditional/remove", {"menu": "x"}),
    ):
        answer = mei.post(f"/admin/menus/{path}", version=version, **facts)
        assert answer.status_code == 409, path
        assert "刚刚有同事改了草稿" in answer.text
    assert draft(office).version == version + 1


def test_two_who_begin_at_the_same_moment_make_one_draft(office):
    account_id, now = office.runtime.accounts["head"].id, utc_now()
    with office.db.transaction() as session:
        drafts.save(session, account_id, start(), version=0, author="a", now=now)
    with office.db.transaction() as session, pytest.raises(drafts.Stale):
        drafts.save(session, account_id, start(), version=0, author="b", now=now)


def test_publishing_wants_a_reason_and_a_right_menu_and_tells_what_changes(mei, office, wechat):
    wrong = book(click("", "K", id="x"))
    version = put(office, wrong)
    page = mei.get("/admin/menus/publish")
    assert "发布前须修改" in page.text
    assert mei.post("/admin/menus/publish", version=version, note="试").status_code == 422

    version = put(office, start())
    mei.get("/admin/menus/publish")
    assert mei.post("/admin/menus/publish", version=version, note="").status_code == 422
    assert rows(office) == []
    answer = mei.post("/admin/menus/publish", version=version, note="秋季线路", follow=True)

    assert "正在发往微信" in answer.text
    job(office.runtime, "head")
    assert wechat.menu() == [
        "去旅行",
        "  本周线路 WEEK",
        "  官网 https://www.example.com/page",
        "找客服 HELP",
    ]
    [row] = rows(office)
    assert (row.state, row.author, row.note, row.number) == ("published", "梅", "秋季线路", 1)
    entry = office.audit()[-1]
    assert (entry.action, entry.reason) == ("menu.published", "秋季线路")
    assert "版本 1 正在生效" in mei.get(EDIT).text
    assert "两者相同" in mei.get(EDIT).text


def test_somebody_elses_draft_is_not_published_unseen(mei, office, wechat):
    version = put(office, start())
    mei.get("/admin/menus/publish")
    put(office, book(click("别的")))

    answer = mei.post("/admin/menus/publish", version=version, note="秋")

    assert answer.status_code == 409
    assert "没有发布" in answer.text
    assert rows(office) == []


def test_a_menu_made_elsewhere_is_asked_about_kept_and_can_come_back(mei, office, wechat):
    wechat.has_from_the_console([{"type": "click", "name": "旧菜单", "key": "OLD"}])
    version = put(office, start())
    mei.get("/admin/menus/publish")

    asked = mei.post("/admin/menus/publish", version=version, note="上线")
    assert asked.status_code == 409
    assert "不是从这里发布的" in asked.text
    assert rows(office) == []

    assert mei.post("/admin/menus/publish", version=version, note="上线", over="yes").status_code == 303
    job(office.runtime, "head")
    assert [(row.state, row.author) for row in rows(office)] == [("replaced", ""), ("published", "梅")]

    old = rows(office)[0].id
    mei.get(f"/admin/menus/versions/{old}")
    wechat.has_from_the_console([{"type": "click", "name": "又改了", "key": "AGAIN"}])
    asked = mei.post(f"/admin/menus/versions/{old}/publish", note="先退回")
    assert asked.status_code == 409
    assert "替换微信上现有的菜单" in asked.text
    job(office.runtime, "head")
    assert mei.post(f"/admin/menus/versions/{old}/publish", note="先退回").status_code == 303
    job(office.runtime, "head")
    assert wechat.menu() == ["旧菜单 OLD"]
    assert rows(office)[-1].note == "恢复到版本 1：先退回"


def test_a_console_menu_that_comes_back_says_its_texts_again(mei, office, wechat):
    wechat.has_from_the_console([{"type": "text", "name": "问好", "value": "您好，欢迎"}])
    version = put(office, start())
    mei.get("/admin/menus/publish")
    mei.post("/admin/menus/publish", version=version, note="上线", over="yes")
    job(office.runtime, "head")
    with office.db.reading() as session:
        assert session.scalars(select(AutoReply)).all() == []

    old = rows(office)[0]
    mei.get(f"/admin/menus/versions/{old.id}")
    for note in ("先退回", "再退回"):
        assert mei.post(f"/admin/menus/versions/{old.id}/publish", note=note).status_code == 303
    job(office.runtime, "head")

    [key] = books.keys(rows(office)[-1].document)
    assert wechat.menu() == [f"问好 {key}"]
    with office.db.reading() as session:
        [rule] = session.scalars(select(AutoReply))
    assert (rule.words, rule.reply) == ([key], {"type": "text", "content": "您好，欢迎"})
    assert rule.enabled


def test_a_console_menu_taken_into_the_draft_says_its_texts_once_published(mei, office, wechat):
    wechat.has_from_the_console([{"type": "text", "name": "问好", "value": "您好，欢迎"}])
    version = put(office, start())
    mei.get("/admin/menus/publish")
    mei.post("/admin/menus/publish", version=version, note="上线", over="yes")
    job(office.runtime, "head")

    mei.get("/admin/menus/")
    mei.post(f"/admin/menus/versions/{rows(office)[0].id}/edit", version=version)
    mei.get("/admin/menus/publish")
    answer = mei.post("/admin/menus/publish", version=draft(office).version, note="还是旧的好")

    assert answer.status_code == 303
    with office.db.reading() as session:
        [rule] = session.scalars(select(AutoReply))
    assert rule.reply == {"type": "text", "content": "您好，欢迎"}


def test_what_we_published_ourselves_is_not_asked_about(mei, office, wechat, members):
    version = put(office, book(click("众"), m=(members, click("会"))))
    mei.get("/admin/menus/publish")
    mei.post("/admin/menus/publish", version=version, note="一")
    job(office.runtime, "head")

    assert mei.post("/admin/menus/publish", version=version, note="二").status_code == 303


def test_when_wechat_is_away_a_first_menu_waits_and_a_later_one_does_not(mei, office, wechat):
    version = put(office, start())
    mei.get("/admin/menus/publish")
    wechat.fails("/cgi-bin/get_current_selfmenu_info", kind="api_error", count=50)

    assert mei.post("/admin/menus/publish", version=version, note="一").status_code == 422
    wechat.sim("DELETE", "faults")
    mei.post("/admin/menus/publish", version=version, note="一")
    job(office.runtime, "head")
    wechat.fails("/cgi-bin/get_current_selfmenu_info", kind="api_error", count=50)
    assert mei.post("/admin/menus/publish", version=version, note="二").status_code == 303


def test_a_scheduled_menu_is_shown_and_called_off(mei, office, wechat):
    version = put(office, start())
    mei.get("/admin/menus/publish")
    due = (utc_now() + timedelta(days=1)).astimezone(HERE).replace(second=0, microsecond=0)
    facts = {"version": version, "note": "国庆", "when": "later"}

    past = mei.post("/admin/menus/publish", **facts, due="2020-01-01T08:00")
    assert past.status_code == 422
    mei.post("/admin/menus/publish", **facts, due=f"{due:%Y-%m-%dT%H:%M}")
    [row] = rows(office)
    assert (row.state, row.due_at) == ("scheduled", due)
    assert f"{due:%Y-%m-%d %H:%M}" in mei.get(EDIT).text

    answer = mei.post(f"/admin/menus/versions/{row.id}/cancel", follow=True)
    assert "已取消发布" in answer.text
    assert rows(office)[0].state == "cancelled"
    again = mei.post(f"/admin/menus/versions/{row.id}/cancel", follow=True)
    assert "已在发布途中" in again.text


def test_a_refusal_is_shown_with_its_remedy(mei, office, wechat):
    version = put(office, book({"id": "m", "name": "图", "type": "media_id", "media_id": "nobody-has-it"}))
    mei.get("/admin/menus/publish")
    mei.post("/admin/menus/publish", version=version, note="图")
    job(office.runtime, "head")

    page = mei.get(f"/admin/menus/versions/{rows(office)[0].id}").text
    assert "40007" in page
    assert "请换一个后重新发布" in page
    assert "微信没有接受版本 1" in mei.get(EDIT).text


def test_an_import_makes_rules_of_console_texts_once(mei, office, wechat):
    wechat.has_from_the_console(
        [
            {"type": "text", "name": "问好", "value": "您好，欢迎"},
            {"type": "news", "name": "图文", "news_info": {"list": []}},
        ]
    )
    assert "从账号现有的菜单开始" in mei.get(EDIT).text

    answer = mei.post("/admin/menus/import", version=0, follow=True)
    assert "1 段按钮文字已转成自动回复" in answer.text
    assert "图文" in answer.text
    assert mei.post("/admin/menus/import", version=1).status_code == 303
    with office.db.reading() as session:
        [rule] = session.scalars(select(AutoReply))
    assert rule.reply == {"type": "text", "content": "您好，欢迎"}
    assert rule.words == [draft(office).book["default"][0]["key"]]
    assert "不能从这里发布" in mei.get("/admin/menus/publish").text
    assert mei.post("/admin/menus/import", version=0).status_code == 409


def test_menus_by_tag_are_added_ordered_and_taken_out(mei, office, members):
    put(office, start())
    mei.get(EDIT)
    added = mei.post("/admin/menus/conditional", version=1, tag=members)
    menu = re.search(r"menu=(\w+)", added.location)[1]

    assert "会员" in mei.get(f"{EDIT}?menu={menu}").text
    assert mei.post("/admin/menus/conditional", version=2, tag=999).status_code == 400
    assert mei.post("/admin/menus/conditional/tag", version=2, menu=menu, tag=members).status_code == 303
    assert mei.post("/admin/menus/conditional/move", version=3, menu=menu, way="down").status_code == 303
    assert mei.post("/admin/menus/conditional/remove", version=4, menu=menu).status_code == 303
    assert draft(office).book["conditional"] == []


def test_a_key_nobody_answers_is_told_with_the_way_to_answer_it(mei, office):
    put(office, start())
    page = mei.get(f"{EDIT}?at=h").text
    assert "没有自动回复" in page
    link = re.search(r'href="(/admin/replies/new[^"]+)"', page)[1].replace("&amp;", "&")
    form = mei.get(link).text
    assert ">HELP</textarea>" in form

    make.rule(office.db, trigger="event_key", words=["HELP"], content="请留言")
    assert "已有自动回复应答" in mei.get(f"{EDIT}?at=h").text


def test_deleting_the_rule_of_a_key_that_phones_show_warns(mei, office, wechat):
    rule = make.rule(office.db, trigger="event_key", words=["HELP", "OTHER"], content="请留言")
    assert "可能还会发来" not in mei.get(f"/admin/replies/{rule}").text
    version = put(office, start())
    mei.get("/admin/menus/publish")
    mei.post("/admin/menus/publish", version=version, note="一")
    job(office.runtime, "head")

    page = mei.get(f"/admin/replies/{rule}").text
    assert re.search(r"可能还会发来这些 key[^\"]*HELP", page)
    assert not re.search(r"可能还会发来这些 key[^\"]*OTHER", page)


def fan(office, wechat, tag_id, shop_id=None):
    openid = wechat.follow()
    with office.db.transaction() as session:
        row = Fan(
            account_id=office.runtime.accounts["head"].id,
            openid=openid,
            standing="following",
            created_at=utc_now(),
            follow_count=1,
            message_count=0,
            last_shop_id=shop_id,
        )
        session.add(row)
        session.flush()
        session.add(FanTag(fan_id=row.id, tag_id=tag_id, tagged_at=utc_now(), source="test"))
    return openid


def test_what_we_expect_a_fan_to_see_stands_beside_what_wechat_says(mei, office, wechat, members):
    openid = fan(office, wechat, members)
    version = put(office, book(click("众"), m=(members, click("会员专区"))))
    mei.get("/admin/menus/publish")
    mei.post("/admin/menus/publish", version=version, note="一")
    job(office.runtime, "head")

    page = bare(mei.get(f"/admin/menus/preview?fan={openid}").text)
    assert "看到“会员”的菜单" in page
    assert "与微信的答复不同" in page  # WeChat was not told the fan's tag

    [tag] = wechat.server.platform.account(wechat.app_id).tags
    wechat.call("/cgi-bin/tags/members/batchtagging", {"openid_list": [openid], "tagid": tag})
    assert "与微信的答复一致" in bare(mei.get(f"/admin/menus/preview?fan={openid}").text)
    assert "会员专区" in mei.get(f"/admin/menus/preview?tag={members}").text
    assert "没有这个 OpenID" in mei.get("/admin/menus/preview?fan=oNobody").text


def test_a_shop_manager_looks_and_changes_nothing(office, wechat, members):
    mine, other = make.shop(office.db), make.shop(office.db, "泉城路店", "济南分公司")
    office.add("店长", Role.SHOP_MANAGER, shops=[mine])
    manager = office.inside("店长")
    put(office, start())
    openid = fan(office, wechat, members, shop_id=other)

    page = manager.get(EDIT)
    assert page.status_code == 200
    assert "保存按钮" not in page.text
    assert "没有这个 OpenID" in manager.get(f"/admin/menus/preview?fan={openid}").text
    for path in ("button", "add", "move", "drop", "remove", "import", "publish", "conditional"):
        assert manager.post(f"/admin/menus/{path}", version=1, menu="default").status_code == 403, path
    assert draft(office).version == 1


def test_a_marketer_of_some_shops_cannot_change_what_all_share(office, wechat):
    office.add("分店营销", Role.MARKETER, shops=[make.shop(office.db)])
    local = office.inside("分店营销")
    version = put(office, start())
    local.get(EDIT)

    answer = local.post("/admin/menus/add", version=version, menu="default", under="g")

    assert answer.status_code == 404
    assert draft(office).version == version
    assert office.audit()[-1].action == "change.refused"
