"""Coupons at the counter: what one is worth and why not, using it at once or in two steps, giving it back.

A use has a number of the till's own. The same number again is answered as
before, and refused once the coupon is with its member again; sent first with
`hold_minutes` it holds the coupon, and without them it uses what is held.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.bodies import Body
from api.guard import runtime, till, vault
from api.problems import Problem
from api.purchases import MISSES
from bot.coupons import codes, reading, receipts, saying, using
from bot.coupons.models import Coupon, CouponUse
from bot.coupons.receipts import Asked
from bot.coupons.refusals import KeyReused, NotOpen, NotUsable
from bot.coupons.scopes import Line
from bot.db import utc_now
from bot.members.limits import take

pages = Blueprint("coupons", __name__)
MOST = 10**10


@pages.post("/coupons/check")
def check() -> ResponseReturnValue:
    """Say what the coupon would take off, line by line, and everything that speaks against it."""
    body = Body.sent()
    body.only("code", "receipt", "items")
    code, now = body.text("code"), utc_now()
    receipt = body.text("receipt", required=False)
    asked = _asked(receipt, _lines(body), number="")
    coupon_id = _known(code, now=now)
    with runtime.db.reading() as session:
        coupon = session.get_one(Coupon, coupon_id)
        found = using.look(session, coupon, asked, now=now)
        held = reading.of(session, [coupon])[0]
    shares = found.worth.lines or (0,) * len(asked.lines)
    return {
        "coupon": {
            "name": held.name,
            "worth": saying.worth(held.terms),
            "kind": held.terms.kind.value,
            "state": coupon.state,
            "valid_from": coupon.valid_from.isoformat(),
            "valid_until": coupon.valid_until.isoformat(),
        },
        "usable": not found.reasons,
        "reasons": [{"code": one.code, "words": one.words} for one in found.reasons],
        "subtotal": found.basket.subtotal,
        "discount": found.worth.discount,
        "payable": found.payable,
        "lines": [
            {"amount": line.amount, "discount": share}
            for line, share in zip(asked.lines, shares, strict=True)
        ],
    }


@pages.post("/coupons/use")
def use() -> ResponseReturnValue:
    """Use the coupon, hold it, or use what is held: 201 when it is new, 200 when it was known."""
    body = Body.sent()
    body.only("number", "code", "receipt", "items", "hold_minutes")
    code, number, now = body.text("code"), body.text("number"), utc_now()
    minutes = body.whole("hold_minutes", least=0, most=60, default=0)
    asked = _asked(body.text("receipt"), _lines(body), number=number)
    coupon_id = _known(code, now=now)
    with runtime.db.transaction() as session:
        try:
            hold_for = timedelta(minutes=minutes) if minutes else None
            row = using.use(session, coupon_id, asked, now=now, hold_for=hold_for)
        except NotUsable as refused:
            words = "；".join(one.words for one in refused.reasons)
            raise Problem(422, refused.reasons[0].code, words, field="code") from None
        except KeyReused:
            raise Problem(409, "number_reused", "another use has this number", field="number") from None
        except NotOpen as error:
            raise Problem(409, "coupon_taken", str(error), field="code") from None
        is_new = row.made_at == now
        return _said(session, row, number, is_new=is_new), 201 if is_new else 200


@pages.post("/coupons/return")
def give_back() -> ResponseReturnValue:
    """Give the coupon of a cancelled order back, or let go of a hold. Again, it changes nothing."""
    body = Body.sent()
    body.only("number", "reason")
    number = body.text("number")
    reason = body.text("reason", longest=200, required=False)
    with runtime.db.transaction() as session:
        wanted = select(CouponUse).where(CouponUse.source == _source(), CouponUse.key == _key(number))
        row = session.scalar(wanted)
        if row is None:
            raise Problem(404, "unknown_use", "no use of this shop has this number", field="number")
        done = using.give_back(session, row.id, by=_by(), reason=reason, now=utc_now())
        return _said(session, row, number, is_new=done)


def _asked(receipt: str, lines: tuple[Line, ...], *, number: str) -> Asked:
    return Asked(till.shop_id, receipt, lines, source=_source(), key=_key(number), by=_by())


def _lines(body: Body) -> tuple[Line, ...]:
    found = []
    for item in body.objects("items", least=1, most=receipts.MOST_LINES):
        item.only("sku", "name", "category", "brand", "quantity", "amount")
        item.text("name", required=False)
        item.whole("quantity", least=1, most=100_000, default=1)
        found.append(
            Line(
                amount=item.whole("amount", least=0, most=MOST),
                category=item.text("category", required=False),
                brand=item.text("brand", required=False),
                product=item.text("sku", required=False),
            )
        )
    return tuple(found)


def _known(code: str, *, now: datetime) -> int:
    """Return whose code it is; raise `Problem` (404) for none of ours, 429 after too many of these."""
    with runtime.db.reading() as session:
        found = codes.find(session, vault(), code)
    if found is not None:
        return found.id
    with runtime.db.transaction() as session:
        if take(session, vault(), MISSES, str(till.id), now=now) is not None:
            raise Problem(429, "too_many_misses", "too many unknown codes this hour")
    raise Problem(404, "unknown_coupon", "no coupon has this code", field="code")


def _source() -> str:
    """Return whose numbers these are: the shop's, so that one till may end what another began."""
    return f"shop:{till.shop_id}"


def _key(number: str) -> str:
    return f"coupon:{number}"


def _by() -> str:
    return f"till:{till.name}"[:64]


def _said(session: Session, row: CouponUse, number: str, *, is_new: bool) -> dict[str, Any]:
    return {
        "number": number,
        "receipt": row.receipt,
        "state": row.state,
        "repeated": not is_new,
        "subtotal": row.subtotal,
        "discount": row.discount,
        "payable": receipts.payable(session, row),
        "lines": row.lines,
        "held_until": row.held_until.isoformat() if row.held_until else None,
    }
