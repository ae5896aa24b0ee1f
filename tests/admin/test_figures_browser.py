"""A manager looks at what the codes brought, and a marketer tags the fans of a filter, in a browser."""

import pytest
from playwright.sync_api import expect

from bot.channels.models import Channel
from bot.db import utc_now
from bot.demo import visits
from bot.tags.models import Tag, TagNeed
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
PASSWORD = "a-lantern-over-a-road"


@pytest.fixture
def town(office):
    """Four shops with a code each, and five weeks of visitors."""
    account = office.runtime.accounts["head"].id
    names = ("上海人民广场店", "上海徐家汇店", "济南泉城路店", "成都春熙路店")
    channels = {}
    for number, name in enumerate(names, 1):
        shop = make.shop(office.db, name, f"{name[:2]}分公司")
        channels[name] = make.channel(office.db, f"c:{number}", account_id=account, shop_id=shop)
    with office.db.transaction() as session:
        for name, key in channels.items():
            session.get_one(Channel, key).name = f"{name}·门店码"
        visits.put(session, channels, account_id=account, now=utc_now())
        tag = session.query(Tag).filter_by(name="邮轮意向").one()
        session.add(TagNeed(account_id=account, tag_id=tag.id, why="menu"))
    return channels


def test_from_the_figures_to_the_fans_behind_them(tab, served, town):  # noqa: F811
    sign_in(tab, served, PASSWORD, "alice")
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="渠道统计").click()
    expect(tab.locator(".chart:has(canvas)")).to_have_count(4)
    shoot(tab, "figures")

    tab.get_by_label("按什么分").select_option("shop")
    tab.get_by_label("时间单位").select_option("week")
    tab.get_by_role("button", name="筛选").click()
    expect(tab.get_by_role("table", name="门店")).to_contain_text("成都春熙路店")
    tab.get_by_role("table", name="门店").get_by_role("link", name="成都春熙路店").click()
    expect(tab.get_by_role("table", name="渠道")).to_contain_text("成都春熙路店·门店码")
    expect(tab.get_by_role("table", name="渠道")).not_to_contain_text("上海徐家汇店·门店码")
    behind = tab.get_by_role("table", name="渠道").locator('td[data-name="follows"] a').first
    number = int(behind.text_content())
    behind.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("新粉丝")
    expect(tab.locator("tbody tr")).to_have_count(min(number, 50))
    shoot(tab, "figures-people")
    tab.goto(served + "/admin/channel-figures/digests")
    tab.get_by_role("button", name="停用").first.click()
    expect(tab.locator("#notes")).to_contain_text("不再收周报")
    shoot(tab, "digests")


def test_a_tag_is_made_and_put_on_all_fans_of_a_filter(tab, served, town, office):  # noqa: F811
    sign_in(tab, served, PASSWORD, "alice")
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="标签").click()
    shoot(tab, "tags")
    tab.get_by_role("link", name="新建标签").click()
    tab.get_by_role("button", name="保存").click()
    expect(tab.locator(".invalid-feedback")).to_be_visible()
    tab.get_by_label("标签名").fill("已取关待挽回")
    shoot(tab, "tag-new")
    tab.get_by_role("button", name="保存").click()
    expect(tab.get_by_role("table", name="标签")).to_contain_text("已取关待挽回")

    tab.goto(served + "/admin/fans/?standing=left")
    tab.get_by_label("给这些粉丝打标签").select_option(label="已取关待挽回")
    shoot(tab, "fans-tags")
    tab.get_by_role("button", name="打上…").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("位粉丝打上“已取关待挽回”")
    shoot(tab, "tag-many")
    tab.locator("main .btn-primary").click()
    tab.wait_for_url("**/admin/batches/*")
    tab.goto(served + "/admin/tags/wechat")
    expect(tab.get_by_role("table", name="微信里的标签")).to_contain_text("邮轮意向")
    shoot(tab, "tags-wechat")
