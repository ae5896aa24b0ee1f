"""A marketer adds a keyword, tries it, and it is answered."""

import pytest
from playwright.sync_api import expect

from bot.app import assemble
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in
from tests.support.phone import Phone

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(browser, served):
    """A page on which nothing goes wrong but what the tests ask for."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [error for error in errors if "422" not in error and "409" not in error] == []


@pytest.fixture
def rules(office):
    """Some rules, as a group has them, and a marketer."""
    office.add("梅", Role.MARKETER)
    shop_id = make.shop(office.db)
    make.rule(
        office.db, title="营业时间", words=["营业时间", "几点开门"], content="{门店}的营业时间是{营业时间}。"
    )
    make.rule(
        office.db,
        title="价格",
        words=["价格", "多少钱"],
        match="contains",
        content="请告诉我们目的地和日期。",
    )
    make.rule(
        office.db,
        title="夜间",
        words=["人工"],
        content="顾问早上九点上线。",
        from_time="20:00",
        until_time="09:00",
    )
    make.rule(office.db, title="人民广场停车", words=["停车"], content="地下二层。", shop_id=shop_id)
    make.rule(office.db, title="默认", trigger="default", content="已收到。")


def test_a_marketer_adds_a_keyword_tries_it_and_sees_it_answered(tab, served, rules, office):
    sign_in(tab, served, "a-lantern-over-a-road", "梅")
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="自动回复").click()
    expect(tab.get_by_role("row", name="人民广场停车")).to_contain_text("上海人民广场店")
    shoot(tab, "replies-list")

    tab.get_by_role("link", name="添加规则").click()
    tab.get_by_label("标题", exact=True).fill("签证")
    tab.get_by_label("匹配方式").select_option(label="正则表达式")
    tab.get_by_label("关键词或按钮 key").fill("(签证")
    expect(tab.locator("#pattern")).to_contain_text("missing )")
    tab.get_by_label("匹配方式").select_option(label="消息中包含")
    tab.get_by_label("关键词或按钮 key").fill("签证\nvisa")
    tab.locator("[data-message=reply] textarea").fill("字" * 683)
    expect(tab.locator("[data-message=reply] .count")).to_have_class("count small muted over")
    tab.get_by_role("button", name="保存").click()
    expect(tab.locator("#e-reply_content")).to_contain_text("2048")
    tab.locator("[data-message=reply] textarea").fill("签证资料请带到{门店}。\n地址：{地址}")
    expect(tab.locator("#preview .bubble").first).to_contain_text("地址：黄浦区南京西路100号")
    tab.get_by_label("周六").check()
    shoot(tab, "replies-form")
    tab.get_by_label("周六").uncheck()
    tab.get_by_role("button", name="保存").click()
    expect(tab.locator("#notes")).to_contain_text("即刻生效")

    tab.get_by_role("link", name="试一试").click()
    tab.get_by_label("游客发来的内容").fill("办签证多少钱")
    tab.get_by_role("button", name="试一试").click()
    expect(tab.locator("#answer")).to_contain_text("签证资料请带到驿站")
    expect(tab.locator(".others")).to_contain_text("也匹配，但排在后面")
    shoot(tab, "replies-try")

    phone = Phone(assemble(office.runtime), office.runtime.config.accounts[0])
    assert phone.say("办签证多少钱").text == "签证资料请带到驿站。"


def test_rules_are_dragged_into_another_order(tab, served, rules, office):
    sign_in(tab, served, "a-lantern-over-a-road", "梅")
    tab.goto(served + "/admin/replies/")
    order = tab.locator("tbody tr td:nth-child(2) strong")
    expect(order).to_have_text(["人民广场停车", "营业时间", "夜间", "价格"])

    tab.get_by_role("row", name="价格").locator(".grip").drag_to(
        tab.get_by_role("row", name="营业时间"), target_position={"x": 200, "y": 4}
    )
    expect(order).to_have_text(["人民广场停车", "价格", "营业时间", "夜间"])
    tab.get_by_role("button", name="下移“价格”").click()
    expect(order).to_have_text(["人民广场停车", "营业时间", "价格", "夜间"])


def test_the_second_of_two_editors_compares(tab, served, rules, office):
    key = make.rule(office.db, title="改期", words=["改期"], content="出发前七天可改期。")
    sign_in(tab, served, "a-lantern-over-a-road", "梅")
    tab.goto(f"{served}/admin/replies/{key}")
    alice = office.inside("alice")
    alice.get(f"/admin/replies/{key}")
    sent = {"title": "改期", "trigger": "keyword", "match": "exact", "words": "改期", "version": 1}
    alice.post(f"/admin/replies/{key}", **sent, reply_type="text", reply_content="出发前三天可改期。")

    tab.locator("[data-message=reply] textarea").fill("出发前五天可改期。")
    tab.get_by_role("button", name="保存").click()

    conflict = tab.get_by_role("alert")
    expect(conflict).to_contain_text("出发前三天可改期。")
    expect(conflict).to_contain_text("出发前五天可改期。")
    shoot(tab, "replies-conflict")
    tab.get_by_role("button", name="用我的内容替换并保存").click()
    expect(tab.locator("#notes")).to_contain_text("已保存")
