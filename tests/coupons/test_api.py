"""Coupons over the API of tills: what one is worth and why not, used once, held, given back; as the document says."""

import pytest

from bot.coupons import codes
from bot.coupons.models import Coupon
from bot.coupons.terms import Goods, Scope
from bot.runtime import open_runtime
from tests import make
from tests.coupons.world import Desk
from tests.earning.test_till_api import Shop, is_a
from tests.support.members import config

TRIP = {"sku": "P01", "category": "线路", "amount": 40000}
GIFT = {"name": "丝巾", "category": "伴手礼", "brand": "老字号", "amount": 12900}


class Counter(Shop):
    """A till beside a desk that issues."""

    def __init__(self, runtime) -> None:
        super().__init__(runtime)
        self.desk = Desk(self.db, shop=self.shop)
        self.desk.vault = self.vault

    def have(self, **changes) -> str:
        coupon = self.desk.have(
            self.wang, scope=Scope(exclude=Goods(brands=frozenset({"老字号"}))), **changes
        )
        with self.db.reading() as session:
            return codes.code(self.vault, session.get_one(Coupon, coupon))


@pytest.fixture
def shop(empty_sqlite):
    runtime = open_runtime(config(empty_sqlite))
    yield Counter(runtime)
    runtime.close()


def test_a_till_checks_uses_and_gives_back_whatever_it_sends_twice(shop):
    code = shop.have()
    asked = {"code": code, "items": [TRIP, GIFT]}
    use = {"number": "U1", "receipt": "A1", **asked}

    checked = shop.till.post("/coupons/check", asked)
    first, again = (shop.till.post("/coupons/use", use) for _twice in range(2))
    other = shop.till.post("/coupons/use", {**use, "items": [TRIP]})
    second = shop.till.post("/coupons/use", {**use, "number": "U2"})
    spent = shop.till.post("/coupons/check", asked)
    back, back_again = (shop.till.post("/coupons/return", {"number": "U1"}) for _twice in range(2))

    assert is_a("CouponWorth", checked.json)
    assert is_a("CouponUse", first.json)
    assert checked.json["usable"]
    assert [line["discount"] for line in checked.json["lines"]] == [5000, 0]
    assert (checked.json["discount"], checked.json["payable"]) == (5000, 47900)
    assert [one.status_code for one in (first, again, other, second)] == [201, 200, 409, 422]
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert (second.json["error"]["code"], second.json["error"]["message"]) == ("used", "这张券已经用过了")
    assert spent.json["reasons"] == [{"code": "used", "words": "这张券已经用过了"}]
    assert spent.json["payable"] == 52900
    assert (back.json["state"], back.json["repeated"], back_again.json["repeated"]) == (
        "returned",
        False,
        True,
    )
    assert shop.till.post("/coupons/check", asked).json["usable"]


def test_a_till_holds_first_and_uses_or_lets_go_later_and_other_shops_numbers_are_theirs(shop):
    kept, freed = shop.have(), shop.have()
    hold = {"number": "U1", "receipt": "A1", "code": kept, "items": [TRIP], "hold_minutes": 5}
    held = shop.till.post("/coupons/use", hold)
    used = shop.till.post("/coupons/use", {**hold, "hold_minutes": 0})
    shop.till.post("/coupons/use", {**hold, "number": "U2", "receipt": "A2", "code": freed})
    elsewhere = shop.new_till(make.shop(shop.db, "虹桥店")).post("/coupons/return", {"number": "U2"})
    let_go = shop.till.post("/coupons/return", {"number": "U2"})

    assert is_a("CouponUse", held.json)
    assert (held.json["state"], used.json["state"], let_go.json["state"]) == ("held", "used", "released")
    assert held.json["held_until"]
    assert used.status_code == 200
    assert elsewhere.status_code == 404


def test_a_code_that_is_none_of_ours_is_not_told_from_one_whose_proof_is_wrong(shop):
    code = shop.have()
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")

    found = [
        shop.till.post("/coupons/check", {"code": typed, "items": [TRIP]})
        for typed in (wrong, "QABCDEFGH22345677", "hello", f" {code[:5]}-{code[5:].lower()} ")
    ]

    assert [one.status_code for one in found] == [404, 404, 404, 200]
    assert found[0].json == found[1].json == found[2].json
    short = shop.till.post("/coupons/check", {"code": code, "items": [{**TRIP, "amount": 25800}]})
    assert short.json["reasons"] == [{"code": "too_little", "words": "适用商品满 ¥300 可用，还差 ¥42"}]
