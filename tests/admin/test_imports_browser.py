"""A branch manager imports a sheet with wrong rows in a browser, mends it, and keeps a view of the list."""

import base64
from dataclasses import replace

import openpyxl
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.config import PrivacyConfig
from bot.organisation.models import Branch, Staff
from bot.runtime import open_runtime
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture
from tests.support.office import PASSWORD, Office
from tests.support.sheets import excel

pytestmark = pytest.mark.browser
KEY = base64.b64encode(b"k" * 32).decode()
HERE = "上海人民广场店"
HEAD = ["姓名", "门店", "职务", "手机号", "状态"]


@pytest.fixture
def office(empty_sqlite):
    """林晓 manages Shanghai, where 王珊 works."""
    runtime = open_runtime(replace(make.config(empty_sqlite), privacy=PrivacyConfig(f"a:{KEY}", KEY)))
    made = Office(runtime)
    shop = make.shop(made.db)
    make.shop(made.db, "济南泉城路店", "济南分公司")
    with made.db.transaction() as session:
        session.add(Staff(shop_id=shop, name="王珊", role="旅行顾问", active=True))
        shanghai = session.scalars(select(Branch.id).filter_by(name="上海分公司")).one()
    made.add("林晓", Role.BRANCH_MANAGER, branches=[shanghai])
    yield made
    runtime.close()


def test_wrong_rows_are_shown_mended_and_imported(tab, served, tmp_path):  # noqa: F811
    sign_in(tab, served, PASSWORD)
    tab.goto(served + "/admin/staff/")
    tab.get_by_role("link", name="导入").click()
    shoot(tab, "import-form")
    file = tmp_path / "八月员工.xlsx"
    good = [["王珊", HERE, "店长", "13812345678", "在职"], ["赵敏", HERE, "导游", 13700002222, ""]]
    file.write_bytes(excel(HEAD, *good, ["钱一", "济南泉城路店", "导游", "123", "休假"]))
    tab.get_by_label("文件").set_input_files(file)
    tab.get_by_role("button", name="检查").click()

    wrong = tab.get_by_role("table", name="有误")
    expect(wrong.get_by_role("row").nth(1)).to_contain_text("4")
    expect(wrong).to_contain_text("不是有效的手机号")
    expect(wrong).to_contain_text("不在您的范围内")
    expect(tab.get_by_role("table", name="有改动")).to_contain_text("旅行顾问")
    shoot(tab, "import-look")
    tab.get_by_role("button", name="导入", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("尚未导入")
    with tab.expect_download() as handed:
        tab.get_by_role("link", name="下载标出问题的表格").click()
    handed.value.save_as(tmp_path / "problems.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "problems.xlsx").active
    assert "手机号" in sheet["F4"].value
    tab.get_by_label("只导入 2 行正确的").check()
    tab.get_by_role("button", name="导入", exact=True).click()

    expect(tab.locator("#notes")).to_contain_text("新增 1 行，修改 1 行")
    expect(tab.get_by_role("row", name="赵敏")).to_contain_text("137****2222")
    tab.get_by_label("姓名、职务或完整手机号").fill("导游")
    tab.get_by_role("button", name="筛选", exact=True).click()
    tab.get_by_text("保存当前筛选").click()
    tab.get_by_label("筛选名称").fill("全部导游")
    shoot(tab, "view-save")
    tab.get_by_role("button", name="保存", exact=True).click()
    expect(tab.get_by_role("link", name="全部导游")).to_have_attribute("aria-current", "true")
    tab.get_by_text("导出这些记录").click()
    shoot(tab, "staff-export")
