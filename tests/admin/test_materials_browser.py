"""A marketer uploads a picture and chooses it in a rule; a traveller's phone shows it. An article is written and published."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.db import utc_now
from bot.materials.models import ArticleAtWeChat, MaterialAtWeChat
from bot.users import passwords, reach
from bot.users.models import User
from bot.users.roles import Reach, Role
from simulator.server import Server
from tests import make
from tests.admin.test_browser import shoot, sign_in
from tests.materials import files
from tests.support import shots
from tests.support.office import PASSWORD
from tests.support.private_redis import private_redis
from tests.support.system import System, eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def system(tmp_path, empty_sqlite):
    """The whole system before a platform, a marketer in it, and Alice who follows the account."""
    with private_redis() as redis, Server() as platform:
        running = System(tmp_path, empty_sqlite, redis, platform)
        try:
            running.enrol()
            running.start("web", "worker", "clock")
            make.shop(running.db)
            with running.db.transaction() as session:
                passwords.put(session, name="梅", role=Role.MARKETER, password=PASSWORD, now=utc_now())
                user = session.scalars(select(User).filter_by(name="梅")).one()
                user.must_change = False
                reach.put(session, user, Reach.ALL)
            running.act("follow")
            yield running
        finally:
            running.stop()


def is_there(system, model, **facts):
    with system.db.reading() as session:
        return session.scalar(select(model.id).filter_by(**facts)) is not None


def enter(tab, system):
    address = f"http://127.0.0.1:{system.webs[0]}"
    sign_in(tab, address, PASSWORD, "梅")
    expect(tab.get_by_role("navigation", name="栏目")).to_be_visible()
    return address


@pytest.fixture
def tab(browser, system):
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [error for error in errors if "422" not in error] == []


def test_from_an_upload_to_the_travellers_phone(tab, system, browser, tmp_path):
    wrong, right = tmp_path / "云海.png", tmp_path / "日出.png"
    wrong.write_bytes(files.SVG)
    right.write_bytes(files.photograph())
    address = enter(tab, system)

    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="素材").click()
    tab.get_by_role("link", name="上传").click()
    tab.get_by_label("文件", exact=True).set_input_files(wrong)
    tab.get_by_role("button", name="上传").click()
    expect(tab.locator("#e-file")).to_contain_text("SVG")
    shoot(tab, "materials-refused")
    tab.get_by_label("文件", exact=True).set_input_files(right)
    tab.get_by_label("标题").fill("云海日出")
    tab.get_by_role("button", name="上传").click()
    expect(tab.locator("#notes")).to_contain_text("云海日出")
    expect(tab.get_by_role("img", name="云海日出")).to_be_visible()

    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="自动回复").click()
    tab.get_by_role("link", name="添加规则").click()
    tab.get_by_label("标题", exact=True).fill("云海")
    tab.get_by_label("关键词或按钮 key").fill("云海")
    reply = tab.locator("[data-message=reply]")
    reply.locator("#f-reply_type").select_option("image")
    reply.get_by_role("button", name="图片").click()
    expect(tab.locator("dialog.picker")).to_contain_text("云海日出")
    shoot(tab, "materials-picker")
    tab.locator("dialog.picker").get_by_role("button", name="云海日出").click()
    expect(tab.locator("#preview img")).to_be_visible()
    shoot(tab, "replies-picture")
    tab.get_by_role("button", name="保存").click()
    expect(tab.locator("#notes")).to_contain_text("即刻生效")

    eventually(lambda: is_there(system, MaterialAtWeChat, state="there"))
    push = system.act("say", text="云海")
    assert (push["reply"] or {}).get("type") == "image", push
    phone = browser.new_page(viewport={"width": 1280, "height": 860})
    phone.goto(f"{system.platform.url}/phone#who=alice&account={system.app_id}")
    shown = phone.locator("img[src*='mmbiz']").first
    expect(shown).to_be_visible()
    shots.keep(phone, "admin/materials-phone")
    expect(shown).to_have_js_property("naturalWidth", 200)
    phone.close()

    tab.goto(f"{address}/admin/materials/1")
    expect(tab.get_by_text("已在微信")).to_be_visible()
    expect(tab.get_by_role("link", name="云海", exact=True)).to_be_visible()
    shoot(tab, "materials-show")


def test_an_article_is_written_as_it_will_be_read(tab, system, tmp_path):
    picture = tmp_path / "山.jpg"
    picture.write_bytes(files.photograph(orientation=1))
    address = enter(tab, system)
    tab.goto(f"{address}/admin/materials/new")
    tab.get_by_label("文件", exact=True).set_input_files(picture)
    tab.get_by_role("button", name="上传").click()
    expect(tab.locator("#notes")).to_contain_text("已保存")

    tab.goto(f"{address}/admin/materials/articles/new")
    tab.get_by_role("textbox", name="标题").fill("徽州古村三日")
    tab.get_by_label("作者").fill("梅")
    tab.get_by_role("button", name="封面").click()
    tab.locator("dialog.picker").get_by_role("button", name="山").click()
    written = tab.locator(".written")
    written.click()
    tab.keyboard.type("第一天")
    tab.get_by_role("button", name="标题", exact=True).click()
    tab.keyboard.press("End")
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="正文").click()
    tab.keyboard.type("早上九点出发。")
    tab.get_by_role("button", name="图片", exact=True).click()
    tab.locator("dialog.picker").get_by_role("button", name="山").click()
    expect(tab.locator("#reading h2")).to_have_text("第一天")
    expect(tab.locator("#reading img")).to_be_visible()
    tab.get_by_role("button", name="保存").click()
    expect(tab.locator("#notes")).to_contain_text("已保存")
    expect(tab.locator("#reading img")).to_be_visible()
    shoot(tab, "materials-article")

    tab.get_by_role("button", name="发布").click()
    tab.locator("#confirm").get_by_role("button", name="发布").click()
    expect(tab.locator("#notes")).to_contain_text("正在送往")
    eventually(lambda: is_there(system, ArticleAtWeChat, state="published"))
    tab.reload()
    expect(tab.get_by_text("已发布", exact=True)).to_be_visible()
    expect(tab.locator(".at-wechat a")).to_have_attribute("href", re.compile("^http://mp.weixin.qq.com/s/"))
    tab.goto(f"{address}/admin/materials/")
    shoot(tab, "materials-list")
