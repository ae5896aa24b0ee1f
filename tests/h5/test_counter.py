"""The member's centre and the shop's counter: on two phones, once in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.db import utc_now
from bot.desk import sessions
from bot.desk.models import Agent
from bot.earning import versions
from bot.earning.rules import writing
from bot.earning.rules.book import Book, Rule, Trigger
from bot.members import cards
from bot.members.models import Member
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.points import ledger
from bot.points.reconciling import findings
from bot.privacy import vault_of
from tests import make
from tests.earning.books import PURCHASE, fixed
from tests.faces.contrast import faint
from tests.h5.test_looks import SMALL, hand, served, shoot  # noqa: F401 - fixtures
from tests.points.world import Till

ALICE, BOB, CAROL = "+8613800001111", "+8613800002222", "+8613800003333"
BOOK = Book(
    (
        PURCHASE,
        Rule("visit", "到店礼", Trigger.VISIT, fixed(5)),
        Rule("profile", "完善资料礼", Trigger.CUSTOM, fixed(50), event="profile:complete"),
        Rule("referral", "推荐礼", Trigger.REFERRAL, fixed(40)),
    )
)


class House:
    """A shop where 王珊 (alice) works, a member (bob), and rules in force."""

    def __init__(self, inn) -> None:
        self.inn, self.db = inn, inn.db
        self.vault = vault_of(inn.config.privacy)
        self.shop = make.shop(inn.db)
        self.shan = inn.employ(self.shop, "王珊", phone=ALICE)
        with inn.db.transaction() as session:
            at = utc_now() - timedelta(days=30)
            versions.put_version(session, writing.write(BOOK), note="", in_force_from=at, by="林", now=at)

    def member(self, traveller: str, number: str, **fields):
        phone = self.inn.phone(traveller, phone=number)
        phone.bind(number, **fields)
        return phone, self.inn.fans()[self.inn.openid(traveller)].member_id

    def code(self, member: int, *, ago: int = 0) -> str:
        with self.db.reading() as session:
            number = session.get_one(Member, member).number
        return cards.code(self.vault, number, now=utc_now() - timedelta(seconds=ago))

    def balance(self, member: int) -> int:
        with self.db.reading() as session:
            assert findings(session) == []
            return ledger.balance(session, member, utc_now()).available


@pytest.fixture
def house(inn):
    return House(inn)


def serve(staff, code, path="/h5/head/staff/counter"):
    """Scan a code at the counter; return the page of the member and its address."""
    staff.get(path)
    answer = staff.request("POST", path, data={"csrf": staff.csrf, "code": code})
    return answer.location


def once(page) -> str:
    return re.search(r'name="once" value="([\w-]+)"', page.text)[1]


def test_a_card_is_scanned_a_receipt_written_down_and_points_spent_with_the_members_word(house):
    alice, _staff = house.member("alice", ALICE)
    bob, member = house.member("bob", BOB, name="陈静")
    shown = bob.get("/h5/head/me").text
    typed = re.search(r"\d{4} \d{4} \d{4} \d{4}", shown)[0]

    served_at = serve(alice, typed)
    page = alice.get(served_at)
    sent = {"number": "A1", "amount": "￥128.00", "payment": "cash", "once": once(page)}
    done = [alice.post(f"{served_at}/award", **sent) for _twice in range(2)]
    known = alice.post(f"{served_at}/award", **{**sent, "once": "x" * 22})
    wrong = alice.post(f"{served_at}/award", number="", amount="1.234", payment="cash")
    page = alice.get(served_at)
    spend = {"points": "60", "spent_on": "A1", "once": once(page)}
    waiting = [alice.post(f"{served_at}/spend", **spend) for _twice in range(2)]
    asked = bob.get("/h5/head/me/code").text
    key = re.search(r"/me/spends/(\d+)", asked)[1]
    alice.get("/h5/head/me")
    alice.post(f"/h5/head/me/spends/{key}", agreed="yes")  # somebody else's question
    before = house.balance(member)
    bob.get("/h5/head/me")
    told = [bob.post(f"/h5/head/me/spends/{key}", agreed=yes).text for yes in ("yes", "yes", "no")]
    after = alice.get(f"/h5/head/staff/counter/spends/{key}").text

    assert "陈**" in page.text
    assert "陈静" not in page.text
    assert "得 128 积分" in done[0].text
    assert "“消费积分”得 128 分：¥128.00，每 ¥1.00 得 1 分。" in done[1].text
    assert (known.status_code, wrong.status_code) == (409, 422)
    assert "本店已经有这个小票号" in known.text
    assert "等会员确认" in waiting[1].text
    assert "抵扣 <strong>60</strong> 积分" in asked
    assert before == 128 + 5 - 60
    assert all("抵扣 60 积分" in one for one in told)
    assert "已抵扣 60 积分" in after
    assert house.balance(member) == 128 + 5 - 60
    assert "到店抵扣" in bob.get("/h5/head/me/points").text


def test_an_old_code_a_strangers_word_and_another_shops_staff_open_nothing(house):
    alice, own = house.member("alice", ALICE)
    _bob, member = house.member("bob", BOB)
    elsewhere = house.inn.employ(make.shop(house.db, "泉城路店", "济南分公司"), "韩梅", phone=CAROL)
    carol, _carols = house.member("carol", CAROL)
    assert elsewhere

    old = serve(alice, house.code(member, ago=200))
    oneself = serve(alice, house.code(own))
    coupon, order = serve(alice, "Q-7K2M9XAB"), serve(alice, "ｐ８３hd72k")
    nonsense = [serve(alice, one) for one in ("", "hello", "1234567890123456", "Q/../../me")]
    served_at = serve(alice, house.code(member))
    carol.get("/h5/head/staff/counter")
    strangers = carol.get(served_at)
    forged = carol.post(f"{served_at}/award", number="A1", amount="10", payment="cash")
    with house.db.transaction() as session:
        session.get_one(Staff, house.shan).shop_id = elsewhere and 2
    moved = alice.get(served_at)
    with house.db.transaction() as session:
        phones.set_active(session.get_one(Staff, house.shan), active=False, vault=None)
    left = alice.post(f"{served_at}/award", number="A1", amount="10", payment="cash")

    assert (old, oneself, *nonsense) == (None,) * 6
    assert (coupon, order) == ("/h5/head/staff/coupons/Q-7K2M9XAB", "/h5/head/staff/orders/P83HD72K")
    assert (strangers.status_code, forged.status_code, moved.status_code, left.status_code) == (403,) * 4
    assert "不在这家门店" in moved.text
    assert "这里是员工的页面" in left.text
    assert house.balance(member) == 5


def test_whoever_tries_many_codes_is_slowed_down(house, monkeypatch):
    from bot.members.limits import Limit
    from h5 import serving

    monkeypatch.setattr(serving, "MISSES", Limit("counter:misses", 2, 10**9))  # ends not amid the test
    alice, _own = house.member("alice", ALICE)
    alice.get("/h5/head/staff/counter")

    statuses = [
        alice.request(
            "POST", "/h5/head/staff/counter", data={"csrf": alice.csrf, "code": f"{n:016}"}
        ).status_code
        for n in range(1, 5)
    ]
    _bob, member = house.member("bob", BOB)

    assert statuses == [422, 422, 429, 429]
    assert serve(alice, house.code(member)) is None  # a right guess opens nothing either
    assert house.balance(member) == 0


def test_before_binding_the_centre_tempts_and_each_of_its_pages_asks(house):
    bob = house.inn.phone("bob", phone=BOB)

    page = bob.get("/h5/head/me").text
    rights = bob.get("/h5/head/me/rights").text
    asked = [bob.get(f"/h5/head/me/{one}").text for one in ("profile", "referrals", "points", "code")]

    assert "绑定手机号成为会员" in page
    assert "完善资料礼" in page
    assert "每 ¥1 得 1 分" in rights
    assert all("先绑定手机号" in one for one in asked)
    assert "card-live" not in page + asked[3]


def test_a_profile_is_told_once_in_full_and_earns_once(house):
    bob, member = house.member("bob", BOB)
    page = bob.get("/h5/head/me").text
    told = {"name": "陈静", "birthday": "1990-05-01", "city": "上海", "interests": ["sea", "food", "x"]}
    bob.post("/h5/head/me/profile", **{**told, "birthday": "1990-13-01"})
    nothing = house.balance(member)
    for changed in ({}, {"birthday": "1980-01-01", "city": "苏州"}):
        saved = bob.post("/h5/head/me/profile", **{**told, **changed}).text

    assert "补全资料，得 50 积分" in page
    assert nothing == 0
    assert "资料已经填全" in saved
    assert "5月1日" in saved  # a birthday is told once
    assert 'value="苏州"' in saved
    assert house.balance(member) == 50
    assert "补全资料" not in bob.get("/h5/head/me").text
    kept = bob.get("/h5/head/me/privacy").text
    assert "苏州" in kept
    assert "海岛、美食" in kept
    with house.db.reading() as session:
        row = session.get_one(Member, member)
        assert "苏州" not in row.city + row.interests


def test_who_was_brought_is_shown_masked_with_what_it_earned_and_who_serves_is_named(house):
    bob, member = house.member("bob", BOB)
    empty = bob.get("/h5/head/me/referrals").text
    house.member("dora", CAROL, name="林小满", referrer="13800002222")
    house.inn.work()
    fan = house.inn.fans()[house.inn.openid("bob")]
    with house.db.transaction() as session:
        facts = {"seats": 5, "online": True, "duty": "on", "shop_id": house.shop}
        session.add(Agent(account_id=fan.account_id, kf_account="shan@x", nickname="王珊", **facts))
        sessions.opened(session, account_id=fan.account_id, fan_id=fan.id, kf_account="shan@x", at=utc_now())

    page = bob.get("/h5/head/me/referrals").text

    assert "还没有推荐过朋友" in empty
    assert "林**" in page
    assert "小满" not in page
    assert "+40" in page
    assert house.balance(member) == 40
    assert "上次为您服务" in bob.get("/h5/head/me").text


@pytest.mark.browser
def test_two_phones_at_a_counter_until_one_leaves_the_shop(hand, served):  # noqa: F811
    house = House(served)
    house.member("alice", ALICE, name="王珊")
    _bob, member = house.member("bob", BOB, name="陈静")
    Till(served.db).earn(member, 300, days=40, reason="注册礼")
    mine = hand("/h5/head/me", traveller="bob")
    digits = mine.locator(".pass__digits").inner_text()
    shoot(mine, "centre-card")
    counter = hand("/h5/head/staff/counter")
    counter.get_by_label(re.compile("16 位数字")).fill(digits)
    counter.get_by_role("button", name="打开").click()
    expect(counter.get_by_text("陈**")).to_be_visible()
    counter.get_by_label("小票号").first.fill("S-2046")
    counter.get_by_label("金额").fill("268")
    counter.get_by_role("button", name="登记").click()
    expect(counter.get_by_text("小票 S-2046 已登记，得 268 积分")).to_be_visible()
    check(counter, "counter-customer")

    mine.get_by_role("link", name=re.compile("可用积分")).click()
    expect(mine.get_by_text("+268")).to_be_visible()
    mine.get_by_text("怎么得来的").first.click()
    expect(mine.get_by_text("“消费积分”得 268 分：¥268.00，每 ¥1.00 得 1 分。")).to_be_visible()
    mine.get_by_role("link", name="返回").click()
    counter.get_by_label("积分", exact=True).fill("200")
    counter.get_by_role("button", name="请会员确认").click()
    expect(counter.get_by_role("heading", name="等会员确认")).to_be_visible()
    expect(mine.get_by_role("button", name="同意抵扣")).to_be_visible()
    check(mine, "centre-asked")
    mine.get_by_role("button", name="同意抵扣").click()
    expect(mine.get_by_text("抵扣 200 积分")).to_be_visible()
    expect(counter.get_by_role("heading", name="已抵扣 200 积分")).to_be_visible()
    check(counter, "counter-spent")

    # The code says by itself when the network is gone, and takes itself away once it is over.
    mine.context.set_offline(True)
    expect(mine.get_by_text("网络不太好")).to_be_visible()
    mine.evaluate("document.querySelector('[data-live]').until = 0; dispatchEvent(new Event('offline'))")
    expect(mine.get_by_text("这个码已经过期")).to_be_visible()
    expect(mine.locator(".pass__code")).to_be_hidden()
    mine.context.set_offline(False)
    expect(mine.locator(".pass__code")).to_be_visible()
    assert house.balance(member) == 300 + 5 + 268 - 200

    with house.db.transaction() as session:
        phones.set_active(session.get_one(Staff, house.shan), active=False, vault=None)
    counter.get_by_role("link", name="继续为这位会员办理").click()
    expect(counter.get_by_role("heading", name="这里是员工的页面")).to_be_visible()


def check(tab, name):
    """A page can be read, reached by a thumb, and fits the width."""
    tab.wait_for_load_state()  # what was clicked may have no style yet
    assert faint(tab) == []
    assert tab.evaluate(SMALL) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == 375
    shoot(tab, name)
