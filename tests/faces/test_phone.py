"""The phone in a browser: the journeys of a traveller, what a bot may not do to it, and how it bears a crowd."""

import base64
import hashlib
import io
import re
import time

import pytest
import qrcode
import requests
from PIL import Image
from playwright.sync_api import expect

from simulator.faces import reach, rewriting
from simulator.world.publishing import Article
from tests.faces.rich_bot import APP_ID, landscape
from tests.faces.rich_world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def rich(server):
    """A platform with a travel agency, its bot and its pages; nobody holds a phone yet."""
    made = World(server)
    yield made
    made.close()


@pytest.fixture
def alice(rich):
    """Alice, who follows."""
    rich.traveller("爱丽丝", "alice", phone="13800000001")
    rich.act("alice", "follow")
    return "alice"


def chat_of(open_tab, number, **look):
    tab = open_tab(f"/phone#who={number}&account={APP_ID}", **look)
    expect(tab.locator(".bubbles li").first).to_be_visible()
    return tab


def page_in(tab):
    return tab.frame_locator(".web-frame")


def say(tab, text):
    field = tab.get_by_role("textbox", name="消息")
    keyboard = tab.get_by_role("button", name="切换到键盘")
    # The account's menu comes by itself, and takes the field's place.
    expect(keyboard.or_(tab.get_by_role("button", name="切换到菜单"))).to_be_visible()
    if keyboard.is_visible():
        keyboard.click()
    field.fill(text)
    field.press("Enter")


def last_bubble(tab):
    return tab.locator(".bubbles li").last


def test_a_traveller_comes_follows_asks_and_signs_in(open_tab, rich):
    tab = open_tab("/phone", width=1440, height=900)
    tab.get_by_label("新旅客的名字").fill("陈静")
    tab.get_by_role("button", name="添加").click()
    expect(tab.locator(".person[aria-current]")).to_contain_text("陈静")

    tab.get_by_role("button", name="扫一扫").first.click()
    tab.get_by_role("button", name="shop-7").click()
    expect(tab.get_by_text("通过二维码「shop-7」")).to_be_visible()
    tab.get_by_role("button", name="关注公众号", exact=True).click()
    expect(tab.get_by_text("王珊正在为您服务")).to_be_visible()
    assert rich.bot.received[-1]["EventKey"] == "qrscene_shop-7"
    expect(tab.locator(".person[aria-current]")).to_contain_text("春秋旅行")

    say(tab, "你好")
    expect(tab.get_by_text("您说：你好")).to_be_visible()
    say(tab, "文章")
    expect(tab.get_by_role("button", name=re.compile("三天两晚"))).to_be_visible()

    tab.get_by_role("button", name="切换到菜单").click()
    tab.get_by_role("button", name="今日特价").click()
    expect(tab.get_by_text("您点了 DEAL_TODAY")).to_be_visible()
    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="会员中心").click()
    number = rich.get("phone/travellers")["travellers"][0]["id"]
    expect(page_in(tab).locator("#who")).to_have_text(rich.openid(number))
    assert "MicroMessenger" in rich.bot.visits[-1]["User-Agent"]
    expect(tab.locator(".web-title")).to_have_text("会员中心")
    tab.get_by_role("button", name="关闭网页").click()

    tab.get_by_role("button", name="+49 小时").click()
    expect(tab.locator(".when").first).to_have_text(re.compile(r"星期|月"))
    assert rich.bot.send(rich.openid(number), "text", content="还在吗")["errcode"] == 45015
    expect(tab.get_by_text("还在吗")).to_have_count(0)


def test_a_follower_who_scans_again_goes_to_the_chat(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)

    tab.get_by_role("button", name="扫一扫").first.click()
    tab.get_by_role("button", name="shop-8").click()

    expect(tab.get_by_text("您又扫了 shop-8")).to_be_visible()


def test_a_poster_is_read_as_a_picture(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    poster = Image.new("RGB", (750, 1334), "#bcd9d2")
    poster.paste(qrcode.make(rich.codes[1]["url"]).get_image().convert("RGB").resize((240, 240)), (470, 1040))
    out = io.BytesIO()
    poster.save(out, "JPEG", quality=80)

    tab.get_by_role("button", name="扫一扫").first.click()
    with tab.expect_file_chooser() as chooser:
        tab.get_by_role("button", name="选择图片").click()
    chooser.value.set_files({"name": "poster.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})

    expect(tab.get_by_text("您又扫了 shop-8")).to_be_visible()


def test_consent_is_asked_and_may_be_refused(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    rich.bot.send(rich.openid(alice), "text", content=f"{rich.bot.url}/login")
    tab.get_by_role("link", name="/login").click()

    page_in(tab).get_by_role("button", name="拒绝").click()
    expect(page_in(tab).get_by_text("你已拒绝")).to_be_visible()
    assert rich.get("travellers/alice")["consents"] == []
    tab.get_by_role("button", name="关闭网页").click()

    tab.get_by_role("link", name="/login").click()
    page_in(tab).get_by_role("button", name="允许").click()
    expect(page_in(tab).locator("#name")).to_have_text("爱丽丝")


def test_a_snapshot_page_offers_the_full_service(open_tab, rich, alice):
    rich.put("settings", snapshot_without_tap=True)
    tab = chat_of(open_tab, alice)
    rich.bot.send(rich.openid(alice), "text", content=f"{rich.bot.url}/login")

    tab.get_by_role("link", name="/login").click()
    expect(page_in(tab).locator("#who")).to_be_visible()
    expect(page_in(tab).locator("#who")).not_to_have_text(rich.openid(alice))
    tab.get_by_role("button", name="使用完整服务").click()
    page_in(tab).get_by_role("button", name="允许").click()

    expect(page_in(tab).locator("#who")).to_have_text(rich.openid(alice))
    expect(tab.get_by_role("button", name="使用完整服务")).to_be_hidden()


def test_two_travellers_have_two_cookie_jars(open_tab, rich, alice):
    rich.traveller("鲍勃", "bob")
    rich.act("bob", "follow")
    tab = chat_of(open_tab, alice)
    for number, name in (("alice", "爱丽丝"), ("bob", "鲍勃")):
        tab.locator(".person", has_text=name).click()
        tab.get_by_role("button", name="服务").click()
        tab.get_by_role("menuitem", name="会员中心").click()
        expect(page_in(tab).locator("#who")).to_have_text(rich.openid(number))
        tab.get_by_role("button", name="关闭网页").click()


def test_a_foreign_host_is_refused_on_the_screen(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="会员中心").click()

    page_in(tab).get_by_role("link", name="内网").click()

    expect(page_in(tab).get_by_text("intranet.example.com 不在其中")).to_be_visible()
    tab.get_by_role("button", name="后退").click()
    expect(page_in(tab).locator("#who")).to_be_visible()


def test_pages_cannot_reach_the_control_api(browser, rich, alice):
    tab = browser.new_page()  # the policies that stop the page speak of it on the console
    tab.goto(f"{rich.url}/phone#who=alice&account={APP_ID}")
    rich.bot.send(rich.openid(alice), "text", content=f"{rich.bot.url}/hostile")

    tab.get_by_role("link", name="/hostile").click()

    said = page_in(tab).locator("#said")
    expect(said).not_to_have_text("…")
    expect(said).to_have_text(
        re.compile("parent:refused control:refused post:(refused|4\\d\\d|5\\d\\d) top:refused")
    )
    assert [each["id"] for each in rich.get("travellers")["travellers"]] == ["alice"]
    assert tab.url.startswith(rich.url)
    tab.close()


def test_the_proxy_never_fetches_the_control_api(rich):
    platform, own = rich.server.platform, {int(rich.url.rpartition(":")[2])}
    port = own.copy().pop()
    for host in ("127.0.0.1", "localhost", "127.1.2.3", "[::1]", "x.localhost"):
        with pytest.raises(reach.Refusal):
            reach.target(platform, f"http://{host}:{port}/sim/travellers", own)
    for path in ("/sim/avatars/../travellers", "/mmbiz/%2e%2e/sim/"):
        with pytest.raises(reach.Refusal):
            reach.target(platform, f"http://127.0.0.1:{port}{path}", own)
    for url in (
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://[x",
    ):
        with pytest.raises(reach.Refusal):
            reach.target(platform, url, own)
    assert reach.target(platform, f"{rich.bot.url}/me", own).fetched == f"{rich.bot.url}/me"


def test_a_page_calls_its_own_site_and_the_js_sdk(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    say(tab, "链接")
    tab.get_by_role("link", name="点这里查看行程").click()
    page = page_in(tab)

    expect(page.locator("#trip")).to_have_text("7")
    expect(page.locator("#api")).to_contain_text("MicroMessenger")
    expect(page.locator("body")).to_have_attribute("data-sdk", "ready")
    expect(page.locator("body")).to_have_attribute("data-shared", "yes")
    tab.locator(".web-head").get_by_role("button", name="更多").click()
    tab.get_by_role("button", name="发送给当前公众号").click()
    tab.get_by_role("button", name="关闭网页").click()
    expect(tab.get_by_text("收到link")).to_be_visible()


def test_a_wrong_signature_reaches_wx_error(open_tab, rich, alice):
    rich.put(f"accounts/{APP_ID}", oauth_domain="example.com")
    tab = chat_of(open_tab, alice)
    say(tab, "链接")

    tab.get_by_role("link", name="点这里查看行程").click()

    expect(page_in(tab).locator("body")).to_have_attribute("data-sdk", "config:invalid url domain")


def test_a_code_from_a_text_message_is_filled_in(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="会员中心").click()
    page_in(tab).get_by_label("验证码").click()

    rich.http.post(
        f"{rich.url}/sms/send", json={"phone": "13800000001", "text": "您的验证码是 482913", "sign": "春秋"}
    )
    tab.locator(".code-bar").get_by_role("button", name="填入").click()
    expect(page_in(tab).get_by_label("验证码")).to_have_value("482913")
    page_in(tab).get_by_role("button", name="绑定").click()

    expect(page_in(tab).locator("#bound")).to_have_text("482913")


def test_a_picture_is_saved_and_scanned_from_the_album(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="会员中心").click()
    page_in(tab).get_by_alt_text("海报").click(button="right")
    tab.get_by_role("button", name="保存图片").click()
    expect(tab.get_by_text("已保存到相册")).to_be_visible()
    tab.get_by_role("button", name="关闭网页").click()

    tab.get_by_role("button", name="扫一扫").first.click()
    tab.get_by_role("button", name="相册", exact=True).click()
    tab.get_by_role("button", name="图片 1").click()

    expect(tab.get_by_text("您又扫了 shop-9")).to_be_visible()


def test_hostile_text_stays_text(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)

    say(tab, "恶意")

    expect(last_bubble(tab)).to_contain_text("<img src=x onerror=")
    expect(last_bubble(tab)).to_contain_text("javascript:")
    assert last_bubble(tab).locator("img, script, a").count() == 0
    assert tab.evaluate("window.hacked") is None


def test_a_failing_bot_is_shown_as_wechat_shows_it(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)

    say(tab, "崩溃")

    expect(tab.get_by_text("该公众号暂时无法提供服务，请稍后再试")).to_be_visible()
    expect(tab.locator(".pushes .pill.bad").first).to_be_visible()


def test_a_person_answers_under_their_name(open_tab, rich, alice):
    rich.put("agents/shan@spring-travel", account=APP_ID, nickname="王珊", status="online", auto_accept=5)
    tab = chat_of(open_tab, alice)

    say(tab, "客服")
    expect(tab.get_by_text("正在为您转接客服")).to_be_visible()
    rich.post("agents/shan@spring-travel/say", account=APP_ID, traveller="alice", text="您好，我是王珊")

    expect(last_bubble(tab)).to_contain_text("您好，我是王珊")
    expect(last_bubble(tab).locator(".agent")).to_have_text("王珊")


def test_a_message_menu_is_tapped_and_typing_is_seen(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    items = [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]
    rich.bot.send(rich.openid(alice), "msgmenu", head_content="满意吗？", list=items, tail_content="谢谢")

    tab.get_by_role("button", name="满意", exact=True).click()
    expect(tab.get_by_text("您说：满意")).to_be_visible()
    assert rich.bot.received[-1]["bizmsgmenuid"] == "101"
    rich.bot.call("/cgi-bin/message/custom/typing", touser=rich.openid(alice), command="Typing")

    expect(tab.get_by_role("heading", name="对方正在输入…")).to_be_visible()


def test_menu_buttons_that_need_the_phone(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)

    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="附近门店").click()
    tab.get_by_role("button", name="外滩").click()
    expect(tab.get_by_text("收到location")).to_be_visible()
    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="拍照报修").click()
    tab.get_by_role("button", name="画一张示例图片").click()
    expect(tab.get_by_text("收到image")).to_be_visible()
    [taken] = [each for each in rich.bot.received if each.get("Event") == "pic_sysphoto"]
    [sent] = [each for each in rich.bot.received if each["MsgType"] == "image"]
    picture = rich.http.get(sent["PicUrl"]).content
    assert taken["SendPicsInfo"]["PicList"]["item"]["PicMd5Sum"] == hashlib.md5(picture).hexdigest()
    tab.get_by_role("button", name="服务").click()
    tab.get_by_role("menuitem", name="扫码验货").click()
    tab.get_by_role("button", name="shop-9").click()
    expect(tab.get_by_text("已扫描，等待公众号处理")).to_be_visible()

    events = [each["Event"] for each in rich.bot.received if each["MsgType"] == "event"]
    assert [each for each in events if each != "subscribe"][:2] == ["location_select", "pic_sysphoto"]
    wait_until(lambda: any(each.get("Event") == "scancode_waitmsg" for each in rich.bot.received))
    [scanned] = [each for each in rich.bot.received if each.get("Event") == "scancode_waitmsg"]
    assert scanned["ScanCodeInfo"]["ScanResult"] == rich.codes[2]["url"]


def test_two_tabs_show_the_same_and_unread_marks_go(open_tab, rich, alice):
    rich.traveller("鲍勃", "bob")
    watching = open_tab("/phone#who=bob")
    chatting = open_tab(f"/phone#who=alice&account={APP_ID}", together_with=watching)
    expect(watching.locator(".live[data-state=on]")).to_be_attached()
    row = watching.locator(".person", has_text="爱丽丝")

    chatting.get_by_role("button", name="返回").click()
    rich.bot.send(rich.openid(alice), "text", content="新消息")
    expect(row.locator(".badge")).to_be_visible()
    chatting.locator(".cells.chats .cell").click()

    expect(row.locator(".badge")).to_have_count(0)


def test_what_happens_while_the_phone_is_loading_is_shown(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)

    def slowly(route):
        read = route.fetch()
        rich.traveller("鲍勃", "bob")
        rich.bot.send(rich.openid(alice), "text", content="新消息")
        route.fulfill(response=read)

    tab.route("**/sim/phone/travellers", slowly, times=1)
    tab.reload()

    expect(tab.locator(".person", has_text="鲍勃")).to_be_visible()
    expect(tab.get_by_text("新消息")).to_have_count(1)


def test_what_is_pushed_while_the_pushes_are_loading_is_listed(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    clicked = tab.locator(".pushes li", has_text="CLICK")

    def slowly(route):
        read = route.fetch()
        rich.act(alice, "click", key="DEAL_TODAY")
        expect(clicked).to_have_count(1)  # the page has heard it
        route.fulfill(response=read)

    tab.route("**/sim/pushes?*", slowly, times=1)
    with tab.expect_response("**/sim/pushes?*"):
        tab.get_by_role("button", name="+1 分钟").click()
    rich.act(alice, "say", text="你好")

    expect(tab.locator(".pushes li", has_text="text").first).to_be_visible()
    expect(clicked).to_have_count(1)


def test_a_refused_message_carries_a_mark(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    tab.route("**/say", lambda route: route.abort())

    say(tab, "发不出去")
    expect(tab.get_by_role("button", name=re.compile("发送失败"))).to_be_visible()
    tab.unroute("**/say")
    tab.get_by_role("button", name=re.compile("发送失败")).click()

    expect(tab.get_by_text("您说：发不出去")).to_be_visible()
    expect(tab.get_by_role("button", name=re.compile("发送失败"))).to_have_count(0)


def test_a_traveller_is_renamed(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)

    tab.locator(".people li").hover()
    tab.get_by_role("button", name="给爱丽丝改名").click()
    tab.get_by_label("新名字").fill("爱丽丝·李")
    tab.keyboard.press("Enter")

    expect(tab.locator(".person")).to_contain_text("爱丽丝·李")
    assert rich.get("travellers/alice")["name"] == "爱丽丝·李"


def test_a_published_article_is_read_in_the_browser(open_tab, rich, alice):
    thumb = rich.bot.upload("image", "cover.png", landscape(), "image/png")
    rich.bot.send(rich.openid(alice), "image", media_id=thumb)
    tab = chat_of(open_tab, alice)
    with rich.server.platform.lock:
        book = rich.server.platform.state.accounts[APP_ID].publications
        book.articles["art_1"] = Article(
            "art_1", [{"title": "江南手记", "content": "<p>水乡</p>"}], 1_790_000_000
        )

    rich.bot.send(rich.openid(alice), "text", content="http://mp.weixin.qq.com/s/art_1")
    tab.get_by_role("link", name="art_1").click()

    expect(page_in(tab).get_by_role("heading", name="江南手记")).to_be_visible()
    expect(page_in(tab).get_by_text("水乡")).to_be_visible()


def test_every_control_has_a_name(open_tab, rich, alice):
    tab = chat_of(open_tab, alice)
    unnamed = """() => [...document.querySelectorAll('button, a[href], input, textarea, select')]
        .filter((each) => each.offsetParent && !each.textContent.trim() && !each.getAttribute('aria-label')
          && !each.labels?.length && !each.title).map((each) => each.outerHTML)"""

    tab.get_by_role("button", name="切换到键盘").click()
    for name in ("表情", "更多"):
        tab.get_by_role("button", name=name, exact=True).click()
        assert tab.evaluate(unnamed) == []
    tab.get_by_role("button", name="扫一扫").first.click()

    assert tab.evaluate(unnamed) == []
    assert tab.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_following_with_the_keyboard_alone(open_tab, rich):
    rich.traveller("爱丽丝", "alice")
    tab = open_tab("/phone#who=alice")
    expect(tab.locator(".tab-bar")).to_be_visible()

    press_to(tab, "通讯录")
    press_to(tab, "春秋旅行")
    expect(tab.get_by_role("button", name="关注公众号", exact=True)).to_be_focused()
    tab.keyboard.press("Enter")

    expect(tab.get_by_text("王珊正在为您服务")).to_be_visible()


def test_on_a_real_phone(open_tab, rich, alice):
    tab = chat_of(open_tab, alice, width=390, height=844, scheme="dark")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390

    tab.get_by_role("tab", name="旅客").click()
    tab.locator(".person", has_text="爱丽丝").click()
    tab.get_by_role("button", name="今日特价").click()
    expect(tab.get_by_text("您点了 DEAL_TODAY")).to_be_visible()

    tab.get_by_role("tab", name="情况").click()
    expect(tab.locator(".pushes li", has_text="CLICK")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_in_english(open_tab, rich, alice):
    tab = open_tab(f"/phone#who=alice&account={APP_ID}", english=True)

    expect(tab.get_by_text("Simulated")).to_be_visible()
    expect(tab.get_by_role("button", name="Scan a code")).to_be_visible()
    tab.get_by_role("button", name="Show the keyboard").click()
    expect(tab.get_by_role("textbox", name="Message")).to_be_focused()


def test_a_crowd_and_ten_thousand_messages_do_not_slow_it(open_tab, rich, alice):
    rich.put("settings", bubbles_kept=20_000)
    platform = rich.server.platform
    for number in range(200):
        rich.traveller(f"旅客{number}", f"n{number}")
    with platform.lock:
        account = platform.state.accounts[APP_ID]
        fan = account.fan("alice")
        for number in range(10_000):
            platform.show(account, fan, "account", "text", {"content": f"第 {number} 条"}, via="mass")

    began = time.monotonic()
    tab = chat_of(open_tab, alice)
    expect(last_bubble(tab)).to_contain_text("第 9999 条")
    assert time.monotonic() - began < 30
    assert tab.locator(".bubbles li").count() <= 150
    assert tab.locator(".people li").count() == 201

    for _ in range(3):
        before = tab.locator(".bubbles li").count()
        tab.locator(".chat-scroll").evaluate("node => { node.scrollTop = 0; }")
        expect(tab.locator(".bubbles li").nth(before)).to_be_attached()
    with platform.lock:
        for number in range(2_000):
            platform.show(account, fan, "account", "text", {"content": f"新 {number}"}, via="mass")
    tab.get_by_role("button", name=re.compile("条新消息")).click()
    expect(last_bubble(tab)).to_contain_text("新 1999")
    began = time.monotonic()
    say(tab, "还快吗")
    expect(tab.get_by_text("您说：还快吗")).to_be_visible()
    assert time.monotonic() - began < 20
    assert tab.locator(".bubbles li").count() <= 600


def test_the_decoder_says_what_is_missing(rich, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    answer = requests.post(
        f"{rich.url}/sim/decode", json={"data": base64.b64encode(b"x").decode()}, timeout=30
    )

    assert answer.status_code == 501
    assert "pip install zxing-cpp" in answer.json()["error"]


def test_pages_are_moved_without_touching_their_text():
    def place(url, is_link):
        return (
            f"/moved{url}" if url.startswith("/") else "/go" if is_link and url.startswith("http") else None
        )

    page = "<!doctype html><html><head><title>行</title></head><body><a href='/a?b=1&amp;c=2'>一</a><a href=x>二</a>"
    page += "<a href='http://else/'>三</a><script>var a = '<a href=\"/b\">';</script><img srcset='/1.png 1x, /2.png 2x'>"
    moved = rewriting.page(page.encode(), place, "<script src=s></script>").decode()

    assert "<head><script src=s></script><title>行</title>" in moved
    assert 'href="/moved/a?b=1&amp;c=2">一' in moved
    assert "<a href=x>二" in moved
    assert '<a href="/go">三' in moved
    assert "var a = '<a href=\"/b\">';" in moved
    assert 'srcset="/moved/1.png 1x, /moved/2.png 2x"' in moved


def press_to(tab, name):
    """Press Tab until the control of that name has the focus, then Enter."""
    for _ in range(40):
        tab.keyboard.press("Tab")
        if name in tab.evaluate("document.activeElement.textContent"):
            tab.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()
