"""A marketer describes who is meant, writes to them, a manager says yes, and both watch it arrive."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from bot.broadcasts import jobs
from bot.broadcasts.models import Broadcast
from bot.db import utc_now
from bot.links import keeping, tokens
from bot.links.models import ShortLink
from bot.organisation.models import Staff
from bot.reach.models import ReachNotice
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in
from tests.admin.test_fans import fan

pytestmark = pytest.mark.browser
WORD = "a-lantern-over-a-road"


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


@pytest.fixture
def fans(office):
    """Forty active fans of a shop, some of whom have the tag, and a colleague among them."""
    here, now = make.shop(office.db), utc_now()
    office.add("梅", Role.MARKETER)
    with office.db.transaction() as session:
        for name in ("云南", "亲子", "银发", "摄影"):
            make.tag(session, name)
        staff = Staff(shop_id=here, name="王珊", role="顾问", active=True)
        session.add(staff)
        session.flush()
        staff_id = staff.id
    found = [fan(office, f"oYunnan_{one:02}", last_shop_id=here, last_message_at=now) for one in range(24)]
    silent = now - timedelta(days=40)
    for one in range(16):
        seen = {"last_message_at": silent, "last_interaction_at": now - timedelta(days=5)}
        found.append(fan(office, f"oQuiet_{one:02}", last_shop_id=here, **seen))
    for one in range(10):
        fan(office, f"oAway_{one:02}", last_shop_id=here, last_interaction_at=silent, last_message_at=silent)
    fan(office, "oWangShan", last_shop_id=here, staff_id=staff_id, last_interaction_at=silent)
    return found


def test_a_broadcast_from_idea_to_result(tab, served, office, fans):
    sign_in(tab, served, WORD, "梅")
    tab.goto(served + "/admin/segments/new")
    tab.get_by_label("名称", exact=True).fill("近期活跃旅客")
    expect(tab.locator("#count")).to_contain_text("51")
    tab.locator("#rows-all + button").click()
    second = tab.locator("#rows-all .condition").nth(1)
    expect(second.get_by_label("条件项")).to_be_focused()
    second.get_by_label("条件项").select_option("last_active")
    second.get_by_label("天数").fill("30")
    expect(tab.locator("#count")).to_contain_text("40")
    tab.locator("section.block").nth(2).get_by_role("button", name="添加条件").click()
    none = tab.locator("#rows-none .condition")
    expect(none.get_by_label("条件项")).to_be_focused()
    none.get_by_label("条件项").select_option("tags")
    none.get_by_label("银发").check()
    expect(none.locator("summary")).to_contain_text("银发")
    tab.get_by_role("button", name="保存").click()
    expect(tab.get_by_text("已保存")).to_be_visible()

    tab.get_by_role("link", name="向该人群群发").click()
    tab.get_by_label("名称", exact=True).fill("云南踏青季")
    tab.get_by_label("文字", exact=True).fill("云南踏青季开始报名了：大理三月街、泸沽湖春色。\n详情 {链接1}")
    expect(tab.locator("#preview")).to_contain_text("大理三月街")
    tab.get_by_label("专属链接").fill("https://travel.example/yunnan")
    tab.get_by_role("button", name="保存为草稿").click()
    expect(tab.locator("#reached")).to_have_text("24")
    expect(tab.get_by_text("48 小时内没有发过言")).to_be_visible()
    shoot(tab, "broadcast-draft")
    tab.get_by_role("button", name="提交审批").click()
    expect(tab.get_by_text("由分公司经理或集团管理员审批")).to_be_visible()

    chief = tab.context.browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    sign_in(chief, served, WORD, "alice")
    chief.goto(tab.url)
    chief.get_by_role("button", name="通过", exact=True).click()
    chief.locator("#confirm").get_by_role("button", name="通过").click()
    expect(chief.get_by_text("已通过。")).to_be_visible()
    chief.context.close()

    with office.db.reading() as session:
        [row] = session.scalars(select(Broadcast))
    tab.reload()
    expect(tab.locator("#stages [aria-current]")).to_have_text("已通过")
    jobs.lay(office.runtime, row.id)
    expect(tab.get_by_text("0 / 40")).to_be_visible()
    arrive(office, row.id, fans)
    expect(tab.locator("#sent")).to_contain_text("24")  # the page follows by itself
    jobs.look(office.runtime)
    jobs.count(office.runtime)
    tab.reload()  # a page that saw its end, but no figures yet, follows no more
    expect(tab.get_by_role("heading", name="群发效果")).to_be_visible()
    expect(tab.locator(".figures").nth(1)).to_contain_text("打开链接人数")
    shoot(tab, "broadcast-result")
    tab.get_by_role("link", name="查看发送名单").click()
    expect(tab.get_by_role("cell", name="oQuiet_15")).to_be_visible()
    tab.goto(served + "/admin/broadcasts/")
    expect(tab.get_by_role("row", name="云南踏青季")).to_contain_text("已发送")


def arrive(office, key, fans):
    """Have the planner's outcome stand: twenty-four reached, of whom nine open the link, and the others not."""
    now = utc_now()
    with office.db.transaction() as session:
        mine = ReachNotice.batch == f"broadcast:{key}"
        reached = ReachNotice.fan_id.in_(fans[:24])
        session.execute(
            update(ReachNotice).where(mine, reached).values(state="sent", route="custom", sent_at=now)
        )
        session.execute(
            update(ReachNotice).where(mine, ~reached).values(state="unreached", reason="window_closed")
        )
        link = session.scalars(select(ShortLink.id)).one()
        for fan_id in fans[:9]:
            keeping.note(session, tokens.Addressee(link, fan_id), now=now)
