"""A marketer makes a design with the mouse and with the keyboard; every page looked at in both lights and sizes."""

import base64
import io

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from bot.organisation.models import Staff
from bot.posters import packing
from bot.posters.models import PosterDesign, PosterDesignVersion
from bot.users.roles import Role
from posters.scenes import SCENES
from tests import make
from tests.admin.test_browser import shoot, sign_in
from tests.materials import files
from tests.support import shots
from tests.support.office import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def staffed(office):
    office.add("梅", Role.MARKETER)
    shop_id = make.shop(office.db)
    with office.db.transaction() as session:
        session.add_all(
            Staff(shop_id=shop_id, name=name, role="旅行顾问", active=True) for name in ("王珊", "李娜")
        )


@pytest.fixture
def tab(browser, served, staffed):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    made, errors = context.new_page(), []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield made
    context.close()
    assert [error for error in errors if "422" not in error] == []


def scanned(content):
    with Image.open(io.BytesIO(content)) as one:
        return [found.text for found in zxingcpp.read_barcodes(one)]


def drawn(tab):
    """Wait for the server's picture of what is on the canvas now."""
    expect(tab.locator("#pe-stage[aria-busy=false]:not(.is-old)")).to_be_visible()
    source = tab.locator("#pe-picture").get_attribute("src")
    return base64.b64decode(source.partition(",")[2])


def field(tab, name):
    return tab.locator(f"[data-field={name}]:visible")


def looked_at(tab, name):
    """Take the pictures of a page once those on it are there."""
    posters = tab.locator("img.poster")
    for one in posters.all():
        one.scroll_into_view_if_needed()
        one.evaluate("one => one.decode()")
    tab.evaluate("scrollTo(0, 0)")
    shoot(tab, name)


def clouds():
    """A picture as a photographer might send it."""
    out = io.BytesIO()
    SCENES["domestic"]((900, 1600)).save(out, "JPEG")
    return {"name": "云海.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def versions(office):
    with office.db.reading() as session:
        return list(session.scalars(select(PosterDesignVersion).order_by(PosterDesignVersion.id)))


def test_a_design_is_made_with_the_mouse_and_published(tab, served, office):
    sign_in(tab, served, PASSWORD, "梅")
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="海报", exact=True).click()
    expect(tab.get_by_role("link", name="云海")).to_be_visible()
    looked_at(tab, "posters-list")

    # A background that is none is refused beside the field; a photograph is taken.
    tab.get_by_role("link", name="新建样式").click()
    tab.get_by_label("样式名称").fill("徽州三日")
    svg = {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": files.SVG}
    tab.get_by_label("背景").set_input_files(svg)
    tab.get_by_role("button", name="进入编辑").click()
    expect(tab.locator("#e-file")).to_contain_text("不支持 SVG")
    shoot(tab, "posters-new")
    tab.get_by_label("背景").set_input_files(clouds())
    tab.get_by_role("button", name="进入编辑").click()
    assert len(scanned(drawn(tab))) == 1

    # The code is dragged, and made too small at its handle: that is said, beside the box and the field.
    code = tab.locator(".pe-box[data-kind=code]")
    code.click()
    before = int(field(tab, "x").locator("input").input_value())
    box = code.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.move(*middle)
    tab.mouse.down()
    tab.mouse.move(middle[0] - 60, middle[1] - 20, steps=6)
    shots.keep(tab, "admin/posters-dragging")
    tab.mouse.up()
    assert int(field(tab, "x").locator("input").input_value()) < before - 100
    assert len(scanned(drawn(tab))) == 1
    handle = code.locator(".pe-se").bounding_box()
    tab.mouse.move(handle["x"] + 6, handle["y"] + 6)
    tab.mouse.down()
    tab.mouse.move(handle["x"] - 80, handle["y"] - 80, steps=6)
    tab.mouse.up()
    expect(tab.locator("#pe-problems")).to_contain_text("二维码：二维码的宽和高至少 216")
    expect(field(tab, "width").locator(".invalid-feedback")).to_contain_text("至少 216")
    shoot(tab, "posters-problem")
    tab.get_by_role("button", name="撤销").click()
    expect(tab.locator("#pe-problems")).to_be_hidden()

    # Words of one's own, for somebody with a long name.
    tab.get_by_text("添加", exact=True).click()
    tab.get_by_role("button", name="自己的文字").click()
    field(tab, "text").locator("textarea").fill("徽州，粉墙黛瓦")
    row = tab.locator(".pe-layer[data-index=background]")
    row.hover()
    field(tab, "size").locator("input").fill("96")
    tab.mouse.down()
    drawn(tab)  # a picture that arrives while a row is pressed does not take it away
    tab.mouse.up()
    expect(row).to_have_attribute("aria-pressed", "true")
    tab.get_by_label("预览对象").select_option(label="名字很长（虚构）")
    assert len(scanned(drawn(tab))) == 1
    shoot(tab, "posters-editor")

    tab.get_by_label("改了什么").fill("换了背景，加了标题")
    tab.get_by_role("button", name="保存为新版本").click()
    expect(tab.get_by_role("heading", name="徽州三日 · 版本 2")).to_be_visible()
    expect(tab.locator(".changes")).to_contain_text("新增：“徽州，粉墙黛瓦”")
    looked_at(tab, "posters-version")
    tab.get_by_role("button", name="发布").click()
    tab.get_by_role("dialog").get_by_role("button", name="发布").click()
    expect(tab.locator("#notes")).to_contain_text("员工拿到的是版本 2")
    with office.db.reading() as session:
        row = session.scalars(select(PosterDesign).filter_by(name="徽州三日")).one()
        assert (row.published, row.state) == (2, "active")
    address = tab.get_by_alt_text("员工拿到的海报").get_attribute("src")
    assert len(scanned(tab.request.get(served + address).body())) == 1
    looked_at(tab, "posters-design")


def test_the_keyboard_alone_edits_a_copy_and_a_batch_is_asked_for(tab, served, office):
    sign_in(tab, served, PASSWORD, "梅")
    tab.goto(served + "/admin/posters/new?start=autumn")
    tab.get_by_label("样式名称").fill("秋日门店款")
    tab.keyboard.press("Enter")
    drawn(tab)
    first = tab.locator(".pe-box").first
    tab.get_by_label("吸附").focus()
    while not first.evaluate("one => one === document.activeElement"):
        tab.keyboard.press("Tab")
    x, width = (int(field(tab, name).locator("input").input_value()) for name in ("x", "width"))
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("Alt+ArrowLeft")
    expect(field(tab, "x").locator("input")).to_have_value(str(x + 11))
    expect(field(tab, "width").locator("input")).to_have_value(str(width - 1))
    tab.keyboard.press("]")
    expect(tab.locator(".pe-box").nth(1)).to_be_focused()
    tab.keyboard.press("Control+d")
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+z")
    expect(tab.locator(".pe-layer[aria-pressed=true]")).to_have_attribute("data-index", "0")
    tab.keyboard.press("Control+Shift+z")
    drawn(tab)
    tab.get_by_label("改了什么").fill("挪了一下")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="秋日门店款 · 版本 2")).to_be_visible()
    before, after = (one.document["boxes"] for one in versions(office))
    assert after[1] == {**before[0], "x": before[0]["x"] + 11, "width": before[0]["width"] - 1}

    tab.goto(served + "/admin/posters/staff")
    tab.get_by_label("上海人民广场店（2）").check()
    shoot(tab, "posters-staff")
    tab.get_by_role("button", name="开始生成").click()
    expect(tab.get_by_role("heading", name="2 人的海报")).to_be_visible()
    packing.pack(office.runtime, 1)
