"""The shapes of what the API takes and answers, as OpenAPI 3.1 writes them."""

from typing import Any

from bot.coupons.models import CouponState, UseState
from bot.coupons.terms import Kind
from bot.purchases.models import Payment, PurchaseState
from bot.purchases.receipts import MOST_FEN, MOST_ITEMS, MOST_PIECES

Schema = dict[str, Any]
NUMBER: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 64,
    "pattern": r"^[!-~](?:[ -~]*[!-~])?$",
    "description": "the till's own number; it is what makes a repeat a repeat",
}
FEN: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_FEN, "description": "fen"}
MOMENT: Schema = {"type": "string", "format": "date-time", "examples": ["2026-06-01T12:00:00+08:00"]}
POINTS: Schema = {"type": "integer", "minimum": 0}
WORD: Schema = {"type": "string", "maxLength": 64}
EVENT: Schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$", "examples": ["tour-booked"]}
EXPLANATION: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "description": "in Chinese, to be read out or printed",
}


def thing(required: str, *, optional: str = "", **fields: Schema) -> Schema:
    """Return an object that has these fields and no others; names are separated by blanks."""
    named = required.split()
    assert set(fields) == {*named, *optional.split()}
    return {"type": "object", "required": named, "properties": fields, "additionalProperties": False}


def named(name: str) -> Schema:
    """Return a reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


SUM: Schema = {"type": "integer", "minimum": 0, "description": "fen"}
CODE: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 64,
    "examples": ["QABCDEFGH22345677"],
    "description": "what the traveller shows; blanks and - do not matter",
}
SHARES: Schema = {
    "type": "array",
    "items": thing("amount discount", amount=SUM, discount=SUM),
    "description": "the items in their order, and what is taken off each; the sum is `discount`",
}
GOODS: Schema = {
    "type": "array",
    "items": named("CouponItem"),
    "minItems": 1,
    "maxItems": MOST_ITEMS,
    "description": "all items of the receipt at full price, the same for every coupon of it",
}

SCHEMAS: dict[str, Schema] = {
    "Member": {
        "description": "By exactly one of these: telephone, number on the card, or the code the card shows.",
        "oneOf": [
            thing("phone", phone={"type": "string", "minLength": 1, "maxLength": 64}),
            thing(
                "card", card={"type": "string", "minLength": 1, "maxLength": 64, "examples": ["MABCDEFGHIJ"]}
            ),
            thing("code", code={"type": "string", "minLength": 1, "maxLength": 64}),
        ],
    },
    "Item": {
        "description": "A line of a receipt. It has a sku or a category, for rules by either.",
        **thing(
            "amount",
            optional="sku name category quantity",
            sku=WORD,
            name=WORD,
            category=WORD,
            quantity={"type": "integer", "minimum": 1, "maximum": MOST_PIECES, "default": 1},
            amount={
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_FEN,
                "description": "fen, of all pieces",
            },
        ),
    },
    "Receipt": thing(
        "number member amount payment occurred_at",
        optional="items",
        number=NUMBER,
        member=named("Member"),
        amount={**FEN, "description": "fen that were paid; the items may come to less, never to more"},
        payment={"type": "string", "enum": [one.value for one in Payment]},
        occurred_at=MOMENT,
        items={"type": "array", "items": named("Item"), "maxItems": MOST_ITEMS},
    ),
    "Receipts": thing(
        "purchases",
        purchases={"type": "array", "items": named("Receipt"), "minItems": 1, "maxItems": 200},
    ),
    "Purchase": thing(
        "number member amount refunded payment occurred_at state repeated points explanation",
        number={"type": "string"},
        member={"type": "string", "description": "the number on the card"},
        amount=FEN,
        refunded={"type": "integer", "minimum": 0},
        payment={"type": "string", "enum": [one.value for one in Payment]},
        occurred_at=MOMENT,
        state={"type": "string", "enum": [one.value for one in PurchaseState]},
        repeated={"type": "boolean", "description": "true where nothing was written now"},
        points={**POINTS, "description": "what it gives as things stand"},
        explanation=EXPLANATION,
    ),
    "Results": thing(
        "results",
        results={
            "type": "array",
            "items": {
                "oneOf": [
                    thing(
                        "number outcome purchase",
                        number={"type": "string"},
                        outcome={"type": "string", "enum": ["recorded", "repeated"]},
                        purchase=named("Purchase"),
                    ),
                    thing(
                        "number outcome error",
                        number={"type": "string"},
                        outcome={"type": "string", "enum": ["refused", "retry"]},
                        error=named("Error"),
                    ),
                ]
            },
        },
    ),
    "RefundAsked": thing(
        "number purchase amount occurred_at",
        optional="items reason",
        number=NUMBER,
        purchase={**NUMBER, "description": "the number of the purchase"},
        amount=FEN,
        occurred_at=MOMENT,
        items={"type": "array", "items": named("Item"), "maxItems": MOST_ITEMS},
        reason={"type": "string", "maxLength": 200},
    ),
    "Refund": thing(
        "number purchase amount repeated points_taken points_left",
        number={"type": "string"},
        purchase={"type": "string"},
        amount=FEN,
        repeated={"type": "boolean"},
        points_taken={**POINTS, "description": "by how much the member's day fell; 0 for a repeat"},
        points_left={**POINTS, "description": "what the purchase still gives"},
    ),
    "Greeting": thing(
        "member name points expires_next",
        member={"type": "string"},
        name={"type": "string", "description": "masked: 王**"},
        points=thing("available held debt", available=POINTS, held=POINTS, debt=POINTS),
        expires_next={
            "oneOf": [{"type": "null"}, thing("points at", points=POINTS, at=MOMENT)],
        },
    ),
    "HoldAsked": thing(
        "number member points",
        optional="minutes",
        number=NUMBER,
        member=named("Member"),
        points={"type": "integer", "minimum": 1, "maximum": 10_000_000},
        minutes={"type": "integer", "minimum": 1, "maximum": 60, "default": 10},
    ),
    "HoldNumber": thing("number", number=NUMBER),
    "Hold": thing(
        "number points state expires_at",
        number={"type": "string"},
        points=POINTS,
        state={"type": "string", "enum": ["open", "confirmed", "released", "expired"]},
        expires_at=MOMENT,
    ),
    "HappeningReported": thing(
        "number member kind occurred_at",
        optional="event",
        number=NUMBER,
        member=named("Member"),
        kind={"type": "string", "enum": ["survey", "custom"]},
        event={**EVENT, "description": "wanted for custom: the name that a rule goes by"},
        occurred_at=MOMENT,
    ),
    "Happening": thing(
        "number member kind event occurred_at repeated points explanation",
        number={"type": "string"},
        member={"type": "string", "description": "the number on the card"},
        kind={"type": "string", "enum": ["survey", "custom"]},
        event={"type": "string"},
        occurred_at=MOMENT,
        repeated={"type": "boolean", "description": "true where nothing was written now"},
        points={**POINTS, "description": "what it gives as things stand"},
        explanation=EXPLANATION,
    ),
    "CouponItem": thing(
        "amount",
        optional="sku name category brand quantity",
        sku=WORD,
        name=WORD,
        category=WORD,
        brand=WORD,
        quantity={"type": "integer", "minimum": 1, "maximum": MOST_PIECES, "default": 1},
        amount={"type": "integer", "minimum": 0, "maximum": MOST_FEN, "description": "fen, of all pieces"},
    ),
    "CouponAsked": thing(
        "code items",
        optional="receipt",
        code=CODE,
        receipt={"type": "string", "maxLength": 64, "description": "to reckon with its other coupons"},
        items=GOODS,
    ),
    "CouponWorth": thing(
        "coupon usable reasons subtotal discount payable lines",
        coupon=thing(
            "name worth kind state valid_from valid_until",
            name={"type": "string"},
            worth={"type": "string", "examples": ["满300减50"]},
            kind={"type": "string", "enum": [one.value for one in Kind]},
            state={"type": "string", "enum": [one.value for one in CouponState]},
            valid_from=MOMENT,
            valid_until=MOMENT,
        ),
        usable={"type": "boolean"},
        reasons={
            "type": "array",
            "items": thing(
                "code words",
                code={"type": "string", "examples": ["too_little"]},
                words={"type": "string", "examples": ["适用商品满 ¥300 可用，还差 ¥42"]},
            ),
            "description": "all that speaks against it; the words are to be read out",
        },
        subtotal=SUM,
        discount=SUM,
        payable=SUM,
        lines=SHARES,
    ),
    "CouponUseAsked": thing(
        "number code receipt items",
        optional="hold_minutes",
        number=NUMBER,
        code=CODE,
        receipt={**NUMBER, "description": "the till's number of the order; one for all its coupons"},
        items=GOODS,
        hold_minutes={
            "type": "integer",
            "minimum": 0,
            "maximum": 60,
            "default": 0,
            "description": "hold it first; send the same without this to use it",
        },
    ),
    "CouponUseNumber": thing(
        "number", optional="reason", number=NUMBER, reason={"type": "string", "maxLength": 200}
    ),
    "CouponUse": thing(
        "number receipt state repeated subtotal discount payable lines held_until",
        number={"type": "string"},
        receipt={"type": "string"},
        state={"type": "string", "enum": [one.value for one in UseState]},
        repeated={"type": "boolean", "description": "true where nothing was written now"},
        subtotal=SUM,
        discount={**SUM, "description": "fen that this coupon takes off"},
        payable={**SUM, "description": "fen that are left after all coupons of the receipt"},
        lines=SHARES,
        held_until={"oneOf": [{"type": "null"}, MOMENT]},
    ),
    "Error": thing(
        "code message field",
        code={"type": "string", "description": "for programs; see docs/till-api.md"},
        message={"type": "string", "description": "for people"},
        field={"type": "string", "description": "where, or empty"},
    ),
    "Problem": thing("error", error=named("Error")),
}
