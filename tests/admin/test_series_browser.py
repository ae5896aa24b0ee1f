"""A marketer writes a welcome of two steps with the keyboard, switches it on, and sees a fan enter it."""

import pytest
from playwright.sync_api import expect

from bot.app import assemble
from bot.users.roles import Role
from tests.admin.test_browser import shoot, sign_in
from tests.support.phone import Phone

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(browser, served):
    """A page on which nothing goes wrong."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert errors == []


def test_a_welcome_is_written_with_the_keyboard_switched_on_and_entered(tab, served, office):
    office.add("梅", Role.MARKETER)
    sign_in(tab, served, "a-lantern-over-a-road", "梅")
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="自动旅程").click()
    tab.get_by_role("link", name="新建旅程").click()

    tab.get_by_label("旅程名称").fill("新粉丝欢迎")
    tab.locator("#f-s1_content").fill("早上好。")
    expect(tab.locator("#f-tags")).to_be_hidden()
    tab.get_by_role("button", name="添加一步").press("Enter")
    expect(tab.get_by_role("heading", name="第 2 步")).to_be_focused()
    tab.wait_for_load_state()  # nothing moves the cursor any more
    tab.locator("#f-s2_content").fill("欢迎来到{门店}。")
    tab.locator("#f-s2_at").fill("10:00")
    tab.get_by_role("button", name="把第 2 步上移").press("Enter")
    expect(tab.get_by_role("heading", name="第 1 步")).to_be_focused()
    expect(tab.locator("#f-s1_content")).to_have_value("欢迎来到{门店}。")
    expect(tab.locator("#f-s2_content")).to_have_value("早上好。")
    shoot(tab, "series-form")
    tab.locator("#f-name").press("Enter")  # saves, and does not press a step's button
    expect(tab.get_by_role("status")).to_contain_text("目前是停用状态")
    tab.get_by_role("button", name="启用").click()
    expect(tab.get_by_role("status")).to_contain_text("已启用")
    [account] = office.runtime.config.accounts
    office.runtime.memory._max_age = -1.0
    Phone(assemble(office.runtime), account, openid="oAlice").follow()
    tab.reload()

    expect(tab.locator(".tile", has_text="进行中")).to_contain_text("1")
    tab.get_by_role("link", name="旅程中的粉丝").click()
    expect(tab.get_by_role("row", name="粉丝 1")).to_contain_text("第 1 步")
    shoot(tab, "series-runs")
