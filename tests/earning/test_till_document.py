"""Tills and the document that is served: schemathesis makes up what is sent, and every answer has to be in it."""

import copy
import io
import itertools
import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from api.document import DOCUMENT
from bot.coupons import codes
from bot.coupons.models import Coupon
from bot.runtime import open_runtime
from tests.coupons.world import Desk
from tests.earning.test_till_api import Shop
from tests.earning.till import BASE
from tests.support.members import config


@pytest.fixture
def shop(empty_sqlite):
    runtime = open_runtime(config(empty_sqlite))
    yield Shop(runtime)
    runtime.close()


def test_whatever_is_sent_is_answered_as_the_document_says(shop: Shop):
    """Schemathesis sends what fits the document and what nearly does; each request is signed on its way."""

    # The headers are ours to fill, and making up these and long lists takes longer than all the rest.
    bare = copy.deepcopy(DOCUMENT)
    for methods in bare["paths"].values():
        for operation in methods.values():
            operation["parameters"] = [one for one in operation["parameters"] if "$ref" not in one]

    for name in ("Receipt", "Receipts", "RefundAsked", "CouponAsked", "CouponUseAsked"):
        for field in bare["components"]["schemas"][name]["properties"].values():
            if "maxItems" in field:
                field["maxItems"] = 2

    def signed(environ, start_response):
        if environ["PATH_INFO"].endswith("/openapi.json"):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(bare).encode()]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        query = environ.get("QUERY_STRING", "")
        target = environ["PATH_INFO"] + (f"?{query}" if query else "")
        for name, value in shop.till.headers(environ["REQUEST_METHOD"], target, body).items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return shop.app.wsgi_app(environ, start_response)

    known = there_are(shop)
    document = schemathesis.openapi.from_wsgi(f"{BASE}/openapi.json", signed)
    reached: dict[str, set[int]] = {}
    for found in document.get_all_operations():
        operation = found.ok()
        reached[operation.label] = set().union(
            *(statuses_of(operation, mode, known) for mode in schemathesis.GenerationMode)
        )

    assert len(reached) == 12
    # Else the answers that tills live on were never held against the document.
    assert [label for label, seen in reached.items() if not seen & {200, 201}] == []
    assert [label for label, seen in reached.items() if not {one for one in seen if one >= 400}] == []


def statuses_of(operation, mode, known: dict[str, Any]) -> set[int]:
    """Return what the operation answered; every other fitting one names what there is."""
    wanted = [checks.not_a_server_error, checks.response_schema_conformance, checks.status_code_conformance]
    statuses: set[int] = set()
    turns = itertools.count()

    @settings(
        max_examples=4,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(operation.as_strategy(generation_mode=mode))
    def answered(case) -> None:
        if mode is schemathesis.GenerationMode.POSITIVE and next(turns) % 2 == 0:
            name_what_there_is(case, known)
        statuses.add(case.call_and_validate(checks=wanted).status_code)

    answered()
    return statuses


def there_are(shop: Shop) -> dict[str, Any]:
    """Let there be one of everything a till names, and return what each is called."""
    desk = Desk(shop.db, shop=shop.shop)
    desk.vault = shop.vault
    coupons = [desk.have(shop.wang, least=0, group=str(place)) for place in (1, 2)]
    with shop.db.reading() as session:
        code, other = (codes.code(shop.vault, session.get_one(Coupon, one)) for one in coupons)
    held = {"member": shop.named, "points": 1, "minutes": 60}
    used = {"code": other, "receipt": "A1", "items": [{"amount": 40000}], "number": "U1"}
    made = [
        shop.till.post("/purchases", shop.receipt("A1", 900)),
        *(shop.till.post("/holds", {**held, "number": f"H{place}"}) for place in (1, 2)),
        shop.till.post("/coupons/use", used),
    ]
    assert {one.status_code for one in made} <= {200, 201}
    return {
        "member": shop.named,
        "purchase": "A1",
        "code": code,
        "occurred_at": shop.now.isoformat(),
        "numbers": {
            "GET /purchases": "A1",
            "POST /holds/confirm": "H1",
            "POST /holds/release": "H2",
            "POST /coupons/return": "U1",
        },
    }


def name_what_there_is(case, known: dict[str, Any]) -> None:
    """Have what was made up to fit name a member, a purchase, a hold or a coupon that is there; the rest stays."""
    label = case.operation.label
    if label == "GET /purchases":
        case.query["number"] = known["numbers"][label]
        return
    if label == "POST /members/find":
        case.body = known["member"]
        return
    for body in case.body.get("purchases", [case.body]):
        body.update({name: value for name, value in known.items() if name in body})
        if label in known["numbers"]:
            body["number"] = known["numbers"][label]
        if "amount" in body:
            body["amount"] = 1  # there is no more to give back than was paid
            body.pop("items", None)
        elif "items" in body:
            body["items"][0]["amount"] = 40_000
        if "points" in body:
            body["points"] = 1
        if body.get("kind") == "custom":
            body.setdefault("event", "tour-booked")
