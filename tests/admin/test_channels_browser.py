"""A marketer adds a code with a welcome for the night, looks at it, and orders labels."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.channels.models import Campaign, Channel, ChannelEvent, ChannelGroup
from bot.db import utc_now
from bot.organisation.models import Staff
from bot.tags.models import Tag
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(browser, served):
    """A page on which nothing goes wrong but what the tests ask for."""
    size = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=size, color_scheme="light", accept_downloads=True)
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [error for error in errors if "422" not in error] == []


@pytest.fixture
def group(office):
    office.add("梅", Role.MARKETER)
    account_id = next(iter(office.runtime.accounts.values())).id
    ids = [make.shop(office.db, name) for name in ("上海人民广场店", "上海陆家嘴店", "上海外滩店")]
    now = utc_now()
    with office.db.transaction() as session:
        session.add(Staff(shop_id=ids[0], name="王珊", role="顾问", active=True))
        session.add_all(
            [Tag(name=name, kind="manual", created_at=now) for name in ("亲子", "银发", "旅游展")]
        )
        session.add(Campaign(name="秋季旅游展", note="展台与门店海报共用"))
        top = ChannelGroup(name="门店码")
        session.add(top)
        session.flush()
        session.add_all([ChannelGroup(name=name, parent_id=top.id) for name in ("上海", "江苏")])
        for number, shop_id in enumerate(ids * 4):
            facts = {"purpose": "wall", "place": "一楼前台立牌", "group_id": top.id, "ticket": "t"}
            if number == 1:
                facts |= {"kind": "temporary", "expires_at": now, "previous_ends_at": now}
            if number == 2:
                facts |= {"state": "retired", "retired_at": now}
            row = Channel(
                account_id=account_id,
                scene=f"c:{number + 1}",
                name=f"门店码 {number + 1}",
                shop_id=shop_id,
                url=f"http://weixin.qq.com/q/02test{number:012}",
                created_at=now,
                **facts,
            )
            session.add(row)
            session.flush()
            seen = {"account_id": account_id, "channel_id": row.id, "shop_id": shop_id, "fan_id": 1}
            session.add(ChannelEvent(**seen, at=now, noted_at=now, deed="scan", who="fan", again=False))


def test_a_code_is_added_looked_at_and_ordered_as_labels(tab, served, group, office):
    sign_in(tab, served, "a-lantern-over-a-road", "梅")
    tab.goto(served + "/admin/channels/")
    expect(tab.get_by_role("row", name="门店码 12")).to_contain_text("上海外滩店")
    tab.get_by_label("选择“门店码 12”").check()
    expect(tab.get_by_role("button", name="下载勾选的 1 个")).to_be_visible()
    shoot(tab, "channels-list")

    tab.get_by_role("link", name="添加渠道码").click()
    tab.get_by_label("名称", exact=True).fill("外滩夜景立牌")
    tab.get_by_label("门店", exact=True).select_option(label="上海外滩店")
    tab.get_by_label("类型", exact=True).select_option(label="临时（自动续期）")
    tab.get_by_role("group", name="给所有粉丝").get_by_label("旅游展").check()
    tab.get_by_label("常用欢迎语").select_option(label="文字")
    tab.locator("#f-reply_content").fill("欢迎来到{门店}。")
    tab.get_by_text("特别欢迎语 1").click()
    tab.locator("#f-w1_from_time").fill("20:00")
    shoot(tab, "channels-form")
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.locator("#e-w1_content")).to_contain_text("请填写欢迎内容")
    tab.locator("#f-w1_content").fill("夜里好，{门店}明早九点开门。")
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.locator("#notes")).to_contain_text("临时码")
    with office.db.transaction() as session:
        made = session.scalars(select(Channel).filter_by(name="外滩夜景立牌")).one()
        made.url, made.ticket = "http://weixin.qq.com/q/02night", "t"
    tab.reload()
    expect(tab.get_by_text("夜里好")).to_be_visible()
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="PNG").click()
    assert waiting.value.suggested_filename.endswith("外滩夜景立牌.png")
    shoot(tab, "channels-show")

    tab.get_by_role("link", name="试试欢迎语").click()
    tab.get_by_label("时间").fill("2026-11-04T21:00")
    tab.get_by_role("button", name="试一试").click()
    expect(tab.get_by_role("row", name="重新关注的粉丝 · 会员")).to_contain_text("夜里好，上海外滩店")
    shoot(tab, "channels-try")

    tab.goto(served + "/admin/channels/?q=门店码")
    tab.get_by_role("button", name="下载这 12 个").click()
    tab.get_by_label("格式").select_option(label="PDF：供印刷的标签页")
    expect(tab.get_by_label("每页标签数")).to_be_visible()
    expect(tab.get_by_label("宽度（像素）")).to_be_hidden()
    shoot(tab, "channels-download")
    tab.get_by_role("button", name="开始打包").click()
    expect(tab.get_by_role("heading", name="打包 12 个渠道码")).to_be_visible()

    tab.goto(served + "/admin/channels/many")
    shoot(tab, "channels-many")
    tab.goto(served + "/admin/channels/groups")
    shoot(tab, "channels-groups")
    tab.goto(served + "/admin/channels/3/reassign")
    shoot(tab, "channels-reassign")
    tab.goto(served + "/admin/channels/2")
    shoot(tab, "channels-ended")
