"""The OpenAPI document, served at `/api/v1/openapi.json`; a test holds every address and answer to it."""

from typing import Any

from api.schemas import SCHEMAS, named

TEXT = """Purchases, refunds, points and coupons at the counter, and what else happens to a member.

Sign every request: `X-Yizhan-Key` (the till's), `X-Yizhan-Timestamp` (Unix seconds, within five minutes of
ours), `X-Yizhan-Nonce` (16-64 letters, digits, - or _, each used once) and `X-Yizhan-Signature`, which is
HMAC-SHA256 with the till's secret, in hex, of these five lines joined by line feeds: method, path with query,
timestamp, nonce, SHA-256 of the body in hex.

Numbers are the till's own and make repeats harmless: the same number with the same content is answered as
before and changes nothing; with other content it is refused (409). What got no answer, or 503, is sent again.
"""
HEADERS = ("Key", "Timestamp", "Nonce", "Signature")
WHY = {
    "400": "the body is not what is described here",
    "401": "not signed, stale, or replayed",
    "404": "nobody and nothing has this number",
    "409": "the number was used for something else, or this is over",
    "411": "say how long the body is",
    "413": "the body is too large",
    "422": "this cannot be; `error.code` says why",
    "429": "too many look-ups in this hour",
    "500": "our fault; send it again later",
    "503": "busy, or not ready; send it again in a moment",
}
ALWAYS = ("400", "401", "411", "413", "429", "500", "503")


def _answer(why: str, schema: str) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": named(schema)}}}


def _operation(
    name: str, summary: str, *, takes: str = "", gives: str, made: bool = False, also: tuple[str, ...] = ()
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in HEADERS],
        "responses": {
            "200": _answer("as it stands; nothing was written" if made else "done", gives),
            **({"201": _answer("written down", gives)} if made else {}),
            **{status: _answer(WHY[status], "Problem") for status in sorted({*ALWAYS, *also})},
        },
    }
    if takes:
        body = {"required": True, "content": {"application/json": {"schema": named(takes)}}}
        found["requestBody"] = body
    return found


def _show() -> dict[str, Any]:
    found = _operation("showPurchase", "A purchase of the till's shop", gives="Purchase", also=("404",))
    number = {"name": "number", "in": "query", "required": True, "schema": {"type": "string"}}
    found["parameters"].append(number)
    return found


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Yizhan for tills", "version": "1", "description": TEXT},
    "servers": [{"url": "/api/v1"}],
    "paths": {
        "/members/find": {
            "post": _operation(
                "findMember", "Who stands at the counter", takes="Member", gives="Greeting", also=("404",)
            )
        },
        "/purchases": {
            "post": _operation(
                "recordPurchase",
                "Write a receipt down",
                takes="Receipt",
                gives="Purchase",
                made=True,
                also=("404", "409", "422"),
            ),
            "get": _show(),
        },
        "/purchases/batch": {
            "post": _operation(
                "recordPurchases",
                "Write up to 200 receipts down, each for itself",
                takes="Receipts",
                gives="Results",
            )
        },
        "/refunds": {
            "post": _operation(
                "refundPurchase",
                "Write a refund down, and take back what it no longer earns",
                takes="RefundAsked",
                gives="Refund",
                made=True,
                also=("404", "409", "422"),
            )
        },
        "/holds": {
            "post": _operation(
                "holdPoints",
                "Set points aside",
                takes="HoldAsked",
                gives="Hold",
                also=("404", "409", "422"),
            )
        },
        "/holds/confirm": {
            "post": _operation(
                "confirmHold", "Spend what is held", takes="HoldNumber", gives="Hold", also=("404", "409")
            )
        },
        "/holds/release": {
            "post": _operation(
                "releaseHold", "Let go of what is held", takes="HoldNumber", gives="Hold", also=("404", "409")
            )
        },
        "/happenings": {
            "post": _operation(
                "reportHappening",
                "Say that a survey was filled in, or that something happened which a rule names",
                takes="HappeningReported",
                gives="Happening",
                made=True,
                also=("404", "409", "422"),
            )
        },
        "/coupons/check": {
            "post": _operation(
                "checkCoupon",
                "What a coupon takes off a receipt, and every reason why not",
                takes="CouponAsked",
                gives="CouponWorth",
                also=("404",),
            )
        },
        "/coupons/use": {
            "post": _operation(
                "useCoupon",
                "Use a coupon, hold it, or use what is held under the same number",
                takes="CouponUseAsked",
                gives="CouponUse",
                made=True,
                also=("404", "409", "422"),
            )
        },
        "/coupons/return": {
            "post": _operation(
                "returnCoupon",
                "Give the coupon of a cancelled order back, or let go of a hold",
                takes="CouponUseNumber",
                gives="CouponUse",
                also=("404",),
            )
        },
    },
    "components": {
        "schemas": SCHEMAS,
        "parameters": {
            header: {
                "name": f"X-Yizhan-{header}",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
            }
            for header in HEADERS
        },
    },
}
