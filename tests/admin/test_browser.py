"""A morning of the group administrator, in a browser; every page is looked at in both lights and sizes."""

import pytest
from playwright.sync_api import expect

from bot.db import utc_now
from bot.users import passwords
from bot.users.roles import Role
from tests import make
from tests.faces.contrast import faint
from tests.support import shots

pytestmark = pytest.mark.browser


@pytest.fixture
def newcomer(office):
    """Someone who was given a first password."""
    make.shop(office.db)
    make.shop(office.db, "上海徐家汇店")
    make.shop(office.db, "济南泉城路店", "济南分公司")
    with office.db.transaction() as session:
        passwords.put(
            session, name="林晓", role=Role.GROUP_ADMINISTRATOR, password="first-password", now=utc_now()
        )


@pytest.fixture
def tab(browser, served):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [error for error in errors if "422" not in error and "404" not in error] == []


def sign_in(tab, served, password, name="林晓"):
    tab.goto(served + "/admin/")
    tab.get_by_label("用户名").fill(name)
    tab.get_by_label("密码").fill(password)
    tab.get_by_role("button", name="登录").click()


def test_from_the_first_password_to_a_new_colleague_and_the_record_of_it(tab, served, newcomer, office):
    sign_in(tab, served, "wrong-password")
    expect(tab.locator(".invalid-feedback")).to_contain_text("锁定 15 分钟")
    shoot(tab, "login-wrong")
    sign_in(tab, served, "first-password")

    expect(tab.get_by_role("heading", name="设置您的密码")).to_be_visible()
    shoot(tab, "first-password")
    tab.get_by_label("当前密码").fill("first-password")
    tab.get_by_label("新密码", exact=True).fill("每天清晨点一盏灯笼去赶路")
    tab.get_by_label("再输一次新密码").fill("每天清晨点一盏灯笼去赶路")
    tab.get_by_role("button", name="保存").click()
    expect(tab.locator("#notes")).to_contain_text("密码已修改")
    shoot(tab, "my-account")

    tab.keyboard.press("/")
    tab.keyboard.type("权限")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="用户", exact=True)).to_be_visible()
    tab.get_by_role("link", name="添加用户").click()
    tab.get_by_label("用户名").fill("王珊")
    tab.get_by_label("角色").select_option(label="店长")
    expect(tab.get_by_role("group", name="分公司")).to_be_hidden()
    tab.get_by_label("上海人民广场店").check()
    shoot(tab, "add-user")
    tab.get_by_role("button", name="添加并生成密码").click()
    expect(tab.get_by_role("heading", name="已添加 王珊")).to_be_visible()
    shoot(tab, "password-once")
    tab.get_by_role("link", name="完成").click()
    expect(tab.get_by_role("row", name="王珊")).to_contain_text("上海人民广场店")
    shoot(tab, "users")

    tab.get_by_role("link", name="王珊").click()
    tab.wait_for_load_state()  # before, nobody asks whether it is meant
    tab.get_by_role("button", name="停用").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("王珊 会立即退出登录")
    shoot(tab, "confirm")
    dialog.get_by_role("button", name="停用").click()
    expect(tab.locator("#notes")).to_contain_text("已停用 王珊")
    shoot(tab, "user")

    tab.get_by_role("link", name="操作记录").click()
    expect(tab.get_by_role("row").nth(1)).to_contain_text("停用了用户")
    tab.get_by_label("操作", exact=True).select_option(label="停用了用户")
    tab.get_by_role("button", name="筛选").click()
    expect(tab.get_by_role("link", name="去掉筛选条件“停用了用户”")).to_be_visible()
    shoot(tab, "audit")
    tab.get_by_role("row").nth(1).get_by_role("link").click()
    expect(tab.locator(".differs")).to_contain_text("active")
    shoot(tab, "audit-entry")


def test_what_is_typed_is_not_lost_unasked(tab, served, newcomer, office):
    sign_in(tab, served, "a-lantern-over-a-road", "alice")
    tab.goto(served + "/admin/users/new")
    tab.get_by_label("用户名").fill("王")
    asked = []
    tab.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    tab.get_by_role("link", name="操作记录").click()
    tab.wait_for_url("**/audit/")

    assert asked == ["beforeunload"]


def test_the_language_and_the_light_are_kept(tab, served, office):
    sign_in(tab, served, "a-lantern-over-a-road", "alice")
    tab.wait_for_load_state()  # from then on the button does something
    tab.get_by_label("我的账号").click()
    tab.get_by_role("button", name="深色模式").click()
    tab.get_by_role("button", name="English").click()

    expect(tab.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Hello, alice")


def shoot(tab, name):
    """Look at the page wide and narrow, by day and by night, in both languages; every text can be read."""
    tab.wait_for_load_state()  # what was clicked may be on its way, and have no document yet
    for width in (1440, 820):
        tab.set_viewport_size({"width": width, "height": 900 if width == 1440 else 1100})
        for theme in ("dark", "light"):
            tab.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
            unreadable = faint(tab)
            shots.keep(tab, f"admin/{name}-{width}-{theme}")
            assert unreadable == [], f"{name} {width} {theme}"
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{name} is wider than {width}"
            )
    tab.set_viewport_size({"width": 1440, "height": 900})
