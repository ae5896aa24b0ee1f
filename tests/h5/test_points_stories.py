"""Two days with points, as people see them: a birthday on which one also shops, and a till that was offline."""

import runpy
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.db import utc_now
from bot.earning import buying, jobs, versions
from bot.earning.rules import writing
from bot.members import identities, people
from bot.members.models import Member
from bot.moments import HERE
from bot.privacy import vault_of
from bot.purchases.models import Payment, PurchaseState
from bot.purchases.receipts import Receipt
from bot.purchases.recording import By
from bot.tills import keys
from bot.users import passwords
from bot.users.models import User
from bot.users.roles import Role
from tests import make
from tests.earning.books import BRIEF
from tests.h5.test_looks import SMALL, hand, served, shoot  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser
ALICE = "+8613800001111"
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "till.py"


@pytest.fixture
def shop(served):  # noqa: F811
    """A shop, and the brief's rules: of registering, a birthday and a purchase on one day the largest alone."""
    began = utc_now() - timedelta(days=30)
    with served.db.transaction() as session:
        versions.put_version(
            session, writing.write(BRIEF), note="测试", in_force_from=began, by="林", now=began
        )
    return make.shop(served.db, "外滩店")


def member_of(inn) -> int:
    inn.phone("alice", phone=ALICE).bind(ALICE)
    inn.work()
    return inn.fans()[inn.openid("alice")].member_id


def test_on_a_birthday_the_largest_counts_alone_and_the_member_reads_why(hand, served, shop):  # noqa: F811
    vault, now = vault_of(served.config.privacy), utc_now()
    alice = member_of(served)
    with served.db.transaction() as session:
        row = session.get_one(Member, alice)
        key = identities.key_of(vault, row)
        people.describe(row, key, name="王女士", birthday=now.astimezone(HERE).date().replace(year=1992))
    jobs.keep_birthdays(served.runtime)
    with served.db.transaction() as session:
        buying.buy(
            session,
            vault,
            Receipt("A1", 35000, Payment.WECHAT, now),
            shop_id=shop,
            member_id=alice,
            state=PurchaseState.COUNTED,
            by=By("till:1", "前台"),
            now=now,
        )

    tab = hand("/h5/head/me/points")

    expect(tab.locator(".sum")).to_have_text("350")
    expect(tab.locator(".points")).to_have_text(["+150", "+100", "+100"])
    tab.get_by_text("怎么得来的").first.click()
    why = tab.locator("details.why").first
    expect(why).to_contain_text("“生日礼”未计入：200 分；“同日多项”取最大一项，“消费积分”350 分")
    expect(why).to_contain_text("当天合计 350 分，此前已记 200 分，这次记 150 分。")
    assert tab.evaluate(SMALL) == []


def test_a_till_that_was_offline_for_a_day_uploads_twice_and_it_counts_once(browser, hand, served, shop):  # noqa: F811
    now = utc_now()
    alice = member_of(served)
    with served.db.transaction() as session:
        vault = vault_of(served.config.privacy)
        till, secret = keys.make(session, vault, shop_id=shop, name="前台", by="林", now=now)
        card = session.scalar(select(Member.number).where(Member.id == alice))
        key = till.key
        passwords.put(
            session, name="林晓", role=Role.GROUP_ADMINISTRATOR, password="每天清晨点一盏灯笼去赶路", now=now
        )
        session.scalars(select(User).where(User.name == "林晓")).one().must_change = False
    day = [
        {
            "number": f"B-{number}",
            "member": {"card": card},
            "amount": 10000 * number,
            "payment": "cash",
            "occurred_at": (now - timedelta(days=2, hours=number)).isoformat(),
        }
        for number in (1, 2)
    ]

    client = runpy.run_path(str(EXAMPLE))["Till"](served.public_url, key, secret)
    came = [client.call("POST", "/api/v1/purchases/batch", {"purchases": day}) for _twice in range(2)]

    assert [[row["outcome"] for row in said["results"]] for _status, said in came] == [
        ["recorded", "recorded"],
        ["repeated", "repeated"],
    ]
    tab = hand("/h5/head/me/points")
    expect(tab.locator(".sum")).to_have_text("400")  # 100 for joining today, 300 for the day before yesterday
    expect(tab.locator(".points")).to_have_count(3)
    wide = browser.new_context(viewport={"width": 1280, "height": 900})
    office = wide.new_page()
    office.goto(f"{served.public_url}/admin/")
    office.get_by_label("用户名").fill("林晓")
    office.get_by_label("密码").fill("每天清晨点一盏灯笼去赶路")
    office.get_by_role("button", name="登录").click()
    expect(office.locator("main")).to_be_visible()
    office.goto(f"{served.public_url}/admin/purchases/")
    for number in ("B-1", "B-2"):
        expect(office.get_by_text(number, exact=True)).to_have_count(1)
    shoot(office, "till-purchases")
    wide.close()
