"""The auto-replies section: listing, order, the form, two editors, and who may what."""

import pytest
from sqlalchemy import select

from bot.db.revisions import Revision
from bot.replies.models import AutoReply
from bot.users.roles import Role
from tests import make

RULE = {
    "title": "停车",
    "trigger": "keyword",
    "match": "exact",
    "words": "停车\n停车场",
    "reply_type": "text",
    "reply_content": "{门店}旁边就有停车场。",
    "version": "0",
}


def rules_of(office):
    with office.db.reading() as session:
        return {row.title: row for row in session.scalars(select(AutoReply))}


def revision(office):
    with office.db.reading() as session:
        return session.get(Revision, "replies").value


@pytest.fixture
def marketer(office_anywhere):
    office_anywhere.add("mei", Role.MARKETER)
    return office_anywhere.inside("mei")


def test_a_rule_is_added_answers_first_and_stands_in_the_audit(office_anywhere, marketer):
    office = office_anywhere
    make.rule(office.db, title="旧", words=["停车"], content="旧", priority=7)
    before = revision(office)

    answer = marketer.post("/admin/replies/new", follow=True, **RULE)

    assert answer.status_code == 200, answer.text
    row = rules_of(office)["停车"]
    assert row.words == ["停车", "停车场"]
    assert (row.reply, row.variants, row.follow_ups) == (
        {"type": "text", "content": RULE["reply_content"]},
        None,
        [],
    )
    assert (row.priority, row.version, row.enabled) == (17, 1, True)
    assert revision(office) > before
    entry = office.audit()[-1]
    assert (entry.actor, entry.action, entry.subject_name) == ("mei", "auto_reply.added", "停车")


def test_everything_the_form_knows_is_kept_and_shown_again(office_anywhere, marketer):
    office = office_anywhere
    shop_id = make.shop(office.db)
    account_id = office.runtime.accounts["head"].id
    sent = {
        **RULE,
        "match": "contains",
        "account": account_id,
        "shop": shop_id,
        "choosing": "sequence",
        "v1_type": "news",
        "v1_title": "怎么停车",
        "v1_description": "三个入口",
        "v1_url": "https://example.com/park",
        "v1_picture": "",
        "f1_type": "image",
        "f1_media": "media-id_12345",
        "f2_type": "text",
        "f2_content": "<b>请慢行</b>",
        "weekdays": ["6", "7"],
        "from_time": "18:00",
        "until_time": "09:00",
        "valid_from": "2026-11-01",
        "valid_until": "2026-12-31",
    }

    assert marketer.post("/admin/replies/new", **sent).status_code == 303

    row = rules_of(office)["停车"]
    assert (row.account_id, row.shop_id, row.weekdays, row.choosing) == (
        account_id,
        shop_id,
        "67",
        "sequence",
    )
    assert (row.from_time, row.until_time) == ("18:00", "09:00")
    assert (str(row.valid_from), str(row.valid_until)) == ("2026-11-01", "2026-12-31")
    assert row.variants == [
        {
            "type": "news",
            "articles": [
                {
                    "title": "怎么停车",
                    "description": "三个入口",
                    "picture_url": "",
                    "url": "https://example.com/park",
                }
            ],
        }
    ]
    assert [one["type"] for one in row.follow_ups] == ["image", "text"]
    shown = marketer.get(f"/admin/replies/{row.id}").text
    assert "https://example.com/park" in shown
    assert "&lt;b&gt;请慢行" in shown
    assert "<b>请慢行" not in shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"words": " \n "}, "words"),
        ({"match": "regex", "words": "(a"}, "words"),
        ({"match": "regex", "words": r"(a)\1"}, "words"),
        ({"match": "telepathy"}, "match"),
        ({"trigger": "dream"}, "trigger"),
        ({"words": "长" * 121}, "words"),
        ({"words": "\n".join(map(str, range(51)))}, "words"),
        ({"reply_content": ""}, "reply_content"),
        ({"reply_content": "字" * 683}, "reply_content"),
        ({"reply_type": "news", "reply_title": "x", "reply_url": "javascript:alert(1)"}, "reply_url"),
        ({"reply_type": "image", "reply_media": "../etc"}, "reply_media"),
        ({"reply_type": "hologram"}, "reply_type"),
        ({"reply_type": "kept"}, "reply_type"),
        ({"reply_type": "none", "v1_type": "text", "v1_content": "x"}, "reply_type"),
        ({"trigger": "follow", "reply_type": "transfer_customer_service"}, "reply_type"),
        ({"account": "999"}, "account"),
        ({"shop": "999"}, "shop"),
        ({"weekdays": "8"}, "weekdays"),
        ({"from_time": "25:00"}, "from_time"),
        ({"from_time": "09:00", "until_time": "09:00"}, "until_time"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2026-11-02", "valid_until": "2026-11-01"}, "valid_until"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_changes(office, changes, field):
    alice = office.inside("alice")

    answer = alice.post("/admin/replies/new", **{**RULE, **changes})

    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert rules_of(office) == {}


def test_a_shop_that_makes_the_text_too_long_for_wechat_is_found(office):
    make.shop(office.db, "店" * 60)
    alice = office.inside("alice")

    answer = alice.post("/admin/replies/new", **{**RULE, "reply_content": "{门店}" * 12})

    assert answer.status_code == 422
    assert "2,160" in answer.text or "2160" in answer.text


def test_of_two_editors_the_second_is_told_and_both_are_shown(office_anywhere, marketer):
    office = office_anywhere
    key = make.rule(office.db, title="停车", words=["停车"], content="原来的")
    alice = office.inside("alice")
    alice.get(f"/admin/replies/{key}")
    marketer.get(f"/admin/replies/{key}")
    assert (
        alice.post(f"/admin/replies/{key}", **{**RULE, "version": 1, "reply_content": "她的"}).status_code
        == 303
    )

    answer = marketer.post(f"/admin/replies/{key}", **{**RULE, "version": 1, "reply_content": "我的"})

    assert answer.status_code == 409
    assert "她的" in answer.text
    assert "我的" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert rules_of(office)["停车"].reply["content"] == "她的"
    again = marketer.post(f"/admin/replies/{key}", **{**RULE, "version": 2, "reply_content": "我的"})
    assert again.status_code == 303
    assert rules_of(office)["停车"].reply["content"] == "我的"


def test_two_who_save_in_the_same_moment_do_not_both_win(office_anywhere, monkeypatch):
    from admin.replies import editing

    office = office_anywhere
    key = make.rule(office.db, title="停车", words=["停车"], content="原来的")
    alice = office.inside("alice")
    alice.get(f"/admin/replies/{key}")
    shops = editing.shops_of_all
    raced = []

    read = editing.fields.read

    def in_between(form, **facts):
        if not raced and facts["row"] is not None and office.db.dialect != "sqlite":
            raced.append(True)
            with office.db.transaction() as session:
                session.get(AutoReply, key).title = "别人的"
        return read(form, **facts)

    monkeypatch.setattr(editing.fields, "read", in_between)
    answer = alice.post(f"/admin/replies/{key}", **{**RULE, "version": 1})

    # SQLite lets nobody write in between.
    assert answer.status_code == (409 if raced else 303)
    assert shops is editing.shops_of_all


def test_order_is_changed_by_steps_and_an_open_form_is_not_spoilt_by_it(office_anywhere, marketer):
    office = office_anywhere
    keys = {name: make.rule(office.db, title=name, words=[name], content=name) for name in "甲乙丙"}
    shop_id = make.shop(office.db)
    own = make.rule(office.db, title="店", words=["店"], content="店", shop_id=shop_id)

    marketer.get("/admin/replies/")
    marketer.post(f"/admin/replies/{keys['丙']}/move", before=keys["甲"])
    marketer.post(f"/admin/replies/{keys['甲']}/move", after=keys["乙"])
    marketer.post(f"/admin/replies/{keys['甲']}/move", before=own)  # a shop's own stay above
    marketer.post(f"/admin/replies/{keys['甲']}/enabled", enabled="no", back="//evil.example/")

    page = marketer.get("/admin/replies/").text
    assert sorted("店丙乙甲", key=lambda name: page.index(f"<strong>{name}</strong>")) == list("店丙乙甲")
    assert {row.version for row in rules_of(office).values()} == {1}
    assert not rules_of(office)["甲"].enabled
    actions = [entry.action for entry in office.audit()]
    assert actions.count("auto_reply.moved") == 2
    assert actions[-1] == "auto_reply.disabled"


def test_filters_narrow_the_list(office):
    alice = office.inside("alice")
    account_id = office.runtime.accounts["head"].id
    make.rule(office.db, title="一号", words=["a"], content="早上好")
    make.rule(office.db, title="二号", words=["b"], content="晚上好", account_id=account_id)
    make.rule(office.db, title="三号", words=["c"], content="您好", enabled=False)

    def titles(query):
        page = alice.get(f"/admin/replies/?{query}").text
        return [name for name in ("一号", "二号", "三号") if f"<strong>{name}</strong>" in page]

    assert titles("") == ["一号", "二号", "三号"]
    assert titles("q=晚上") == ["二号"]
    assert titles("account=shared") == ["一号", "三号"]
    assert titles(f"account={account_id}") == ["二号"]
    assert titles("state=off") == ["三号"]
    assert titles("trigger=follow") == []


def test_a_rule_is_deleted_and_what_it_said_stays_in_the_audit(office):
    key = make.rule(office.db, title="停车", words=["停车"], content="原来的")
    alice = office.inside("alice")

    assert alice.post(f"/admin/replies/{key}/delete").status_code == 303
    assert rules_of(office) == {}
    assert "原来的" in office.audit()[-1].before


def test_a_shop_manager_reads_and_changes_nothing(office):
    mine, other = make.shop(office.db), make.shop(office.db, "外地店", "外地分公司")
    key = make.rule(office.db, title="停车", words=["停车"], content="原来的", shop_id=other)
    office.add("wang", Role.SHOP_MANAGER, shops=[mine])
    wang = office.inside("wang")

    page = wang.get("/admin/replies/")
    form = wang.get(f"/admin/replies/{key}")
    assert page.status_code == form.status_code == 200
    assert "外地店" not in page.text + form.text
    assert "/move" not in page.text
    for path in ("new", f"{key}", f"{key}/move", f"{key}/enabled", f"{key}/delete"):
        assert wang.post(f"/admin/replies/{path}", **RULE).status_code == 403
    assert wang.get("/admin/replies/new").status_code == 403
    assert rules_of(office)["停车"].reply["content"] == "原来的"


def test_a_marketer_of_one_shop_cannot_change_what_all_shops_say(office):
    key = make.rule(office.db, title="停车", words=["停车"], content="原来的")
    office.add("mei", Role.MARKETER, shops=[make.shop(office.db)])
    mei = office.inside("mei")
    mei.get(f"/admin/replies/{key}")

    for path in ("new", f"{key}", f"{key}/enabled", f"{key}/delete"):
        assert mei.post(f"/admin/replies/{path}", **{**RULE, "version": 1}).status_code in {403, 404}, path
    assert rules_of(office)["停车"].reply["content"] == "原来的"
    assert rules_of(office)["停车"].enabled


def test_what_anybody_wrote_into_a_rule_stays_text(office):
    evil = '"><script>alert(1)</script>'
    key = make.rule(office.db, title=evil, words=[evil], content=evil)
    alice = office.inside("alice")

    for path in ("", f"{key}", f"try?said={evil}&trigger=keyword"):
        page = alice.get(f"/admin/replies/{path}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text


def test_a_pattern_is_judged_while_it_is_typed(office):
    alice = office.inside("alice")

    answer = alice.get("/admin/replies/pattern", query_string={"words": "^yc\\d+$\n(?=x)"})

    assert answer.json["count"] == 2
    [problem] = answer.json["problems"]
    assert "(?=x)" in problem


def test_a_rule_for_one_code_is_added_shown_and_tried(office_anywhere, marketer):
    office = office_anywhere
    account_id = office.runtime.accounts["head"].id
    shop = make.shop(office.db)
    code = make.channel(office.db, "c:9", account_id=account_id, shop_id=shop)
    make.rule(office.db, title="本店", words=["停车"], content="本店停车", shop_id=shop, priority=99)
    marketer.get("/admin/replies/new")

    added = marketer.post("/admin/replies/new", **RULE, account=account_id, channel=code)

    assert added.status_code == 303
    assert rules_of(office)["停车"].channel_id == code
    assert "c:9" in marketer.get("/admin/replies/").text
    assert ">停车</a>" in marketer.get(f"/admin/channels/{code}").text
    asked = "/admin/replies/try?trigger=keyword&said=停车"
    tried = marketer.get(f"{asked}&channel={code}").text
    assert "上海人民广场店旁边就有停车场" in tried.split('id="answer"')[1].split("</div>")[0]
    assert "本店停车" in marketer.get(f"{asked}&shop={shop}").text
    assert marketer.post("/admin/replies/new", **RULE, channel=code + 1).status_code in {404, 422}


def test_the_try_box_says_what_else_comes_before_the_rules(office):
    account_id = office.runtime.accounts["head"].id
    make.rule(office.db, title="酒店退订", words=["退订"], content="请告诉我们订单号。")
    make.rule(office.db, title="默认", trigger="default", content="请留言。")
    make.rule(office.db, title="关注", trigger="follow", content="欢迎。")
    alice = office.inside("alice")

    def tried(said, trigger="keyword"):
        page = alice.get(f"/admin/replies/try?trigger={trigger}&account={account_id}&said={said}").text
        bubbles = page.split('id="answer"')[1].split("</div>")[0]
        return page, bubbles

    page, bubbles = tried("td。")
    assert "以后不再给您发活动和优惠消息" in bubbles
    assert "请留言" not in bubbles
    page, bubbles = tried("退订")
    assert "以后不再给您发活动和优惠消息" in bubbles
    assert "请告诉我们订单号" not in bubbles
    assert "下面这条规则不会生效" in page
    page, bubbles = tried("恢复")
    assert "请留言" in bubbles
    assert "重新收到优惠" in page
    for said, trigger in (("海报", "keyword"), ("STAFF_POSTER", "event_key")):
        page, bubbles = tried(said, trigger)
        assert "海报由门店同事制作" in bubbles
        assert "门店员工会收到自己的海报" in page
    page, bubbles = tried("", "follow")
    assert "欢迎。" in bubbles
    assert "有专属欢迎语的渠道码" in page
    assert 'id="before"' not in tried("你好")[0]


def test_the_try_box_says_when_the_desk_takes_the_words_before_any_rule(office):
    account_id = office.runtime.accounts["head"].id
    make.rule(office.db, title="夜间找客服", words=["人工"], content="九点上线。", asks_helped=True)
    alice = office.inside("alice")
    asked = f"/admin/replies/try?trigger=keyword&account={account_id}&said="

    before = alice.get(f"{asked}人工").text
    make.online(office.db, account_id, "amy@yizhan")
    shadowed, other = alice.get(f"{asked}人工").text, alice.get(f"{asked}你好").text

    assert 'id="desk-takes"' in shadowed
    assert "这条规则在这个公众号不会生效" in shadowed
    assert 'id="desk-takes"' not in before + other
    assert "几秒后会追问旅客" in before
