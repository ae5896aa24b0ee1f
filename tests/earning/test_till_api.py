"""Tills over HTTP: signed, once, offline for a day, and true to the document that is served."""

import io
import time
from collections.abc import Iterator
from datetime import timedelta

import jsonschema_rs
import pytest

from api.document import DOCUMENT
from bot.app import pages
from bot.db import utc_now
from bot.earning.rules.book import Book, Rule, Trigger
from bot.members import cards, identities
from bot.members.models import IdentityKind, Member
from bot.points import ledger
from bot.points.reconciling import findings
from bot.runtime import open_runtime
from bot.tills import keys
from bot.tills.models import Till
from tests import make
from tests.earning.books import fixed
from tests.earning.conftest import Counter
from tests.earning.till import BASE, SigningTill, receipt
from tests.support.members import config

PHONE = "+8613900130001"


class Shop(Counter):
    """A shop with a till that speaks HTTP, and a member who is known by telephone."""

    def __init__(self, runtime) -> None:
        super().__init__(runtime.db)
        self.app = pages(runtime)
        self.now = utc_now()
        self.wang = self.member()
        with self.db.transaction() as session:
            member = session.get_one(Member, self.wang)
            key = identities.key_of(self.vault, member)
            identities.add(
                session,
                self.vault,
                member,
                key,
                kind=IdentityKind.PHONE,
                value=PHONE,
                verified=True,
                now=self.now,
            )
            self.number = member.number
        self.till = self.new_till(self.shop)
        self.named = {"phone": "139 0013 0001"}

    def new_till(self, shop: int, name: str = "前台") -> SigningTill:
        with self.db.transaction() as session:
            row, secret = keys.make(session, self.vault, shop_id=shop, name=name, by="林", now=self.now)
        return SigningTill(self.app.test_client(), row.key, secret)

    def receipt(self, number: str, yuan: int, **more):
        at = more.pop("at", self.now)
        return receipt(number, yuan, more.pop("member", self.named), occurred_at=at.isoformat(), **more)


@pytest.fixture
def shop(empty_sqlite: str) -> Iterator[Shop]:
    runtime = open_runtime(config(empty_sqlite))
    yield Shop(runtime)
    runtime.close()


def is_a(name: str, said) -> bool:
    schema = {"components": DOCUMENT["components"], "$ref": f"#/components/schemas/{name}"}
    jsonschema_rs.validator_for(schema).validate(said)
    return True


def test_a_purchase_is_recorded_once_and_says_why_it_earns(shop: Shop):
    first = shop.till.post("/purchases", shop.receipt("A1", 128))
    again = shop.till.post("/purchases", shop.receipt("A1", 128))
    other = shop.till.post("/purchases", shop.receipt("A1", 129))

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert is_a("Purchase", first.json)
    assert is_a("Problem", other.json)
    assert first.json["points"] == 128
    assert first.json["explanation"] == ["“消费积分”得 128 分：¥128.00，每 ¥1.00 得 1 分。"]
    assert (again.json["repeated"], again.json["points"]) == (True, 128)
    assert shop.balance(shop.wang) == 128
    assert shop.till.get("/purchases?number=A1").json["member"] == shop.number


def test_what_is_not_signed_so_and_now_and_for_the_first_time_is_refused(shop: Shop):
    said = shop.receipt("A1", 128)
    nonce = "n" * 20
    forged = shop.till.post("/purchases", said, signature="0" * 64)
    stranger = shop.till.post("/purchases", said, key="yz_nobody")
    changed = shop.till.post("/purchases", said, sent=b'{"number": "A1"}')
    stale = shop.till.post("/purchases", said, timestamp=str(int(time.time()) - 301))
    first = shop.till.post("/purchases", said, nonce=nonce)
    replayed = shop.till.post("/purchases", said, nonce=nonce)
    unsigned = shop.till.client.post(f"{BASE}/purchases", json=said)

    refused = (forged, stranger, changed, stale, replayed, unsigned)
    assert {one.status_code for one in refused} == {401}
    codes = ["not_signed", "not_signed", "not_signed", "stale", "replayed", "not_signed"]
    assert [one.json["error"]["code"] for one in refused] == codes
    assert forged.json == stranger.json
    assert first.status_code == 201


def test_a_body_of_no_stated_length_is_not_read_whatever_the_method(shop: Shop):
    class Endless(io.RawIOBase):
        def read(self, _size=-1):
            raise AssertionError("somebody read it")

    target = f"{BASE}/purchases?number=A1"
    endless = {"wsgi.input": Endless(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    for method in ("GET", "POST"):
        headers = shop.till.headers(method, target, b"")
        answer = shop.till.client.open(target, method=method, headers=headers, environ_overrides=endless)
        assert answer.status_code == 411


def test_a_revoked_till_opens_nothing_and_another_shop_sees_none_of_it(shop: Shop):
    shop.till.post("/purchases", shop.receipt("A1", 128))
    other = shop.new_till(make.shop(shop.db, "虹桥店"))

    unseen = other.get("/purchases?number=A1")
    untouched = other.post(
        "/refunds", {"number": "R1", "purchase": "A1", "amount": 100, "occurred_at": shop.now.isoformat()}
    )
    with shop.db.transaction() as session:
        row = keys.find(session, shop.till.key)
        assert keys.revoke(session, row, by="林", now=shop.now)
        assert not keys.revoke(session, row, by="林", now=shop.now)

    assert (unseen.status_code, untouched.status_code) == (404, 404)
    assert shop.till.get("/purchases?number=A1").status_code == 401
    with shop.db.reading() as session:
        assert shop.till.secret not in session.get_one(Till, row.id).secret


def test_a_till_that_was_offline_for_a_day_uploads_twice_and_everything_counts_once(shop: Shop):
    yesterday = shop.now - timedelta(days=1)
    rows = [
        shop.receipt(f"A{number}", 10 + number, at=yesterday + timedelta(minutes=number))
        for number in range(30)
    ]
    rows[3] = shop.receipt("A3", 13, at=yesterday, member={"phone": "13900139999"})
    rows[5] = shop.receipt("A5", 15, at=yesterday, colour="red")
    rows[7] = shop.receipt("A7", 17, at=shop.now + timedelta(hours=1))
    rows.append(shop.receipt("A1", 99, at=yesterday))

    first = shop.till.post("/purchases/batch", {"purchases": rows}).json["results"]
    second = shop.till.post("/purchases/batch", {"purchases": rows}).json["results"]

    assert is_a("Results", {"results": first})
    codes = {one["number"]: one["error"]["code"] for one in first if "error" in one}
    assert codes == {
        "A3": "unknown_member",
        "A5": "unknown_field",
        "A7": "in_the_future",
        "A1": "number_reused",
    }
    assert [one["outcome"] for one in first].count("recorded") == 27
    assert [one["outcome"] for one in second].count("repeated") == 27
    good = sum(10 + number for number in range(30) if number not in {3, 5, 7})
    assert shop.balance(shop.wang) == good
    with shop.db.reading() as session:
        assert findings(session) == []


def test_a_refund_over_the_api_takes_its_points_back_once(shop: Shop):
    shop.till.post("/purchases", shop.receipt("A1", 200))
    asked = {"number": "R1", "purchase": "A1", "amount": 5000, "occurred_at": shop.now.isoformat()}

    first, again = shop.till.post("/refunds", asked), shop.till.post("/refunds", asked)
    more = shop.till.post("/refunds", {**asked, "number": "R2", "amount": 15001})

    assert (first.status_code, again.status_code, more.status_code) == (201, 200, 422)
    assert is_a("Refund", first.json)
    assert (first.json["points_taken"], first.json["points_left"], again.json["points_taken"]) == (50, 150, 0)
    assert shop.balance(shop.wang) == 150


def test_a_member_is_found_by_telephone_card_and_a_code_that_is_still_warm(shop: Shop):
    code = cards.code(shop.vault, shop.number, now=utc_now())
    old = cards.code(shop.vault, shop.number, now=utc_now() - timedelta(minutes=5))
    shop.till.post("/purchases", shop.receipt("A1", 50))

    found = [
        shop.till.post("/members/find", said)
        for said in (
            shop.named,
            {"card": shop.number.lower()},
            {"code": code},
            {"code": old},
            {"phone": "12"},
        )
    ]

    assert [one.status_code for one in found] == [200, 200, 200, 404, 404]
    assert is_a("Greeting", found[0].json)
    assert found[0].json["name"] == "王**"
    assert [one.json["points"]["available"] for one in found[:3]] == [50, 50, 50]
    tampered = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert cards.number_in(shop.vault, tampered, now=utc_now()) is None


def test_points_are_held_and_then_spent_or_let_go_whatever_is_asked_twice(shop: Shop):
    shop.till.post("/purchases", shop.receipt("A1", 100))
    asked = {"number": "H1", "member": shop.named, "points": 60}

    held = [shop.till.post("/holds", asked) for _twice in range(2)]
    short = shop.till.post("/holds", {**asked, "number": "H2"})
    spent = [shop.till.post("/holds/confirm", {"number": "H1"}) for _twice in range(2)]
    late = shop.till.post("/holds/release", {"number": "H1"})
    shop.till.post("/holds", {**asked, "number": "H3", "points": 40})
    freed = [shop.till.post("/holds/release", {"number": "H3"}) for _twice in range(2)]

    assert [one.status_code for one in (*held, short, *spent, late, *freed)] == [200] * 2 + [422] + [
        200
    ] * 2 + [
        409,
        200,
        200,
    ]
    assert is_a("Hold", held[0].json)
    assert (spent[0].json["state"], freed[1].json["state"]) == ("confirmed", "released")
    with shop.db.reading() as session:
        assert ledger.balance(session, shop.wang, utc_now()).available == 40


def test_surveys_and_named_events_are_reported_once_and_earn_as_the_rules_say(shop: Shop):
    rules = (
        Rule("survey", "问卷礼", Trigger.SURVEY, fixed(30)),
        Rule("booked", "预订礼", Trigger.CUSTOM, fixed(20), event="tour-booked"),
    )
    shop.publish(Book(rules), at=shop.now - timedelta(days=1))
    survey = {"number": "S1", "member": shop.named, "kind": "survey", "occurred_at": shop.now.isoformat()}
    booked = {**survey, "number": "B1", "kind": "custom", "event": "tour-booked"}

    first, again = shop.till.post("/happenings", survey), shop.till.post("/happenings", survey)
    other = shop.till.post("/happenings", {**survey, "event": "another"})
    custom = shop.till.post("/happenings", booked)
    elsewhere = shop.new_till(make.shop(shop.db, "虹桥店")).post("/happenings", survey)
    wrong = [
        shop.till.post("/happenings", {**booked, "number": "B2", **one}).status_code
        for one in (
            {"event": ""},
            {"event": "profile:complete"},
            {"kind": "purchase"},
            {"occurred_at": (shop.now + timedelta(hours=1)).isoformat()},
            {"member": {"phone": "13900139999"}},
        )
    ]

    assert [one.status_code for one in (first, again, other, custom, elsewhere)] == [201, 200, 409, 201, 201]
    assert is_a("Happening", first.json)
    assert is_a("Happening", again.json)
    assert first.json["explanation"] == ["“问卷礼”得 30 分：30 分。"]
    assert (again.json["repeated"], again.json["points"], custom.json["points"]) == (True, 30, 20)
    assert wrong == [400, 400, 400, 422, 404]
    assert shop.balance(shop.wang) == 80


def test_looking_up_many_strangers_is_slowed_down(shop: Shop, monkeypatch):
    from api import purchases
    from bot.members.limits import Limit

    monkeypatch.setattr(purchases, "MISSES", Limit("till:misses", 2, 10**9))  # ends not amid the test

    found = [shop.till.post("/members/find", {"phone": f"1390013000{number}"}) for number in range(5, 9)]

    assert [one.status_code for one in found] == [404, 404, 429, 429]


def test_every_address_is_in_the_document_and_every_one_in_it_is_there(shop: Shop):
    served = {
        (rule.rule.removeprefix(BASE), method.lower())
        for rule in shop.app.url_map.iter_rules()
        if rule.rule.startswith(BASE) and "<" not in rule.rule and rule.endpoint != "api.openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    written = {(path, method) for path, found in DOCUMENT["paths"].items() for method in found}

    assert served == written
    assert shop.till.client.get(f"{BASE}/openapi.json").json == DOCUMENT
    assert shop.till.client.delete(f"{BASE}/purchases").status_code == 405
