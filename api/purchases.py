"""Purchases and refunds from tills. Each receipt is a transaction of its own, also within a batch."""

from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from api.bodies import Body, Named, cannot_be
from api.guard import reporter, runtime, till, vault
from api.problems import Problem
from bot.db import utc_now
from bot.db.database import is_passing
from bot.earning import buying, explaining
from bot.earning.buying import NotCounted
from bot.members.limits import Limit, take
from bot.members.models import Member
from bot.purchases import customers, recording
from bot.purchases.models import Purchase, PurchaseState
from bot.purchases.receipts import BadReceipt, Receipt
from bot.purchases.recording import NumberReused

pages = Blueprint("purchases", __name__)
BATCH = 200
MISSES = Limit("till:misses", 300, 3600)  # so that nobody learns with a stolen key whose numbers are members'


@pages.post("/purchases")
def record() -> ResponseReturnValue:
    """Write a receipt down: 201 when it is new, 200 when it was known."""
    body = Body.sent()
    said, is_new = _record(body.member(), body.receipt(), now=utc_now())
    return said, 201 if is_new else 200


@pages.post("/purchases/batch")
def record_many() -> ResponseReturnValue:
    """Write many down, each for itself; what became of each is in the answer, in their order."""
    body = Body.sent()
    body.only("purchases")
    results = [_row(row) for row in body.objects("purchases", least=1, most=BATCH)]
    return {"results": results}


@pages.get("/purchases")
def show() -> ResponseReturnValue:
    """Return a purchase of the till's shop as it stands."""
    with runtime.db.reading() as session:
        purchase = _known(session, request.args.get("number", ""))
        return _said(session, purchase, is_new=False)


@pages.post("/refunds")
def refund() -> ResponseReturnValue:
    """Write a refund down: 201 when it is new, 200 when it was known."""
    body = Body.sent()
    body.only("number", "purchase", "amount", "occurred_at", "items", "reason")
    now = utc_now()
    with runtime.db.transaction() as session:
        purchase = _known(session, body.text("purchase"))
        try:
            given = buying.refund(
                session,
                purchase,
                number=body.text("number"),
                amount=body.whole("amount", least=1, most=10**13),
                lines=body.lines(),
                reason=body.text("reason", longest=200, required=False),
                occurred_at=body.moment("occurred_at"),
                by=reporter(),
                now=now,
            )
        except BadReceipt as error:
            raise cannot_be(error) from None
        except NumberReused as error:
            raise Problem(409, "number_reused", str(error), field="number") from None
        except NotCounted as error:
            raise Problem(409, "not_counted", str(error), field="purchase") from None
        said = {
            "number": given.refund.number,
            "purchase": purchase.number,
            "amount": given.refund.amount,
            "repeated": not given.is_new,
            "points_taken": given.taken,
            "points_left": given.points,
        }
    return said, 201 if given.is_new else 200


def member_of(named: Named, *, at: datetime, now: datetime) -> Member:
    """Return the member that is named; raise `Problem` (404) for nobody, 429 after too many nobodies.

    A card's code is asked whether it was good at `at`, when the till read it.
    """
    with runtime.db.reading() as session:
        found = customers.find(session, vault(), named.by, named.value, now=at)
    if found is not None:
        return found
    # Counted whatever becomes of the request, and on one connection after the other: many that miss at
    # once must not each hold one while they wait for a second.
    with runtime.db.transaction() as session:
        if take(session, vault(), MISSES, str(till.id), now=now) is not None:
            raise Problem(429, "too_many_misses", "too many unknown members this hour")
    raise Problem(404, "unknown_member", "no member has this", field="member")


def _record(named: Named, receipt: Receipt, *, now: datetime) -> tuple[dict[str, Any], bool]:
    try:
        receipt.check(now=now)
    except BadReceipt as error:
        raise cannot_be(error) from None
    member = member_of(named, at=receipt.occurred_at, now=now)
    with runtime.db.transaction() as session:
        try:
            bought = buying.buy(
                session,
                vault(),
                receipt,
                shop_id=till.shop_id,
                member_id=member.id,
                state=PurchaseState.COUNTED,
                by=reporter(),
                now=now,
            )
        except NumberReused as error:
            raise Problem(409, "number_reused", str(error), field="number") from None
        return _said(session, bought.purchase, is_new=bought.is_new), bought.is_new


def _row(row: Body) -> dict[str, Any]:
    number = row.values.get("number")
    number = number if isinstance(number, str) else ""
    try:
        said, is_new = _record(row.member(), row.receipt(), now=utc_now())
    except Problem as problem:
        retry = problem.status in {429, 503}
        return {"number": number, "outcome": "retry" if retry else "refused", "error": problem.said()}
    except DBAPIError as error:
        if not is_passing(error):
            raise
        busy = Problem(503, "busy", "the database is busy; send this one again")
        return {"number": number, "outcome": "retry", "error": busy.said()}
    return {"number": number, "outcome": "recorded" if is_new else "repeated", "purchase": said}


def _known(session: Session, number: str) -> Purchase:
    # PostgreSQL takes no NUL, not even to say that it has no such number.
    known = number.isprintable()
    purchase = recording.find(session, shop_id=till.shop_id, number=number) if known else None
    if purchase is None:
        raise Problem(404, "unknown_purchase", "no purchase of this shop has this number", field="number")
    return purchase


def _said(session: Session, purchase: Purchase, *, is_new: bool) -> dict[str, Any]:
    member = session.get_one(Member, purchase.member_id)
    return {
        "number": purchase.number,
        "member": member.number,
        "amount": purchase.amount,
        "refunded": purchase.refunded,
        "payment": purchase.payment,
        "occurred_at": purchase.occurred_at.isoformat(),
        "state": purchase.state,
        "repeated": not is_new,
        "points": buying.points_of(session, purchase),
        "explanation": explaining.of_purchase(session, purchase),
    }
