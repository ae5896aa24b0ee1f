"""What a traveller hears, and what is kept of it, on every database."""

from collections.abc import Iterator

import pytest

from bot.app import assemble
from bot.db import Database
from bot.runtime import Runtime, open_runtime
from tests import make
from tests.support.phone import Phone


@pytest.fixture
def runtime(db: Database, database_url: str) -> Iterator[Runtime]:
    runtime = open_runtime(make.config(database_url))
    yield runtime
    runtime.db.close()


@pytest.fixture
def alice(runtime: Runtime) -> Phone:
    [account] = runtime.config.accounts
    return Phone(assemble(runtime), account)


def test_a_new_follower_is_greeted_by_the_shop_whose_code_was_scanned(db, runtime, alice):
    shop_id = make.shop(db, "上海人民广场店")
    make.channel(db, "c:1", account_id=runtime.accounts["head"].id, shop_id=shop_id)
    make.rule(db, trigger="follow", content="您好，这里是{门店}，{地址}。")

    answer = alice.follow("c:1")

    assert answer.text == "您好，这里是上海人民广场店，黄浦区南京西路100号。"
    fan = make.fans(db)["oAlice"]
    assert (fan.standing, fan.first_scene, fan.first_shop_id) == ("following", "c:1", shop_id)
    promise, reminder = make.promises(db)
    assert (reminder.job, reminder.arguments) == ("members.remind", {"fan_id": fan.id, "moment": "follow"})
    assert (promise.job, promise.arguments) == ("fans.complete", {"fan_id": fan.id})


def test_a_channels_own_welcome_comes_before_the_rule_for_new_followers(db, runtime, alice):
    make.channel(db, "c:1", account_id=runtime.accounts["head"].id, welcome="端午快乐，{门店}在等您。")
    make.rule(db, trigger="follow", content="您好")

    assert alice.follow("c:1").text == "端午快乐，驿站在等您。"


def test_a_second_scan_moves_the_last_touch_and_never_the_first(db, runtime, alice):
    account_id = runtime.accounts["head"].id
    first, second = make.shop(db, "一店"), make.shop(db, "二店")
    make.channel(db, "c:1", account_id=account_id, shop_id=first)
    make.channel(db, "c:2", account_id=account_id, shop_id=second)

    alice.follow("c:1")
    answer = alice.scan("c:2")

    assert answer.text == "您好，这里是二店。有需要请直接留言。"
    fan = make.fans(db)["oAlice"]
    assert (fan.first_shop_id, fan.last_shop_id) == (first, second)


def test_a_code_of_nobodys_leaves_the_fan_with_their_shop(db, runtime, alice):
    shop_id = make.shop(db)
    channel = make.channel(db, "c:1", account_id=runtime.accounts["head"].id, shop_id=shop_id)

    alice.follow("c:old-platform")
    alice.scan("c:1")
    alice.scan("c:old-platform")
    alice.leave()
    alice.follow("c:old-platform")

    fan = make.fans(db)["oAlice"]
    assert (fan.first_scene, fan.first_shop_id) == ("c:1", shop_id)
    assert (fan.last_scene, fan.last_channel_id, fan.last_shop_id) == ("c:1", channel, shop_id)


def test_a_keyword_is_answered_and_what_follows_is_promised(db, alice):
    rule_id = make.rule(
        db,
        words=["营业时间"],
        content="每天9点到20点。",
        follow_ups=[{"type": "text", "content": "节假日不休。"}],
    )

    answer = alice.say("  营业时间 ")

    assert answer.text == "每天9点到20点。"
    [message] = make.messages(db)
    assert message.answered_by == f"rule:{rule_id}"
    assert message.reply == {"type": "text", "content": "每天9点到20点。"}
    [promise] = make.promises(db)
    assert promise.arguments == {
        "fan_id": message.fan_id,
        "reply": {"type": "text", "content": "节假日不休。"},
    }


def test_a_menu_button_is_answered_by_its_key_and_never_handed_to_an_agent(db, runtime, alice):
    make.rule(db, trigger="event_key", words=["NEAR"], content="离您最近的是人民广场店。")
    make.online(db, runtime.accounts["head"].id, "wangshan@head")

    assert alice.click("NEAR").text == "离您最近的是人民广场店。"
    assert alice.click("FORGOTTEN").type == "text"


def test_what_no_rule_answers_goes_to_the_desk_only_if_there_is_one(db, runtime, alice):
    assert alice.say("有人吗").text == "您的留言已收到，客服上线后会尽快回复您。"

    make.online(db, runtime.accounts["head"].id, "wangshan@head")
    _a_second_later(runtime)

    assert alice.say("有人吗").text == "正在为您联系客服，请稍候。"
    # The same request: whom the traveller is given is shown both.
    assert alice.send({"MsgType": "image", "PicUrl": "http://p", "MediaId": "m", "MsgId": 7}).reply is None
    assert [row.job for row in make.promises(db)].count("desk.place") == 1


def test_a_changed_rule_is_answered_by_within_a_second(db, runtime, alice):
    make.rule(db, words=["价格"], content="旧")
    assert alice.say("价格").text == "旧"

    make.rule(db, words=["价格"], content="新", priority=1)
    _a_second_later(runtime)

    assert alice.say("价格").text == "新"


def test_someone_who_was_there_before_us_becomes_a_fan_with_the_first_thing_they_do(db, alice):
    alice.click("NEAR")

    fan = make.fans(db)["oAlice"]
    assert (fan.standing, fan.follow_count, fan.message_count) == ("unknown", 0, 0)
    assert fan.last_interaction_at is not None


def test_leaving_and_returning_are_kept_with_their_times(db, alice):
    alice.follow(CreateTime=1760000000)
    alice.leave(CreateTime=1760000100)
    left = make.fans(db)["oAlice"]
    alice.follow(CreateTime=1760000200)
    back = make.fans(db)["oAlice"]

    assert (left.standing, left.left_at.timestamp()) == ("left", 1760000100)
    assert (back.standing, back.follow_count) == ("following", 2)
    assert (back.followed_at.timestamp(), back.returned_at.timestamp()) == (1760000000, 1760000200)
    assert back.left_at.timestamp() == 1760000100


def test_pushes_in_disorder_leave_the_fan_as_they_ended(db, alice):
    alice.follow(CreateTime=1760000000)
    alice.follow(CreateTime=1760000200)
    alice.leave(CreateTime=1760000100)

    assert make.fans(db)["oAlice"].standing == "following"


def test_the_message_window_opens_with_words_and_not_with_leaving(db, alice):
    alice.say("您好", CreateTime=1760000000)
    alice.leave(CreateTime=1760000500)

    fan = make.fans(db)["oAlice"]
    assert fan.last_message_at.timestamp() == fan.last_interaction_at.timestamp() == 1760000000
    assert fan.message_count == 1


def test_two_fans_whose_openids_differ_in_case_are_two(db, runtime):
    [account] = runtime.config.accounts
    app = assemble(runtime)

    Phone(app, account, openid="oABC").say("a")
    Phone(app, account, openid="oabc").say("b")

    assert sorted(make.fans(db)) == ["oABC", "oabc"]


def test_emoji_and_odd_characters_survive_the_database(db, alice):
    words = "🏮驿站 \u2028 \U0001f468\u200d\U0001f469\u200d\U0001f467 'quoted' \\ %s"

    alice.say(words)

    [message] = make.messages(db)
    assert message.fields == {"Content": words}


def test_words_that_try_to_break_out_of_the_reply_stay_words(db, alice):
    make.rule(db, words=["x"], content="]]></Content><MsgType>news\x0b")

    answer = alice.say("x")

    assert answer.type == "text"
    assert answer.text == "]]></Content><MsgType>news"


def _a_second_later(runtime: Runtime) -> None:
    """Let the half second pass after which a process looks for changes, without waiting for it."""
    runtime.memory._checked_at = float("-inf")


def test_a_line_with_nothing_in_its_place_is_left_out_for_who_came_through_no_shop(db, alice):
    make.rule(db, words=["地址"], content="{门店}\n地址：{地址}\n欢迎您来。")

    assert alice.say("地址").text == "驿站\n欢迎您来。"
