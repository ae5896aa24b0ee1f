"""One order's life: held, handed over or sent, let go, given back, and what is counted meanwhile."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from bot.coupons.models import Coupon
from bot.mall import addresses, codes, jobs, orders, redeeming, shelf, taking_along
from bot.mall.models import Kind, MallOrder, OrderState, Way, Window
from bot.mall.redeeming import Wish
from bot.mall.refusals import CouponUsed, NotToBeHad, OrderOver, SentBefore, WrongWay
from bot.mall.spans import span_of
from bot.members import erasing
from bot.points import jobs as point_jobs
from bot.points.models import PointHold
from tests import make
from tests.coupons.world import Desk
from tests.mall.world import HOME


def why(mall, member_id, item_id, **said):
    with pytest.raises(NotToBeHad) as refused:
        mall.redeem(member_id, item_id, **said)
    return refused.value.why


def running(mall):
    return SimpleNamespace(db=mall.db)


def test_an_order_holds_points_until_it_is_handed_over_once(mall):
    anna, cup = mall.member(points=250), mall.item(stock=3)

    order = mall.redeem(anna, cup)

    assert mall.balance(anna).available == 150
    assert mall.balance(anna).held == 100
    assert (mall.stock(cup), mall.hold_of(order.id)) == (2, "open")
    assert mall.hand_over(order.id) == "done"
    assert mall.balance(anna).held == 0
    assert mall.history(anna)[0] == ("spend", -100)
    for again in (mall.hand_over, mall.cancel):
        with pytest.raises(OrderOver):
            again(order.id)
    assert mall.available(anna) == 150


def test_the_same_form_is_one_order_and_another_wish_under_it_is_refused(mall):
    anna, cup, bag = mall.member(points=500), mall.item(), mall.item("旅行包", 200)

    first, second = (mall.redeem(anna, cup, once="form") for _twice in range(2))

    assert first.id == second.id
    assert mall.available(anna) == 400
    with pytest.raises(SentBefore):
        mall.redeem(anna, bag, once="form")
    mall.cancel(first.id)
    assert mall.redeem(anna, cup, once="form").state == "cancelled"
    assert mall.available(anna) == 500


def test_what_is_called_off_comes_back_to_the_same_lots_to_the_stock_and_to_the_members_turn(mall):
    anna = mall.member()
    mall.earn(anna, 60, days=5)
    mall.earn(anna, 60, days=50)
    before = mall.lots(anna)
    cup = mall.item(stock=1, limit_times=1, limit_window=Window.MONTH.value)

    order = mall.redeem(anna, cup)
    assert why(mall, anna, cup) in {"sold_out", "limit"}
    mall.cancel(order.id)

    assert mall.lots(anna) == before
    assert (mall.stock(cup), mall.taken(cup), mall.hold_of(order.id)) == (1, 0, "released")
    again = mall.redeem(anna, cup)
    mall.hand_over(again.id)
    assert mall.lots(anna) == [(0, 5), (20, 50)]
    mall.refund(again.id, restock=False)
    assert mall.lots(anna) == before
    assert (mall.stock(cup), mall.taken(cup)) == (0, 0)
    with pytest.raises(OrderOver):
        mall.refund(again.id)


def test_nobody_came_in_time_and_order_and_hold_end_together(mall):
    anna, cup = mall.member(points=100), mall.item(stock=1, hold_days=3)
    order = mall.redeem(anna, cup)
    mall.later(days=4)
    with mall.db.transaction() as session:  # the job reads the real clock
        past = mall.now - timedelta(days=10)
        session.execute(update(PointHold).values(expires_at=past))
        session.execute(update(MallOrder).values(expires_at=past))

    with pytest.raises(OrderOver) as over:
        mall.hand_over(order.id)
    assert over.value.state == "expired"
    point_jobs.end_holds(running(mall), besides=("mall",))
    assert mall.hold_of(order.id) == "open"  # its order ends it, and nobody else
    for _twice in range(2):
        jobs.end_orders(running(mall))

    assert (mall.order(order.id).state, mall.hold_of(order.id)) == ("expired", "expired")
    assert (mall.available(anna), mall.stock(cup)) == (100, 1)


def test_why_something_cannot_be_had(mall):
    anna = mall.member(points=150)
    hour = timedelta(hours=1)

    assert why(mall, anna, mall.item(points=151)) == "points"
    assert why(mall, anna, mall.item(stock=0)) == "sold_out"
    assert why(mall, anna, mall.item(on_shelf=False)) == "off"
    assert why(mall, anna, mall.item(from_at=mall.now + hour)) == "not_yet"
    assert why(mall, anna, mall.item(until_at=mall.now)) == "over"
    assert why(mall, anna, mall.item(levels=["gold"])) == "level"
    assert why(mall, anna, mall.item(points=100), price=(90, 0)) == "changed"
    with pytest.raises(WrongWay):
        mall.redeem(anna, mall.item(can_deliver=False), way=Way.DELIVERY, address=HOME)
    with pytest.raises(WrongWay):
        mall.redeem(anna, mall.item(), way=Way.DELIVERY)
    assert mall.available(anna) == 150

    with mall.db.reading() as session:
        who = shelf.customer(session, anna, now=mall.now)
        had = shelf.offers(session, who, now=mall.now, only_mine=True)
    assert [one.item.points for one in had] == [100, 100, 100]


def test_a_coupon_that_was_given_on_is_not_taken_from_the_friend_for_the_givers_points(mall):
    desk = Desk(mall.db, now=mall.now, shop=mall.shop_id)
    template = desk.template(transferable=True, per_member=None)
    said = {"kind": Kind.COUPON.value, "template_id": template, "can_pick_up": False, "can_deliver": False}
    anna, bob = mall.member(points=200), mall.member()
    order = mall.redeem(anna, mall.item("满减券", 80, **said), way=Way.AT_ONCE)

    word = desk.offer(order.coupon_id)
    with pytest.raises(CouponUsed):  # the friend has it on the phone already
        mall.refund(order.id)
    desk.take(word, bob)
    with pytest.raises(CouponUsed):
        mall.refund(order.id)

    assert desk.good(bob) == [order.coupon_id]
    assert (mall.order(order.id).state, mall.available(anna)) == ("done", 120)


def test_the_turns_of_members_who_became_one_count_together(mall):
    anna, old = mall.member(points=300), mall.member(points=300)
    cup = mall.item(limit_times=1)
    taken = mall.redeem(old, cup)
    mall.merge(old, into=anna)

    with mall.db.reading() as session:
        [seen] = shelf.offers(session, shelf.customer(session, anna, now=mall.now), now=mall.now)
    assert (seen.why, why(mall, anna, cup)) == ("limit", "limit")
    mall.cancel(taken.id)
    mall.redeem(anna, cup)
    assert why(mall, anna, cup) == "limit"


def test_a_parcel_spends_points_in_no_shop_whatever_its_form_says(mall):
    anna, cup = mall.member(points=100), mall.item()
    wish = Wish(cup, anna, "form", Way.DELIVERY, mall.shop_id, HOME)
    with mall.db.transaction() as session:
        order = redeeming.redeem(session, mall.vault, wish, now=mall.now)

    with mall.db.reading() as session:
        assert (order.shop_id, session.get_one(PointHold, order.hold_id).shop_id) == (None, None)


def test_limits_count_in_shanghais_days(mall):
    late = mall.now.replace(month=11, day=30, hour=15, minute=59)
    assert span_of("day", late) == f"{late.year}-11-30"
    assert span_of("month", late + timedelta(minutes=1)) == f"{late.year}-12"
    assert span_of("ever", late) == "ever"


def test_a_code_is_found_however_it_is_typed_and_not_in_the_tables(mall):
    order = mall.redeem(mall.member(points=100), mall.item())
    code = codes.code_of(mall.vault, order.nonce)

    with mall.db.reading() as session:
        for typed in (code, codes.spaced(code).lower(), f" {code[:7]}-{code[7:]} "):
            assert codes.find(session, mall.vault, typed).id == order.id
        assert codes.find(session, mall.vault, "P000000000000") is None
        assert codes.find(session, mall.vault, "YZM") is None
    assert code[1:] not in str({**order.__dict__})


def test_an_address_is_sealed_masked_and_gone_with_its_member(mall):
    anna = mall.member(points=300)
    sent = mall.redeem(anna, mall.item(), way=Way.DELIVERY, address=HOME)
    waiting = mall.redeem(anna, mall.item(), way=Way.DELIVERY, address=HOME)
    mall.do(orders.send, sent.id, carrier="顺丰", tracking="SF1")

    assert HOME.place not in (mall.order(sent.id).address or "")
    assert HOME.masked == "陈** 138****1111"
    with mall.db.reading() as session:
        assert addresses.last_of(session, mall.vault, anna) == HOME
    with mall.db.transaction() as session:
        erasing.erase_member(session, anna, now=mall.now)
    with mall.db.reading() as session:
        assert addresses.read(session, mall.vault, session.get_one(MallOrder, sent.id)) is None
    jobs.end_orders(running(mall))
    jobs.forget_words(running(mall))
    assert mall.order(sent.id).address is None
    assert mall.order(waiting.id).state == OrderState.CANCELLED
    assert mall.hold_of(waiting.id) == "released"


def test_nothing_a_person_wrote_of_an_order_outlives_its_member(mall):
    anna, carl = mall.member(points=500), mall.member(points=500)
    kept = {}
    for who in (anna, carl):
        back, called_off = (mall.redeem(who, mall.item(), way=Way.DELIVERY, address=HOME) for _twice in "ab")
        mall.do(orders.send, back.id, carrier="顺丰", tracking="SF1")
        mall.do(orders.refund, back.id, reason="陈静说杯子漏水", restock=False)
        mall.do(orders.cancel, called_off.id, reason="陈静搬家了")
        kept[who] = [back.id, called_off.id]
    with mall.db.reading() as session:
        told = taking_along.chapter(mall.vault).rows(session, anna)
    assert [(one["sent"], one["reason"]) for one in told] == [
        ("", "陈静搬家了"),
        ("顺丰 SF1", "陈静说杯子漏水"),
    ]

    with mall.db.transaction() as session:
        erasing.erase_member(session, anna, now=mall.now)
    for _twice in range(2):
        jobs.forget_words(running(mall))

    for key in kept[anna]:
        row = mall.order(key)
        assert (row.address, row.carrier, row.tracking, row.reason) == (None, None, None, None)
        assert (row.points, row.item_name) == (100, "保温杯")
    assert [mall.order(key).reason for key in kept[carl]] == ["陈静说杯子漏水", "陈静搬家了"]


def test_only_shops_that_hand_it_over_do(mall):
    from bot.mall.models import MallItemShop

    other, cup = make.shop(mall.db, "泉城路店", "济南分公司"), mall.item()
    with mall.db.transaction() as session:
        session.add(MallItemShop(item_id=cup, shop_id=other))

    with pytest.raises(WrongWay):
        mall.redeem(mall.member(points=100), cup)


def test_the_check_finds_an_order_that_disagrees_with_its_points(mall):
    order = mall.redeem(mall.member(points=100), mall.item())
    with mall.db.transaction() as session:
        session.execute(update(MallOrder).values(state="done"))

    assert [(one.check, one.row_id, one.says, one.should) for one in mall.findings()] == [
        ("mall_order", order.id, 2, 1)
    ]
    with mall.db.transaction() as session:
        session.execute(update(MallOrder).values(state="held"))


def test_a_coupon_is_there_at_once_and_comes_back_only_unused(mall):
    desk = Desk(mall.db, now=mall.now, shop=mall.shop_id)
    template = desk.template(total=2)
    said = {"kind": Kind.COUPON.value, "template_id": template, "can_pick_up": False, "can_deliver": False}
    coupon = mall.item("满减券", 80, **said)
    anna, bob = mall.member(points=200), mall.member(points=200)

    first, again = (mall.redeem(anna, coupon, once="form", way=Way.AT_ONCE) for _twice in range(2))

    assert (first.id, first.state) == (again.id, "done")
    assert (mall.available(anna), desk.good(anna), desk.issued(template)) == (120, [first.coupon_id], 1)
    assert why(mall, anna, coupon, way=Way.AT_ONCE) == "coupon"  # one for each member
    with pytest.raises(WrongWay):
        mall.redeem(bob, coupon)
    mall.refund(first.id)
    assert (mall.available(anna), desk.good(anna)) == (200, [])
    used = mall.redeem(bob, coupon, way=Way.AT_ONCE)
    with mall.db.transaction() as session:
        session.execute(update(Coupon).where(Coupon.id == used.coupon_id).values(state="used"))
    with pytest.raises(CouponUsed):
        mall.refund(used.id)
    assert mall.available(bob) == 120
    assert why(mall, mall.member(points=200), coupon, way=Way.AT_ONCE) == "sold_out"
