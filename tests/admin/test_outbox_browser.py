"""An operator's rounds in a browser: the month, a dead promise replayed, a fan answered."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.db import utc_now
from bot.figures.jobs import rebuild
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture
from tests.admin.test_fans import fan, message
from tests.admin.test_outbox import promise

pytestmark = pytest.mark.browser


@pytest.fixture
def month(office):
    """A fan of a shop with a month of messages, and two dead promises."""
    shop = make.shop(office.db)
    account = office.runtime.accounts["head"].id
    channel = make.channel(office.db, "P:12", account_id=account, shop_id=shop)
    touch = {
        "last_scene": "P:12",
        "last_channel_id": channel,
        "last_shop_id": shop,
        "last_touch_at": utc_now(),
    }
    key = fan(office, "oTraveller_Lin", message_count=42, **touch)
    answers = ("rule:1", "rule:2", "desk", "default", "")
    for back in range(30):
        for number in range(1 + back % 7):
            by = answers[(back + number) % 5]
            at = utc_now() - timedelta(days=back, minutes=number + 5)
            said = f"云南六日游还有位置吗，第 {number + 1} 次问"
            message(
                office, key, at=at, answered_by=by, reply="" if by in {"", "desk"} else "有的", Content=said
            )
    message(
        office, key, "event.subscribe", "rule:1", at=utc_now() - timedelta(minutes=3), EventKey="qrscene_P:12"
    )
    promise(office.db)
    promise(
        office.db,
        job="menus.publish",
        arguments={"menu_id": 7},
        reason="BadRequest: invalid button name size",
    )
    for _ in range(6):
        rebuild(office.runtime)
    return key


def test_an_operator_replays_what_died_and_answers_a_fan(tab, served, month, office):  # noqa: F811
    sign_in(tab, served, "a-lantern-over-a-road", "alice")
    expect(tab.locator(".chart canvas")).to_have_count(4)
    shoot(tab, "home")

    tab.get_by_role("navigation").get_by_role("link", name="发件箱").click()
    expect(tab.get_by_role("row", name="写信给粉丝")).to_contain_text("微信拒绝了我们的密钥")
    shoot(tab, "outbox")
    tab.get_by_role("row", name="写信给粉丝").get_by_role("checkbox").check()
    tab.get_by_role("button", name="重试勾选的").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("重试 1 个失败的任务？")
    shoot(tab, "outbox-replay")
    tab.get_by_role("button", name="重试 1 个").click()
    expect(tab.locator("#notes")).to_contain_text("1 个任务将重新执行")
    expect(tab.get_by_role("row", name="写信给粉丝")).to_have_count(0)
    tab.get_by_role("link", name="发布菜单").click()
    shoot(tab, "promise")

    tab.get_by_role("navigation").get_by_role("link", name="健康").click()
    tab.get_by_role("button", name="现在检查").click()
    expect(tab.get_by_role("table", name="检查")).to_contain_text("数据库迁移")
    shoot(tab, "health")

    tab.get_by_role("navigation").get_by_role("link", name="粉丝", exact=True).click()
    shoot(tab, "fans")
    tab.get_by_role("link", name="oTraveller_Lin").click()
    expect(tab.locator("[data-until]")).to_contain_text("还剩 47 小时")
    tab.get_by_label("消息", exact=True).fill("林女士您好，还有四个位置，需要给您留着吗？")
    expect(tab.locator(".counter")).to_have_text("21 / 600")
    shoot(tab, "fan")
    tab.get_by_role("button", name="发送").click()
    expect(tab.locator(".timeline li").first).to_contain_text("林女士您好")
    expect(tab.locator(".timeline li").first).to_contain_text("alice")

    tab.get_by_role("navigation").get_by_role("link", name="消息", exact=True).click()
    tab.get_by_label("文字").fill("第 7 次")
    tab.get_by_role("button", name="筛选").click()
    expect(tab.get_by_role("row", name="第 7 次问").first).to_be_visible()
    shoot(tab, "messages")
    assert [one.job for one in make.promises(office.db) if one.state == "waiting"] == ["replies.say"] * 2
