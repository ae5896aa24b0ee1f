"""The mall on a phone: looking before binding, taking something, its code at the counter, calling it off."""

import io
import re
import zipfile

import pytest
from sqlalchemy import select

from bot.audit.models import AuditEntry
from bot.fans.models import Fan, Standing
from bot.mall.models import MallItem, MallOrder
from tests import make
from tests.coupons.world import Desk
from tests.mall.world import Mall

ALICE, WANG = "+8613800001111", "+8613800002222"


@pytest.fixture
def mall(inn):
    made = Mall(inn.db)
    made.shop_id = make.shop(inn.db)
    yield made
    assert made.findings() == []


@pytest.fixture
def alice(inn):
    return inn.phone("alice", phone=ALICE)


@pytest.fixture
def wang(inn, mall):
    inn.employ(mall.shop_id, "王珊", phone=WANG)
    pocket = inn.phone("wang", phone=WANG)
    pocket.bind(WANG)
    return pocket


def member(inn, pocket, till, points):
    pocket.bind(ALICE, name="陈静")
    key = inn.fans()[inn.openid("alice")].member_id
    till.earn(key, points, days=99)
    return key


def take(pocket, item, **said):
    page = pocket.get(f"/h5/head/mall/items/{item}/redeem").text
    hidden = dict(re.findall(r'name="(once|way|points|cash)" value="([\w-]+)"', page))
    return pocket.post(f"/h5/head/mall/items/{item}/redeem", **{**hidden, **said})


def code_on(page):
    return re.search(r"P( \d{4}){3}", page.text)[0].replace(" ", "")


def test_who_has_not_bound_looks_around_and_is_asked_when_they_take_something(inn, mall, alice):
    cup, gone = mall.item("保温杯", 200), mall.item("露营灯", 900, stock=0)
    mall.item("下架的帽子", on_shelf=False)

    shelf, page = alice.get("/h5/head/mall").text, alice.get(f"/h5/head/mall/items/{cup}").text

    assert "保温杯" in shelf
    assert "已兑完" in shelf
    assert "帽子" not in shelf
    assert "绑定并兑换" in page
    assert "已兑完" in alice.get(f"/h5/head/mall/items/{gone}").text
    assert "先绑定手机号" in alice.get(f"/h5/head/mall/items/{cup}/redeem").text
    assert alice.get("/h5/head/mall/items/99").status_code == 404


def test_a_member_takes_something_shows_its_code_and_gets_it_once(inn, mall, alice, wang):
    anna = member(inn, alice, mall, 350)
    cup = mall.item("保温杯", 200, cash=1990)
    mall.item("旅行箱", 900)

    shelf, mine = alice.get("/h5/head/mall").text, alice.get("/h5/head/mall?mine=1").text
    assert "还差 550 积分" in shelf
    assert "旅行箱" not in mine
    missing = take(alice, cup, shop="")
    assert missing.status_code == 422
    first = take(alice, cup, shop=mall.shop_id, once="the-same")
    second = take(alice, cup, shop=mall.shop_id, once="the-same")
    assert code_on(first) == code_on(second)
    assert mall.count(MallOrder) == 1
    assert "data:image/svg+xml" in first.text

    code = code_on(first)
    waiting = wang.get("/h5/head/staff/orders").text
    [ready] = re.findall(r'action="(/h5/head/staff/orders/ready/\d+)"', waiting)
    assert "可领取" not in alice.get("/h5/head/me/orders").text
    for _twice in range(2):
        assert "会通知旅客来取" in wang.post(ready, follow=True).text
    assert "正在通知" in wang.get("/h5/head/staff/orders").text
    assert "可领取" in alice.get("/h5/head/me/orders").text
    with mall.db.reading() as session:
        assert session.scalars(select(AuditEntry.action)).all().count("mall_order.made_ready") == 1
    shown = wang.get(f"/h5/head/staff/orders?code={code[1:]}")
    assert "保温杯" in shown.text
    unpaid = wang.post(f"/h5/head/staff/orders/{code}")
    assert "请先收款" in unpaid.text
    assert mall.available(anna) == 150
    assert "已核销" in wang.post(f"/h5/head/staff/orders/{code}", paid="yes").text
    assert "没有核销" in wang.post(f"/h5/head/staff/orders/{code}", paid="yes").text
    assert mall.history(anna)[0] == ("spend", -200)
    assert "没有这个取货码" in wang.get("/h5/head/staff/orders/P000000000000").text
    assert "已领取" in alice.get("/h5/head/me/orders").text


def test_staff_are_not_told_that_somebody_heard_whom_nothing_leads_to(inn, mall, alice, wang):
    member(inn, alice, mall, 350)
    take(alice, mall.item("保温杯", 200), shop=mall.shop_id)
    with inn.db.transaction() as session:
        session.scalars(
            select(Fan).where(Fan.openid == inn.openid("alice"))
        ).one().standing = Standing.LEFT.value
    [ready] = re.findall(
        r'action="(/h5/head/staff/orders/ready/\d+)"', wang.get("/h5/head/staff/orders").text
    )

    for _twice in range(2):
        said = wang.post(ready, follow=True).text
        assert "微信通知不到这位旅客" in said
        assert "已备好，通知不到" in said
        assert "会通知旅客" not in said


def test_another_shop_cannot_hand_it_over_and_another_member_cannot_see_it(inn, mall, alice):
    other = make.shop(inn.db, "泉城路店", "济南分公司")
    inn.employ(other, "李雷", phone=WANG)
    lei = inn.phone("lei", phone=WANG)
    lei.bind(WANG)
    anna = member(inn, alice, mall, 500)
    order = mall.redeem(anna, mall.item())
    code = code_on(alice.get(f"/h5/head/me/orders/{order.id}"))

    seen = lei.get(f"/h5/head/staff/orders/{code}").text

    assert "请旅客去那里" in seen
    assert ("陈**" in seen, "陈静" in seen) == (True, False)  # as at the counter
    assert lei.post(f"/h5/head/staff/orders/{code}").status_code == 404
    assert lei.get(f"/h5/head/me/orders/{order.id}").status_code == 404
    assert lei.post(f"/h5/head/me/orders/{order.id}/cancel").status_code == 404
    assert mall.order(order.id).state == "held"
    assert "积分回到您的账户" in alice.post(f"/h5/head/me/orders/{order.id}/cancel").text
    assert "刚刚有了变化" in alice.post(f"/h5/head/me/orders/{order.id}/cancel").text
    assert mall.available(anna) == 500


def test_a_wrong_form_for_what_is_gone_meanwhile_leads_to_the_page_that_says_so(inn, mall, alice):
    member(inn, alice, mall, 350)
    cup = mall.item("保温杯", 200, stock=1)
    alice.get(f"/h5/head/mall/items/{cup}/redeem")
    mall.redeem(mall.member(points=200), cup)

    answer = alice.post(f"/h5/head/mall/items/{cup}/redeem", once="form", way="pickup", shop="")

    assert (answer.status_code, "已兑完" in answer.text) == (200, True)


def test_a_way_that_is_gone_meanwhile_is_said_on_the_form_of_the_way_that_is_left(inn, mall, alice):
    anna = member(inn, alice, mall, 350)
    cup = mall.item("保温杯", 200)
    alice.get(f"/h5/head/mall/items/{cup}/redeem")
    with inn.db.transaction() as session:
        session.get_one(MallItem, cup).can_pick_up = False

    said = {"way": "pickup", "shop": mall.shop_id, "points": 200, "cash": 0}
    answer = alice.post(f"/h5/head/mall/items/{cup}/redeem", once="form", **said)

    assert answer.status_code == 409
    assert "请重新选择" in answer.text
    assert "寄到哪里" in answer.text
    assert mall.available(anna) == 350


def test_what_is_sent_asks_where_to_and_is_in_what_one_takes_along(inn, mall, alice):
    anna = member(inn, alice, mall, 500)
    tea = mall.item("龙井", 100, can_pick_up=False)

    assert take(alice, tea, name="", phone="138", place="上海").status_code == 422
    where = {"name": "陈静", "phone": "13800001111", "place": "上海市黄浦区人民大道 1 号"}
    page = take(alice, tea, **where)
    assert "陈** 138****1111" in page.text
    assert where["place"] in alice.get(f"/h5/head/mall/items/{tea}/redeem").text  # known the next time
    alice.get("/h5/head/me/privacy")
    alice.post("/h5/head/me/privacy/export")
    inn.work()
    with zipfile.ZipFile(io.BytesIO(alice.get("/h5/head/me/privacy/export").data)) as archive:
        assert where["place"] in archive.read("我的资料.html").decode()
    assert mall.balance(anna).held == 100


def test_a_coupon_taken_for_points_is_among_the_coupons_at_once(inn, mall, alice):
    template = Desk(inn.db, now=mall.now, shop=mall.shop_id).template(name="满三百减五十")
    said = {"kind": "coupon", "template_id": template, "can_pick_up": False, "can_deliver": False}
    coupon = mall.item("满三百减五十", 80, **said)
    anna = member(inn, alice, mall, 200)

    page = take(alice, coupon)

    assert "优惠券已到账" in page.text
    assert "优惠券已经放进您的账户" in page.text
    assert "预留" not in page.text  # the points are spent
    assert "满三百减五十" in alice.get("/h5/head/me/coupons").text
    assert "积分没有动" in take(alice, coupon).text  # one for each member
    assert mall.available(anna) == 120


def test_a_member_says_yes_or_no_to_money_each_month(inn, mall, alice):
    from bot.mall import rebates

    member(inn, alice, mall, 1550)
    with inn.db.transaction() as session:
        assert "积分返现" not in alice.get("/h5/head/me/points").text  # nobody has said what they are worth
        rebates.put_terms(session, rebates.Terms(100, 1000, is_monthly=True), by="林静", now=mall.now)
    assert "积分返现" in alice.get("/h5/head/me/points").text
    assert "¥15.00" in alice.get("/h5/head/me/rebate").text
    assert "关闭自动返现" in alice.post("/h5/head/me/rebate", wish="yes").text
    assert "开启自动返现" in alice.post("/h5/head/me/rebate", wish="no").text
