"""The control room in a browser: the clock, faults, the log, the scenario."""

import json
import subprocess
import tomllib

import pytest
from playwright.sync_api import expect

from simulator import xml
from tests.faces.contrast import faint
from tests.faces.world import APP_ID, KEY, TOKEN

pytestmark = pytest.mark.browser


def rows(tab):
    return tab.locator(".long-row")


def copied(tab):
    return tab.evaluate("navigator.clipboard.readText()")


def test_after_a_jump_of_49_hours_a_message_is_refused_and_the_log_shows_it(open_tab, world):
    world.say("chen", "你好")
    assert world.send("chen", "您好") == 0
    tab = open_tab("/control")

    tab.get_by_role("button", name="自定义…").click()
    tab.get_by_label("前进（负数为后退）").fill("49")
    tab.get_by_role("button", name="移动", exact=True).click()
    expect(tab.locator("#control-clock .pill")).to_have_text("比真实时间快 2 天 1 小时")

    assert world.send("chen", "还在吗") == 45015
    expect(rows(tab).first).to_contain_text("45015")
    rows(tab).first.click()
    expect(tab.locator(".record")).to_contain_text("超出回复时限")
    tab.get_by_role("button", name="复位").click()
    expect(tab.locator("#control-clock .pill")).to_have_text("与真实时间一致")
    assert abs(world.get("clock")["offset"]) < 1


def test_48_hours_close_every_window(open_tab, world):
    world.say("chen", "你好")
    tab = open_tab("/control")

    tab.get_by_role("button", name="到 48 小时").click()

    expect(tab.locator(".toast")).to_contain_text("45015")
    assert world.send("chen", "还在吗") == 45015


def test_a_fault_makes_pushes_fail_after_three_attempts(open_tab, world):
    tab = open_tab("/control#faults")
    switch = tab.get_by_role("switch", name="签名错误")

    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    world.say("chen", "有人吗")

    expect(tab.locator("[data-kind=push_wrong_signature]")).to_contain_text("已发生 1 次")
    tab.get_by_role("link", name="流量").click()
    expect(rows(tab).first).to_contain_text("失败 · 3 次")
    rows(tab).first.click()
    expect(tab.locator(".attempts li")).to_have_count(3)
    expect(tab.locator(".attempts li").first).to_contain_text("HTTP 403")
    tab.get_by_role("link", name="故障").click()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert world.say("chen", "现在呢")["push"]["delivered"]


def test_a_fault_may_be_limited_to_a_path_and_a_count(open_tab, world):
    world.say("chen", "你好")
    tab = open_tab("/control#faults")
    card = tab.locator("[data-kind=api_error]")

    card.get_by_label("接口路径").fill("/cgi-bin/message/custom")
    card.get_by_label("次数").fill("1")
    card.get_by_label("错误码").fill("45009")
    card.get_by_role("switch").click()
    expect(card.get_by_role("switch")).to_have_attribute("aria-checked", "true")

    assert [world.send("chen", "一"), world.send("chen", "二")] == [45009, 0]
    expect(card).to_contain_text("已用完")


@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_a_push_copied_as_curl_arrives_when_pasted(open_tab, world, mode):
    said = 'it\'s $HOME `date` "quoted" 你好\n第二行'
    world.say("chen", said)
    tab = open_tab("/control")
    rows(tab).filter(has_text="it's").first.click()
    tab.get_by_role("button", name="复制 curl").click()
    expect(tab.locator(".toast")).to_have_text("已复制")
    world.bot.received.clear()
    if mode == "safe":
        world.put(f"accounts/{APP_ID}", mode="safe")
        tab.locator(".toast").wait_for(state="detached")
        rows(tab).filter(has_text="it's").first.click()
        tab.get_by_role("button", name="复制 curl").click()
        expect(tab.locator(".toast")).to_have_text("已复制")
        world.bot.answer = lambda fields: "success"

    subprocess.run(["bash", "-c", copied(tab)], check=True, capture_output=True, timeout=20)

    [fields] = world.bot.received
    if mode == "plain":
        assert fields["Content"] == said
    else:
        assert set(fields) == {"ToUserName", "Encrypt", "MsgType"} - {"MsgType"}


def test_a_call_copied_as_curl_works_when_pasted(open_tab, world):
    world.say("chen", "你好")
    assert world.send("chen", "it's 您好") == 0
    tab = open_tab("/control")
    rows(tab).filter(has_text="custom/send").first.click()

    tab.get_by_role("button", name="复制 curl").click()
    expect(tab.locator(".toast")).to_have_text("已复制")
    for _ in range(2):
        done = subprocess.run(["bash", "-c", copied(tab)], check=True, capture_output=True, timeout=20)
        assert json.loads(done.stdout)["errcode"] == 0
        # The second time every token was revoked, so the command has to be asked for anew.
        world.post("tokens/revoke", account=APP_ID)
        rows(tab).filter(has_text="custom/send").last.click()
        tab.evaluate("document.getElementById('toasts').replaceChildren()")
        tab.get_by_role("button", name="复制 curl").click()
        expect(tab.locator(".toast")).to_have_text("已复制")

    assert [each["content"]["content"] for each in world.chat("chen")[-2:]] == ["it's 您好"] * 2


def test_a_push_copied_as_a_payload_is_the_message_line_by_line(open_tab, world):
    world.say("chen", "]]> & <b>")
    tab = open_tab("/control")
    rows(tab).filter(has_text="<b>").first.click()

    tab.get_by_role("button", name="复制测试载荷").click()
    expect(tab.locator(".toast")).to_have_text("已复制")

    payload = copied(tab)
    assert payload.startswith("<xml>\n<ToUserName><![CDATA[gh_")
    assert xml.parse(payload)["Content"] == "]]> & <b>"


def test_the_log_is_filtered_and_paused(open_tab, world):
    world.say("chen", "云南")
    world.say("zhou", "海南")
    world.send("wu", "没有互动")
    tab = open_tab("/control")
    everything = len(world.get("traffic")["rows"])
    expect(tab.get_by_text(f"共 {everything} 条")).to_be_visible()

    tab.get_by_label("种类").select_option(label="推送事件")
    expect(rows(tab)).to_have_count(3)
    tab.get_by_role("button", name="清除筛选").click()
    tab.get_by_label("事件或路径").fill("custom/send")
    expect(rows(tab)).to_have_count(1)
    tab.get_by_role("button", name="清除筛选").click()
    tab.get_by_label("文字", exact=True).fill("收到：海南")  # stands in the reply only
    expect(rows(tab)).to_have_count(1)
    expect(rows(tab)).to_contain_text("周敏")
    tab.get_by_role("button", name="清除筛选").click()

    tab.get_by_role("button", name="暂停").click()
    world.say("chen", "新的")
    expect(tab.get_by_role("button", name="继续（1 条新）")).to_be_visible()
    expect(rows(tab).first).not_to_contain_text("新的")
    tab.get_by_role("button", name="继续").click()
    expect(rows(tab).first).to_contain_text("新的")


def test_ten_thousand_rows_do_not_fill_the_page(open_tab, server, world):
    one = server.platform.traffic.pushes.add
    sample = world.get("pushes?limit=1")["pushes"][0]
    server.platform.traffic.pushes._records = type(server.platform.traffic.pushes._records)(maxlen=20_000)
    for number in range(10_000):
        one(
            {
                **{name: value for name, value in sample.items() if name != "id"},
                "time": 1_760_000_000 + number,
            }
        )
    tab = open_tab("/control")
    expect(tab.get_by_text("共 10000 条")).to_be_visible()

    assert rows(tab).count() < 60
    began = tab.evaluate("performance.now()")
    for key, place in (("End", 10_000), ("Home", 1)):
        tab.get_by_role("listbox").press(key)
        expect(tab.locator(f"[aria-posinset='{place}']")).to_have_attribute("aria-selected", "true")
        assert rows(tab).count() < 60
    assert tab.evaluate("performance.now()") - began < 20_000


def test_exported_reset_and_imported_it_is_the_same_world(open_tab, world, tmp_path):
    world.agent("wangshan", "王珊")
    world.say("chen", "人工")
    world.act("chen", "send", type="image")
    world.post("clock", advance=3600)
    before = world.get("export")
    tab = open_tab("/control#scenario")

    with tab.expect_download() as download:
        tab.get_by_role("button", name="下载场景").click()
    download.value.save_as(tmp_path / "scenario.json")
    tab.get_by_role("button", name="重置…").click()
    tab.get_by_role("button", name="全部清空").click()
    expect(tab.get_by_text("现在有 0 个公众号")).to_be_visible()
    tab.locator("#scenario-file").set_input_files(tmp_path / "scenario.json")
    tab.get_by_role("dialog").get_by_role("button", name="导入").click()
    expect(tab.get_by_text("现在有 1 个公众号、3 位旅客")).to_be_visible()

    after = world.get("export")
    assert after == before


def test_an_account_is_added_verified_and_copied(open_tab, world):
    tab = open_tab("/control#accounts")
    tab.get_by_role("button", name="添加公众号").click()
    tab.get_by_label("名称").fill("江南分社")
    tab.get_by_label("类型").select_option("subscription")
    tab.get_by_label("消息加密方式").select_option("safe")
    tab.get_by_label("服务器地址（URL）").fill(world.bot.url)
    tab.get_by_role("textbox", name="Token", exact=True).fill("another")
    tab.get_by_label("EncodingAESKey").fill(KEY)
    tab.get_by_label("IP 白名单").fill("127.0.0.1\n10.0.0.1")
    tab.get_by_role("button", name="保存").click()
    card = tab.get_by_role("article", name="江南分社")
    expect(card).to_contain_text("127.0.0.1、10.0.0.1")

    card.get_by_role("button", name="验证服务器地址").click()
    expect(card).to_contain_text("服务器回了 HTTP 403，请检查 Token 与地址")
    card.get_by_role("button", name="编辑").click()
    tab.get_by_role("textbox", name="Token", exact=True).fill(TOKEN)
    tab.get_by_role("button", name="保存").click()
    card.get_by_role("button", name="验证服务器地址").click()
    expect(card).to_contain_text("验证通过")

    card.get_by_role("button", name="复制配置 TOML").click()
    expect(tab.locator(".toast").last).to_have_text("已复制")
    [block] = tomllib.loads(copied(tab))["accounts"]
    assert (block["name"], block["kind"], block["mode"]) == ("head", "subscription", "safe")
    assert (block["token"], block["encoding_aes_key"]) == (TOKEN, KEY)


def test_quotas_are_seen_limited_and_cleared(open_tab, world):
    world.say("chen", "你好")
    world.send("chen", "一")
    tab = open_tab("/control#quotas")
    row = tab.get_by_role("row", name="/cgi-bin/message/custom/send")
    expect(row).to_contain_text("500,000")

    row.get_by_role("button", name="500,000").click()
    tab.get_by_label("次（").fill("1")
    tab.get_by_role("button", name="保存").click()
    expect(row.locator(".bar.full")).to_be_visible()
    assert world.send("chen", "二") == 45009
    row.get_by_role("button", name="清零").click()
    expect(row.locator(".bar.full")).to_have_count(0)

    assert world.send("chen", "三") == 0


def test_a_mass_message_waits_for_the_administrator(open_tab, world):
    world.put("settings", mass_confirm="admin")
    secret = world.get(f"accounts/{APP_ID}")["app_secret"]
    wanted = {"grant_type": "client_credential", "appid": APP_ID, "secret": secret}
    token = world.http.post(f"{world.url}/cgi-bin/stable_token", json=wanted).json()["access_token"]
    tab = open_tab("/control#sends")
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "元旦快乐"}}
    path = f"{world.url}/cgi-bin/message/mass/sendall"
    world.http.post(path, params={"access_token": token}, json=body)

    expect(tab.get_by_role("article", name="驿站总社")).to_contain_text("元旦快乐")
    expect(tab.get_by_role("link", name="群发与发布")).to_contain_text("1")
    tab.get_by_role("button", name="放行").click()

    expect(tab.get_by_role("article", name="驿站总社")).to_contain_text("成功 3，失败 0")
    assert world.chat("chen")[-1]["content"]["content"] == "元旦快乐"


def test_tokens_are_shown_and_revoked(open_tab, world):
    world.say("chen", "你好")
    world.send("chen", "一")
    tab = open_tab("/control#tokens")
    expect(tab.get_by_role("row", name="稳定版")).to_contain_text("有效")

    tab.get_by_role("button", name="作废全部凭证").click()
    tab.get_by_role("dialog").get_by_role("button", name="作废").click()

    expect(tab.get_by_role("row", name="旧凭证")).to_contain_text("已作废（40001）")


def test_the_fine_print_is_changed_found_and_restored_in_two_tabs(open_tab, world):
    one = open_tab("/control#settings")
    other = open_tab("/control#settings", together_with=one)
    for each in (one, other):
        expect(each.locator("#setting-push_attempts")).to_have_value("3")

    one.locator("#setting-push_attempts").fill("4")
    one.locator("#setting-push_attempts").press("Enter")

    expect(other.locator("#setting-push_attempts")).to_have_value("4")
    assert world.get("settings")["push_attempts"] == 4
    other.get_by_label("只看改过的").check()
    expect(other.locator(".setting:visible")).to_have_count(1)
    other.get_by_role("button", name="恢复默认（3）").click()
    expect(one.locator("#setting-push_attempts")).to_have_value("3")


def test_every_setting_and_fault_is_explained(open_tab, world):
    tab = open_tab("/control#settings")
    expect(tab.locator(".setting")).to_have_count(len(world.get("settings")))
    assert tab.locator("section", has=tab.get_by_role("heading", name="其他")).count() == 0

    tab.get_by_role("link", name="故障").click()
    expect(tab.locator(".fault h3")).to_have_count(len(world.get("faults")["kinds"]))
    assert not [each for each in tab.locator(".fault h3").all_inner_texts() if "_" in each]


def test_an_empty_platform_says_what_to_do(open_tab, server):
    tab = open_tab("/control")

    tab.get_by_role("link", name="先添加一个公众号").click()
    expect(tab.get_by_role("button", name="添加第一个公众号")).to_be_visible()
    tab.goto(f"{server.url}/desk")
    expect(tab.get_by_role("link", name="去控制室添加公众号")).to_be_visible()


def test_hostile_names_and_texts_stay_text(open_tab, world):
    hostile = "</pre><img src=x onerror=window.hurt=1><script>window.hurt=1</script>"
    world.post("travellers", id="mallory", name=hostile)
    world.put(f"accounts/{APP_ID}", name=hostile)
    world.act("mallory", "follow")
    world.say("mallory", hostile)
    tab = open_tab("/control")

    rows(tab).filter(has_text="script").first.click()
    expect(tab.locator(".record pre").first).to_contain_text("window.hurt=1")
    for name in ("公众号", "故障", "配额", "凭证", "群发与发布", "场景"):
        tab.get_by_role("link", name=name).click()
        tab.wait_for_timeout(150)

    assert tab.evaluate("window.hurt") is None
    assert tab.locator("main img, main script").count() == 0


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (820, 1100), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits(open_tab, world, width, height, scheme):
    world.say("chen", "你好")
    world.send("chen", "您好")
    tab = open_tab("/control", width=width, height=height, scheme=scheme)

    for name in ("accounts", "faults", "quotas", "tokens", "sends", "settings", "scenario", "traffic"):
        tab.goto(f"{tab.url.partition('#')[0]}#{name}")
        expect(tab.locator(f"#panel-{name}")).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        wide = tab.locator(f"#panel-{name}").evaluate("node => node.scrollWidth - node.clientWidth")
        assert wide <= 0, name
        assert faint(tab) == [], name


def test_english_is_complete(open_tab, world):
    world.put(f"accounts/{APP_ID}", name="Head office")
    for number in ("chen", "zhou", "wu"):
        world.post("travellers", id=number, name=number)
    world.send("chen", "hello")
    tab = open_tab("/control", english=True)
    rows(tab).first.click()
    expect(tab.locator(".record pre").first).to_be_visible()

    for name in ("traffic", "accounts", "faults", "quotas", "tokens", "sends", "settings", "scenario"):
        tab.goto(f"{tab.url.partition('#')[0]}#{name}")
        expect(tab.locator(f"#panel-{name}")).to_be_visible()
        tab.wait_for_timeout(150)
        seen = tab.locator("body").inner_text().replace("中文", "")
        assert not [each for each in seen if "\u4e00" <= each <= "\u9fff"], (name, seen)
