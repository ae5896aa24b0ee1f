"""A shop manager's day: their shop and nothing of the others', whatever they press, type or remember."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.channels import packing
from bot.channels.models import Channel
from bot.db import utc_now
from bot.organisation.models import Staff
from bot.users.models import User
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
HERE, THERE = "上海人民广场店", "济南泉城路店"


@pytest.fixture
def shops(office):
    """Two shops with a colleague and a code each; 李静 manages the first."""
    found = {HERE: make.shop(office.db, HERE), THERE: make.shop(office.db, THERE, "济南分公司")}
    office.add("李静", Role.SHOP_MANAGER, shops=[found[HERE]])
    account_id = next(iter(office.runtime.accounts.values())).id
    with office.db.transaction() as session:
        for (name, shop_id), person in zip(found.items(), ("王珊", "赵磊"), strict=True):
            session.add(Staff(shop_id=shop_id, name=person, role="顾问", active=True))
            code = {"url": f"http://weixin.qq.com/q/02shop{shop_id:012}", "ticket": "t"}
            facts = {"scene": f"c:{shop_id}", "name": f"{name}立牌", "created_at": utc_now(), **code}
            session.add(Channel(account_id=account_id, shop_id=shop_id, purpose="wall", **facts))
    return found


def test_a_manager_works_in_their_shop_and_never_sees_another(tab, served, shops, office):  # noqa: F811
    sign_in(tab, served, "a-lantern-over-a-road", "李静")
    expect(tab.locator(".lead").first).to_contain_text(HERE)
    expect(tab.get_by_role("link", name="员工", exact=True)).not_to_have_count(0)
    for name in ("用户", "操作记录", "发件箱"):
        expect(tab.get_by_role("link", name=name, exact=True)).to_have_count(0)
    shoot(tab, "manager-home")

    tab.goto(served + "/admin/channels/")
    expect(tab.get_by_role("row", name=f"{HERE}立牌")).to_be_visible()
    expect(tab.get_by_text(THERE)).to_have_count(0)
    tab.get_by_role("link", name="添加渠道码").click()
    assert THERE not in tab.get_by_label("门店", exact=True).inner_text()
    tab.get_by_label("名称", exact=True).fill("收银台立牌")
    tab.get_by_label("门店", exact=True).select_option(label=HERE)
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.get_by_role("heading", name="收银台立牌")).to_be_visible()

    # A form that names the other shop all the same: as if there were none, and it is written down.
    tab.goto(served + "/admin/channels/new")
    tab.get_by_label("名称", exact=True).fill("别店的码")
    tab.get_by_label("门店", exact=True).evaluate(
        "(field, shop) => { field.add(new Option('x', shop)); field.value = shop }", str(shops[THERE])
    )
    tab.get_by_role("button", name="添加", exact=True).click()
    expect(tab.get_by_role("heading", name="这里没有内容")).to_be_visible()
    with office.db.reading() as session:
        theirs = session.scalar(select(Channel.id).filter_by(shop_id=shops[THERE]))
        assert session.scalar(select(Channel.id).filter_by(name="别店的码")) is None
    tab.goto(f"{served}/admin/channels/{theirs}")
    expect(tab.get_by_role("heading", name="这里没有内容")).to_be_visible()
    shoot(tab, "manager-nothing-here")
    assert [entry.action for entry in office.audit()].count("look.refused") == 2


def test_a_manager_takes_along_what_is_theirs_for_a_reason_and_while_they_may(tab, served, shops, office):  # noqa: F811
    sign_in(tab, served, "a-lantern-over-a-road", "李静")
    tab.goto(served + "/admin/staff/")
    expect(tab.get_by_role("row", name="王珊")).to_be_visible()
    expect(tab.get_by_text("赵磊")).to_have_count(0)
    tab.get_by_text("导出这些记录").click()
    tab.get_by_role("button", name="导出 Excel").click()
    assert tab.url.endswith("/admin/staff/")  # the browser asks for the reason
    tab.get_by_label("用途").fill("十一排班")
    with tab.expect_download() as handed:
        tab.get_by_role("button", name="导出 Excel").click()
    assert handed.value.suggested_filename.endswith(".xlsx")
    assert (office.audit()[-1].action, office.audit()[-1].reason) == ("staff.exported", "十一排班")
    for path, name in (("mall/orders", "orders"), ("coupons/issued", "coupons"), ("counter/", "counter")):
        tab.goto(f"{served}/admin/{path}")
        tab.get_by_text("导出这些记录").click()
        expect(tab.get_by_label("用途")).to_be_visible()
        shoot(tab, f"manager-export-{name}")

    tab.goto(served + "/admin/channels/download")
    tab.get_by_role("button", name="开始打包").click()
    expect(tab.get_by_role("heading", name="打包 1 个渠道码")).to_be_visible()
    batch = int(tab.url.rsplit("/", 1)[1])
    for _slice in range(3):
        packing.pack(office.runtime, batch)
    link = tab.get_by_role("link", name="下载 codes-1.zip")
    expect(link).to_be_visible()
    with office.db.transaction() as session:
        session.scalars(select(User).filter_by(name="李静")).one().role = Role.SERVICE_LEAD.value
    tab.reload()
    expect(tab.get_by_text("权限或数据范围已变更")).to_be_visible()
    expect(link).to_have_count(0)
    shoot(tab, "manager-withheld")
