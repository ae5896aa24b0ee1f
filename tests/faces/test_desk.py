"""The service desk in a browser: agents, the line, sessions, and the platform's rules in plain words."""

import base64
import io
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

from simulator.world.desk import queue
from tests.faces.contrast import faint
from tests.faces.world import APP_ID

pytestmark = pytest.mark.browser


def desk(open_tab, agent="", **more):
    return open_tab(f"/desk#{APP_ID}/{agent}@yizhan" if agent else "/desk", **more)


def test_the_first_agent_is_added_and_goes_online(open_tab, world):
    tab = desk(open_tab)

    tab.get_by_role("button", name="添加第一位客服").click()
    tab.get_by_label("账号").fill("wangshan")
    tab.get_by_label("昵称").fill("王珊")
    tab.get_by_role("button", name="添加", exact=True).click()

    expect(tab.get_by_role("button", name="在线")).to_have_attribute("aria-pressed", "true")
    expect(tab).to_have_title("王珊 · 客服台")
    tab.reload()
    expect(tab.get_by_label("我扮演")).to_have_value("wangshan@yizhan")


def test_a_traveller_handed_over_by_the_bot_is_accepted_answered_transferred_and_closed(open_tab, world):
    world.agent("wangshan", "王珊")
    world.agent("lilei", "李雷")
    shan, lei = desk(open_tab, "wangshan"), desk(open_tab, "lilei")

    world.say("chen", "转人工，订单要改期")
    expect(shan.locator(".side-waiting")).to_contain_text("转人工，订单要改期")
    shan.get_by_role("button", name="接待陈晓").click()
    shan.get_by_label("回复").fill("您好，我是王珊。")
    shan.get_by_label("回复").press("Enter")

    expect(shan.locator(".by-agent")).to_contain_text("您好，我是王珊。")
    assert (world.chat("chen")[-1]["sender"], world.chat("chen")[-1]["content"]) == (
        "agent",
        {"content": "您好，我是王珊。"},
    )

    shan.get_by_role("button", name="转接").click()
    shan.get_by_role("radio", name="李雷").check()
    shan.get_by_role("dialog").get_by_role("button", name="转接").click()
    expect(lei.locator("#mine")).to_contain_text("陈晓")
    expect(shan.locator("#mine")).not_to_contain_text("陈晓")

    lei.locator("#mine").get_by_text("陈晓").click()
    expect(lei.locator(".bubbles")).to_contain_text("您好，我是王珊。")
    lei.get_by_role("button", name="结束会话").click()
    expect(lei.locator(".side-sessions")).to_contain_text("还没有会话")
    assert world.get(f"desks/{APP_ID}")["sessions"] == []


def test_what_is_said_while_a_conversation_is_loading_is_shown(open_tab, world):
    world.agent("wangshan", "王珊")
    world.say("chen", "人工")
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")
    tab = desk(open_tab, "wangshan")

    def slowly(route):
        read = route.fetch()
        world.say("chen", "在吗")
        expect(tab.locator("#mine")).to_contain_text("在吗")  # the page has heard it
        route.fulfill(response=read)

    tab.route("**/sim/travellers/chen/chat?*", slowly, times=1)
    tab.locator("#mine").get_by_text("陈晓").click()

    expect(tab.locator(".by-traveller").last).to_contain_text("在吗")
    world.say("chen", "还在吗")
    expect(tab.locator(".bubbles").get_by_text("在吗", exact=True)).to_have_count(1)
    expect(tab.locator(".bubbles").get_by_text("还在吗", exact=True)).to_have_count(1)


def test_what_is_said_while_the_desk_is_loading_is_shown(open_tab, world):
    world.agent("wangshan", "王珊")
    world.say("chen", "人工")
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")
    tab = desk(open_tab, "wangshan")
    expect(tab.locator("#mine")).to_contain_text("陈晓")

    def slowly(route):
        read = route.fetch()
        world.say("chen", "还在吗")
        expect(tab.locator("#mine")).to_contain_text("还在吗")  # the page has heard it
        route.fulfill(response=read)

    tab.route(f"**/sim/desks/{APP_ID}", slowly, times=1)
    world.agent("lilei", "李雷")

    expect(tab.locator("#desk-about")).to_contain_text("李雷")
    expect(tab.locator("#mine")).to_contain_text("还在吗")


def test_a_button_that_is_held_stays_while_news_come_in(open_tab, world):
    world.agent("wangshan", "王珊")
    world.say("chen", "人工")
    tab = desk(open_tab, "wangshan")
    tab.get_by_role("button", name="接待陈晓").hover()

    tab.mouse.down()
    with tab.expect_response(f"**/sim/desks/{APP_ID}"):
        world.say("zhou", "人工")
    tab.mouse.up()

    expect(tab.locator("#mine")).to_contain_text("陈晓")
    expect(tab.get_by_role("button", name="接待周敏")).to_be_visible()


def test_who_is_away_is_refused_with_the_reason(open_tab, world):
    world.agent("wangshan", "王珊", status="offline")
    world.say("chen", "人工")
    tab = desk(open_tab, "wangshan")

    tab.get_by_role("button", name="接待陈晓").click()

    expect(tab.locator(".toast")).to_contain_text("您现在是离开状态，上线后才能接待。（65415）")


def test_a_transfer_to_somebody_away_is_refused_in_the_dialog(open_tab, world):
    world.agent("wangshan", "王珊")
    world.agent("hanmei", "韩梅", status="offline")
    world.say("chen", "人工")
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")
    tab = desk(open_tab, "wangshan")

    tab.locator("#mine").get_by_text("陈晓").click()
    tab.get_by_role("button", name="转接").click()
    tab.get_by_role("dialog").get_by_role("button", name="转接").click()

    expect(tab.get_by_role("dialog")).to_contain_text("韩梅现在不在线，请换一位。（65415）")


def test_the_slower_of_two_agents_learns_who_was_faster(open_tab, world):
    world.agent("wangshan", "王珊")
    world.agent("lilei", "李雷")
    world.say("chen", "人工")
    lei = desk(open_tab, "lilei")
    expect(lei.get_by_role("button", name="接待陈晓")).to_be_visible()
    # The line is dead until they accept, so that this tab still shows somebody whom a colleague has taken.
    accepts = []
    lei.on("request", lambda request: accepts.append(request) if request.url.endswith("/accept") else None)
    lei.route(f"**/sim/desks/{APP_ID}", lambda route: route.continue_() if accepts else route.abort())
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")

    lei.get_by_role("button", name="接待陈晓").click()

    expect(lei.locator(".toast")).to_contain_text("已由王珊接待")


def test_an_agent_with_room_is_given_travellers_and_sees_what_is_unread(open_tab, world):
    world.agent("wangshan", "王珊")
    tab = desk(open_tab, "wangshan")

    tab.get_by_label("自动接入，最多同时").fill("2")
    tab.get_by_label("自动接入，最多同时").press("Tab")
    expect(tab.get_by_label("自动接入，最多同时")).to_have_value("2")
    for traveller in ("chen", "zhou", "wu"):
        world.say(traveller, "人工")

    expect(tab.locator("#mine li")).to_have_count(2)
    expect(tab.locator(".side-waiting .person")).to_have_count(1)
    tab.locator("#mine").get_by_text("陈晓").click()
    world.say("zhou", "在吗")
    world.say("zhou", "还有一个问题")
    expect(tab.locator("#mine li", has_text="周敏").locator(".badge")).to_be_visible()
    assert tab.title().startswith("(")


def test_pictures_go_both_ways(open_tab, world):
    world.agent("wangshan", "王珊")
    world.say("chen", "人工")
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#0f6b5c").save(out, "PNG")
    world.act("chen", "send", type="image", data=base64.b64encode(out.getvalue()).decode())
    tab = desk(open_tab, "wangshan")
    tab.locator("#mine").get_by_text("陈晓").click()

    expect(tab.locator(".theirs img")).to_have_js_property("naturalWidth", 40)
    tab.locator("input[type=file]").set_input_files(
        {"name": "map.png", "mimeType": "image/png", "buffer": out.getvalue()}
    )
    expect(tab.locator(".ours img")).to_have_js_property("naturalWidth", 40)
    assert world.chat("chen")[-1]["type"] == "image"

    tab.locator("input[type=file]").set_input_files(
        {"name": "not.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(tab.locator(".toast")).to_contain_text("只能发送 PNG、JPEG、GIF 或 BMP 图片。（40137）")


def test_an_invited_agent_works_once_confirmed(open_tab, world):
    tab = desk(open_tab)
    tab.get_by_role("button", name="添加第一位客服").click()
    tab.get_by_label("账号").fill("bob")
    tab.get_by_label("昵称").fill("小柏")
    tab.get_by_label("先发邀请").check()
    tab.get_by_label("对方的微信号").fill("bob_wx")
    tab.get_by_role("button", name="添加", exact=True).click()

    expect(tab.locator(".me")).to_contain_text("已邀请微信 bob_wx，等待确认。")
    tab.get_by_role("button", name="以对方身份确认").click()

    expect(tab.get_by_role("button", name="离开")).to_have_attribute("aria-pressed", "true")


def test_hostile_names_and_texts_stay_text(open_tab, world):
    hostile = "<img src=x onerror=window.hurt=1><script>window.hurt=1</script>"
    world.agent("wangshan", "<b>王珊")
    world.post("travellers", id="mallory", name=hostile)
    world.act("mallory", "follow")
    world.say("mallory", f"人工{hostile}")
    world.say("mallory", '<a href="javascript:window.hurt=1">点我</a>')
    tab = desk(open_tab, "wangshan")

    tab.get_by_role("button", name=f"接待{hostile}").click()

    expect(tab.locator(".bubbles")).to_contain_text(f"人工{hostile}")
    tab.get_by_text("点我").first.click()
    assert tab.evaluate("window.hurt") is None
    assert tab.locator("main img[src=x], main script").count() == 0


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (820, 1100), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits(open_tab, world, width, height, scheme):
    world.agent("wangshan", "王珊")
    world.agent("lilei", "李雷")
    for traveller, words in (
        ("chen", "人工，云南六日游还有名额吗"),
        ("zhou", "人工"),
        ("wu", "人工客服在吗"),
    ):
        world.say(traveller, words)
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")
    tab = desk(open_tab, "wangshan", width=width, height=height, scheme=scheme)

    tab.locator("#mine").get_by_text("陈晓").click()

    expect(tab.locator(".bubbles")).to_contain_text("云南六日游")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert faint(tab) == []


def test_two_hundred_travellers_and_ten_thousand_messages_do_not_slow_it(open_tab, server, world):
    world.agent("wangshan", "王珊")
    platform = server.platform
    account = platform.state.accounts[APP_ID]
    world.say("chen", "人工")
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="chen")
    for number in range(200):
        world.post("travellers", id=f"many{number}", name=f"旅客{number}")
    with platform.lock:
        fans = [account.fan(f"many{number}") for number in range(200)]
        for fan in fans:
            fan.subscribed = True
            queue(account, fan.openid, platform.now())
    tab = desk(open_tab, "wangshan")
    tab.locator("#mine").get_by_text("陈晓").click()
    expect(tab.locator(".side-waiting .pill")).to_have_text("200")

    for number in range(50):
        with platform.lock:
            for fan in (*fans[1:], account.fan("chen")):
                platform.show(account, fan, "traveller", "text", {"content": f"第 {number} 句"})
    began = time.monotonic()
    expect(tab.locator(".bubbles")).to_contain_text("第 49 句")
    tab.get_by_label("回复").fill("都看到了")
    tab.get_by_label("回复").press("Enter")
    expect(tab.locator(".by-agent")).to_contain_text("都看到了")

    assert time.monotonic() - began < 30
    assert tab.locator(".desk-face *").count() < 4000


def test_english_is_complete(open_tab, world):
    world.agent("wangshan", "Wang Shan")
    world.post("travellers", id="alice", name="Alice")
    for number in ("chen", "zhou", "wu"):
        world.act(number, "unfollow")
    world.put(f"accounts/{APP_ID}", name="Head office")
    world.act("alice", "follow")
    world.post("travellers", id="bob", name="Bob")
    world.act("bob", "follow")
    world.bot.answer = lambda fields: (
        "<xml><ToUserName>{FromUserName}</ToUserName><FromUserName>{ToUserName}</FromUserName>"
        "<CreateTime>1</CreateTime><MsgType>transfer_customer_service</MsgType></xml>".format(**fields)
    )
    world.say("alice", "Hello")
    world.say("bob", "Hello")
    world.post("agents/wangshan@yizhan/accept", account=APP_ID, traveller="alice")
    tab = desk(open_tab, "wangshan", english=True)

    tab.locator("#mine").get_by_text("Alice").click()

    expect(tab.locator(".chat-foot")).to_contain_text("Send")
    seen = tab.locator("body").inner_text().replace("中文", "")
    assert not [each for each in seen if "\u4e00" <= each <= "\u9fff"], seen
