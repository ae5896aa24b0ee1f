"""A branch manager opens a shop and hires for it, in a browser; every page is looked at in both lights and sizes."""

import base64
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.config import PrivacyConfig
from bot.organisation.models import Branch
from bot.runtime import open_runtime
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture
from tests.support.office import PASSWORD, Office

pytestmark = pytest.mark.browser
KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def office(empty_sqlite):
    """The back office with keys for telephones; 林晓 manages Shanghai."""
    runtime = open_runtime(replace(make.config(empty_sqlite), privacy=PrivacyConfig(f"a:{KEY}", KEY)))
    made = Office(runtime)
    make.shop(made.db)
    make.shop(made.db, "济南泉城路店", "济南分公司")
    with made.db.reading() as session:
        shanghai = session.scalars(select(Branch.id).filter_by(name="上海分公司")).one()
    made.add("林晓", Role.BRANCH_MANAGER, branches=[shanghai])
    yield made
    runtime.close()


def test_a_branch_manager_adds_a_shop_with_its_hours_and_someone_who_works_there(tab, served):  # noqa: F811
    sign_in(tab, served, PASSWORD)
    tab.goto(served + "/admin/shops/")
    expect(tab.get_by_role("row", name="济南")).to_have_count(0)
    shoot(tab, "shops")
    tab.get_by_role("link", name="添加门店").click()
    tab.get_by_label("门店名称").fill("上海外滩店")
    tab.get_by_label("分公司", exact=True).select_option(label="上海分公司")
    tab.get_by_label("地址", exact=True).fill("黄浦区望江路 1 号")
    tab.get_by_label("电话", exact=True).fill("021-55501000")
    tab.get_by_label("纬度").fill("121.49")
    tab.get_by_label("经度").fill("31.24")
    tab.get_by_label("周一").fill("9:00-12:00 13:30-18:00")
    tab.get_by_role("button", name="每天相同").click()
    tab.get_by_label("周六").fill("10:00-20:00")
    tab.get_by_label("周日").fill("")
    tab.get_by_role("button", name="再加一行").click()
    tab.get_by_label("节假日：开始").first.fill("2099-10-01")
    said = "周一至周五 09:00-12:00、13:30-18:00，周六 10:00-20:00，周日休息；2099年10月1日休息"
    expect(tab.locator(".hours-said")).to_contain_text(said)
    tab.get_by_role("button", name="添加", exact=True).click()

    expect(tab.locator(".invalid-feedback")).to_contain_text("颠倒")
    shoot(tab, "shop-form-wrong")
    tab.get_by_label("纬度").fill("31.24")
    tab.get_by_label("经度").fill("121.49")
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.locator("#notes")).to_contain_text("已添加 上海外滩店")
    expect(tab.get_by_text(said)).to_be_visible()
    shoot(tab, "shop")

    tab.goto(served + "/admin/staff/new")
    tab.get_by_label("姓名").fill("王珊")
    tab.get_by_label("门店", exact=True).select_option(label="上海外滩店")
    tab.get_by_label("职务").fill("旅行顾问")
    tab.get_by_label("电话", exact=True).fill("13812345678")
    shoot(tab, "staff-form")
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.get_by_role("row", name="王珊")).to_contain_text("138****5678")
    shoot(tab, "staff")
    tab.get_by_role("link", name="王珊").click()
    tab.get_by_label("为什么需要完整号码？").fill("排班")
    tab.get_by_role("button", name="查看号码").click()
    expect(tab.locator("#secret")).to_have_text("13812345678")
    shoot(tab, "staff-number")
