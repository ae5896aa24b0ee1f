"""The mall in the back office: whose goods and orders one sees, the form that keeps stock right, two for a payout."""

import io
import re
from dataclasses import replace

import openpyxl
import pytest
from PIL import Image
from sqlalchemy import select

from bot.config import PrivacyConfig
from bot.fans.models import Fan
from bot.mall import rebates
from bot.mall.models import MallItem, MallMerchant, MallMerchantUser, MallOrder, Way
from bot.mall.rebate_models import MallRebate, RebateState
from bot.members import merging
from bot.members.models import Member
from bot.users.roles import Role
from tests import make
from tests.admin.conftest import opened
from tests.mall.test_telling import follow
from tests.mall.world import HOME, Mall
from tests.support.inn import KEY


@pytest.fixture
def office(empty_sqlite):
    """The back office with keys for what is personal."""
    yield from opened(replace(make.config(empty_sqlite), privacy=PrivacyConfig(f"inn:{KEY}", KEY)))


@pytest.fixture
def mall(office):
    made = Mall(office.db)
    made.shop_id = make.shop(office.db)
    yield made
    assert made.findings() == []


@pytest.fixture
def alice(office):
    return office.inside("alice")


def merchant(office, mall, name, *goods):
    """A merchant with somebody who signs in for it, and its goods."""
    user_id = office.add(name, Role.MERCHANT)
    with mall.db.transaction() as session:
        row = MallMerchant(name=f"{name}的店", note="", is_active=True, created_at=mall.now)
        session.add(row)
        session.flush()
        session.add(MallMerchantUser(user_id=user_id, merchant_id=row.id))
        key = row.id
    return key, [mall.item(one, merchant_id=key) for one in goods]


def fields(mall, item_id=None, **said):
    usual = {
        "name": "保温杯",
        "category": 1,
        "kind": "goods",
        "points": 300,
        "stock": 10,
        "stock_seen": 10,
        "limit_window": "ever",
        "pick_up": "yes",
        "hold_days": 7,
        "position": 1,
    }
    if item_id is not None:
        with mall.db.reading() as session:
            usual["version"] = session.get_one(MallItem, item_id).version
    return {**usual, **said}


def test_a_merchant_sees_and_sends_their_own_and_nothing_else(office, mall):
    _mei, [tea] = merchant(office, mall, "mei", "龙井")
    _bo, [silk] = merchant(office, mall, "bo", "丝巾")
    anna = mall.member(mall.shop_id, points=1000)
    own = mall.redeem(anna, tea, way=Way.DELIVERY, address=HOME).id
    other = mall.redeem(anna, silk, way=Way.DELIVERY, address=HOME).id
    ours = mall.redeem(anna, mall.item()).id
    mei = office.inside("mei")  # whose reach says everything, by mistake

    goods, listed = mei.get("/admin/mall/").text, mei.get("/admin/mall/orders").text
    page = mei.get(f"/admin/mall/orders/{own}").text

    assert "龙井" in goods + listed
    assert "丝巾" not in goods + listed
    assert "陈** 138****1111" in page
    assert HOME.place not in page
    for key in (other, ours):
        assert mei.get(f"/admin/mall/orders/{key}").status_code == 404
        mei.get(f"/admin/mall/orders/{own}")
        for act in ("send", "cancel", "hand-over", "address"):
            answer = mei.post(f"/admin/mall/orders/{key}/{act}", carrier="x", tracking="y", cancel_reason="z")
            assert answer.status_code == 404, act
        assert mall.order(key).state == "held"
    assert mei.get(f"/admin/mall/items/{silk}").status_code == 404
    assert mei.get("/admin/fans/").status_code == 403
    asked = mei.post(f"/admin/mall/orders/{own}/address")
    assert (asked.status_code, HOME.place in asked.text) == (422, False)
    assert "mall_order.address_shown" not in [one.action for one in office.audit()]
    assert HOME.place in mei.post(f"/admin/mall/orders/{own}/address", address_reason="打包").text
    sent = mei.post(f"/admin/mall/orders/{own}/send", follow=True, carrier="顺丰", tracking="SF100")
    assert "SF100" in sent.text
    assert mall.order(own).state == "done"
    actions = {one.action: one for one in office.audit()}
    assert "mall_order.sent" in actions
    assert actions["mall_order.address_shown"].reason == "打包"
    assert "SF100" not in str([one.after for one in office.audit()])


def test_a_shop_sees_what_it_hands_over_and_gives_it_back_with_a_reason(office, mall):
    other_shop = make.shop(office.db, "泉城路店", "济南分公司")
    office.add("mei", Role.SHOP_MANAGER, shops=[other_shop])
    office.add("lin", Role.SHOP_MANAGER, shops=[mall.shop_id])
    anna = mall.member(other_shop, points=300)  # a member of another shop fetches it here
    order = mall.redeem(anna, mall.item(stock=5)).id
    mei, lin = office.inside("mei"), office.inside("lin")

    assert mei.get(f"/admin/mall/orders/{order}").status_code == 404
    lin.get(f"/admin/mall/orders/{order}")
    assert mei.post(f"/admin/mall/orders/{order}/ready").status_code == 404
    nobody = lin.post(f"/admin/mall/orders/{order}/ready", follow=True).text  # she follows with no WeChat
    assert "通知不到这位会员" in nobody
    assert "会通知会员来取" not in nobody
    bo = mall.member(points=300)
    follow(mall, bo)
    next_one = mall.redeem(bo, mall.item(stock=5)).id
    told = lin.post(f"/admin/mall/orders/{next_one}/ready", follow=True).text
    assert "会通知会员来取" in told
    assert "正在通知会员" in told
    lin.post(f"/admin/mall/orders/{order}/hand-over")
    assert mall.available(anna) == 200
    again = lin.post(f"/admin/mall/orders/{order}/cancel", follow=True, cancel_reason="晚了")
    assert "没有改动" in again.text
    assert lin.post(f"/admin/mall/orders/{order}/refund", refund_reason="").status_code == 422
    lin.post(f"/admin/mall/orders/{order}/refund", refund_reason="破损", restock="yes")
    assert (mall.order(order).state, mall.available(anna), mall.stock(mall.order(order).item_id)) == (
        "refunded",
        300,
        5,
    )
    sheet = lin.post("/admin/mall/orders/export", reason="盘点", **{"as": "xlsx"})
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.data)).worksheets[0].values)
    assert any(f"{order:08}" in map(str, row) for row in rows)


def test_goods_are_put_together_and_stock_keeps_what_was_taken_meanwhile(office, mall, alice):
    mall.item("占位")  # with its category
    alice.get("/admin/mall/items/new")
    wrong = alice.post("/admin/mall/items/new", **fields(mall, name="", points="x", pick_up="", kind="gold"))
    assert wrong.status_code == 422
    bare = alice.post("/admin/mall/items/new", **fields(mall, kind="coupon"))
    assert 'id="e-template"' in bare.text
    assert (
        'id="e-cash"' in alice.post("/admin/mall/items/new", **fields(mall, kind="coupon", cash="9.9")).text
    )
    added = alice.post("/admin/mall/items/new", **fields(mall, words="<script>alert(1)</script>"))
    key = int(added.location.rsplit("/", 1)[-1])
    picture = io.BytesIO()
    Image.new("RGB", (600, 600), "#0f6b5c").save(picture, "PNG")
    alice.get(f"/admin/mall/items/{key}")
    alice.post(f"/admin/mall/items/{key}/pictures", picture=(io.BytesIO(b"<svg/>"), "a.png"))
    alice.post(f"/admin/mall/items/{key}/pictures", picture=(io.BytesIO(picture.getvalue()), "a.png"))
    alice.post(f"/admin/mall/items/{key}/shelf", on="yes")
    page = alice.get(f"/admin/mall/items/{key}").text
    [seen] = re.findall(r"/admin/mall/pictures/(\d+)\"", page)[:1]
    assert "<script>alert" not in page
    assert Image.open(io.BytesIO(alice.get(f"/admin/mall/pictures/{seen}").data)).size == (480, 480)

    old = fields(mall, key, stock=12)  # seen as 10
    mall.redeem(mall.member(points=1000), key)
    alice.post(f"/admin/mall/items/{key}", **old)
    assert mall.stock(key) == 11
    assert alice.post(f"/admin/mall/items/{key}", **old).status_code == 409
    assert mall.stock(key) == 11
    gone = alice.post(f"/admin/mall/items/{key}", **fields(mall, key, stock=0, stock_seen=50))
    assert gone.status_code == 422
    assert "300" in alice.post("/admin/mall/items/preview", **fields(mall)).text


def test_a_payout_needs_two_and_goes_to_the_accountant_once(office, mall, alice):
    office.add("bo", Role.GROUP_ADMINISTRATOR)
    bo = office.inside("bo")
    anna = mall.member(mall.shop_id, points=3000)
    with mall.db.reading() as session:
        number = session.get_one(Member, anna).number
    page = alice.get("/admin/mall/rebates").text
    once = re.search(r'name="once" value="([\w-]+)"', page)[1]
    for _twice in range(2):
        alice.post("/admin/mall/rebates", member=number, points=2000, reason="团长返现", once=once)
    assert mall.count(MallRebate) == 1
    alice.post("/admin/mall/rebates/1/approve")
    bo.get("/admin/mall/rebates")
    assert bo.post("/admin/mall/rebates/export").status_code == 303
    bo.post("/admin/mall/rebates/1/approve")
    sheet = bo.post("/admin/mall/rebates/export", **{"as": "csv"})
    assert number in sheet.data.decode()
    assert "20.00" in sheet.data.decode()
    assert bo.post("/admin/mall/rebates/export").status_code == 303
    bo.post("/admin/mall/rebates/1/failed", why="账户异常")
    bo.post("/admin/mall/rebates/1/paid")
    with mall.db.reading() as session:
        assert session.scalar(select(MallRebate.state)) == "failed"
    assert mall.available(anna) == 3000


def test_who_was_merged_since_is_paid_where_their_fan_is_now_and_a_lost_sheet_is_made_again(
    office, mall, alice
):
    anna, old = mall.member(mall.shop_id), mall.member(mall.shop_id, points=3000)
    with mall.db.transaction() as session:
        number = session.get_one(Member, old).number
        session.add(
            Fan(
                account_id=1,
                openid="o-of-old",
                standing="following",
                created_at=mall.now,
                follow_count=1,
                message_count=0,
                member_id=old,
            )
        )
        said = {"reason": "返现", "by_id": None, "by": "clock", "state": RebateState.PENDING}
        rebates.ask(session, old, 2000, once="month", now=mall.now, **said)
        merging.merge(session, kept_id=anna, merged_id=old, why="同一人", by="林", now=mall.now)
    alice.get("/admin/mall/rebates")

    sheet = alice.post("/admin/mall/rebates/export", **{"as": "csv"}).data.decode()
    again = alice.post("/admin/mall/rebates/export", **{"as": "csv", "again": "yes"}).data.decode()

    assert (number in sheet, "o-of-old" in sheet) == (True, True)
    assert again == sheet
    alice.get("/admin/mall/rebates")
    alice.post("/admin/mall/rebates/1/paid")
    assert alice.post("/admin/mall/rebates/export", again="yes").status_code == 303  # nothing is with them


def test_saving_goods_keeps_a_merchant_who_supplies_no_more(office, mall, alice):
    key, [tea] = merchant(office, mall, "mei", "龙井")
    with mall.db.transaction() as session:
        session.get_one(MallMerchant, key).is_active = False

    page = alice.get(f"/admin/mall/items/{tea}").text
    saved = alice.post(f"/admin/mall/items/{tea}", **fields(mall, tea, stock="", stock_seen="", merchant=key))

    assert f'<option value="{key}" selected>mei的店' in page
    assert saved.status_code == 303
    with mall.db.reading() as session:
        assert session.get_one(MallItem, tea).merchant_id == key
    assert "mei的店" not in alice.get("/admin/mall/items/new").text


def test_merchants_and_categories_are_the_head_offices(office, mall, alice):
    office.add("tea", Role.MERCHANT, own=True)
    alice.get("/admin/mall/merchants/new")
    alice.post(
        "/admin/mall/merchants/new", name="西湖茶行", note="", active="yes", users=office.user("tea").id
    )
    assert alice.post("/admin/mall/merchants/new", name="西湖茶行", note="").status_code == 422
    assert "tea" in alice.get("/admin/mall/merchants").text
    alice.get("/admin/mall/")
    alice.post("/admin/mall/categories", category_name="伴手礼", category_position=2)
    assert "伴手礼" in alice.get("/admin/mall/").text
    alice.post("/admin/mall/categories/1/delete")
    assert "伴手礼" not in alice.get("/admin/mall/").text.replace("删除了", "")
    office.add("mark", Role.MARKETER, shops=[mall.shop_id])
    mark = office.inside("mark")
    assert mark.get("/admin/mall/items/new").status_code == 403
    assert alice.post("/admin/users/new", name="x", role="merchant", reach="all").status_code == 422
    assert mall.count(MallOrder) == 0
