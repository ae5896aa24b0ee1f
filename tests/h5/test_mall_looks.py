"""One story in a browser: something is taken, fetched at the counter, and another called off; every page fits a hand."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from bot.mall import catalogue
from bot.mall.models import MallItem
from tests import make
from tests.faces.contrast import faint
from tests.h5.test_looks import SMALL, hand, served, shoot  # noqa: F401 - fixtures
from tests.mall.world import Mall

pytestmark = pytest.mark.browser
ALICE, WANG = "+8613800001111", "+8613800002222"


def fits(tab, name):
    tab.wait_for_load_state()  # what was clicked may have no style yet
    assert faint(tab) == [], name
    assert tab.evaluate(SMALL) == [], name
    assert tab.evaluate("document.documentElement.scrollWidth") == 375, name
    shoot(tab, f"mall-{name}")


def test_a_traveller_takes_something_fetches_it_and_calls_another_off(hand, served):  # noqa: F811
    mall = Mall(served.db)
    mall.shop_id = make.shop(served.db)
    served.employ(mall.shop_id, "王珊", phone=WANG)
    served.phone("wang", phone=WANG).bind(WANG)
    served.phone("alice", phone=ALICE).bind(ALICE)
    mall.earn(served.fans()[served.openid("alice")].member_id, 1280, days=200)
    cup = mall.item("驿站保温杯 500ml", 600, can_deliver=False, words="山水间的一杯热茶。", stock=3)
    mall.item("机场贵宾厅一次", 600, cash=3900, can_deliver=False)
    mall.item("登机箱 20 寸", 8800)
    drawn = io.BytesIO()
    Image.radial_gradient("L").resize((600, 600)).convert("RGB").save(drawn, "PNG")
    with served.db.transaction() as session:
        catalogue.add_picture(session, session.get_one(MallItem, cup), drawn.getvalue(), now=mall.now)

    tab = hand("/h5/head/mall")
    expect(tab.get_by_text("还差 7,520 积分")).to_be_visible()
    fits(tab, "shelf")
    tab.get_by_text("驿站保温杯").click()
    expect(tab.get_by_role("link", name="立即兑换")).to_be_visible()
    fits(tab, "item")
    tab.get_by_role("link", name="立即兑换").click()
    expect(tab.get_by_role("heading", name="确认兑换")).to_be_visible()
    fits(tab, "redeem")
    tab.get_by_role("button", name="确认兑换").click()
    expect(tab.get_by_text("兑换成功，积分已经为您预留。")).to_be_visible()
    fits(tab, "order")
    digits = tab.locator(".digits").text_content().replace(" ", "").removeprefix("P")

    counter = hand("/h5/head/staff/orders", traveller="wang")
    fits(counter, "counter")
    counter.get_by_label("取货码").fill(digits)
    counter.get_by_role("button", name="查一下").click()
    expect(counter.get_by_role("button", name="确认交付")).to_be_visible()
    fits(counter, "counter-order")
    counter.get_by_role("button", name="确认交付").click()
    expect(counter.get_by_text("已核销，积分已扣除。")).to_be_visible()
    tab.reload()
    expect(tab.get_by_text("已在门店领取，积分已使用")).to_be_visible()

    tab.goto(f"{served.public_url}/h5/head/mall")
    tab.get_by_text("机场贵宾厅").click()
    tab.get_by_role("link", name="立即兑换").click()
    tab.get_by_role("button", name="确认兑换").click()
    tab.locator("summary", has_text="取消兑换").click()
    tab.get_by_role("button", name="确定取消").click()
    expect(tab.get_by_text("已取消，积分回到您的账户。")).to_be_visible()
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{served.public_url}/h5/head/me/orders")
    expect(tab.get_by_text("已取消")).to_be_visible()
    fits(tab, "orders")
    assert mall.findings() == []
