"""Spending points at the counter in two steps: set aside for a receipt, then confirm or let go.

A till that loses the answer asks again with the same number and hears the same.
A hold that nobody ends is let go when its time is over.
"""

from datetime import timedelta
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.bodies import Body
from api.guard import runtime, till
from api.problems import Problem
from api.purchases import member_of
from bot.db import utc_now
from bot.points import ledger
from bot.points.models import HoldState, PointHold
from bot.points.refusals import HoldOver, KeyReused, NoSuchMember, NotEnough

pages = Blueprint("holds", __name__)
MOST = 10_000_000
REASON = "到店抵扣"


@pages.post("/holds")
def hold() -> ResponseReturnValue:
    """Set points aside for some minutes."""
    body = Body.sent()
    body.only("number", "member", "points", "minutes")
    named, now = body.member(), utc_now()
    number = body.text("number")
    points = body.whole("points", least=1, most=MOST)
    until = now + timedelta(minutes=body.whole("minutes", least=1, most=60, default=10))
    member = member_of(named, at=now, now=now)
    with runtime.db.transaction() as session:
        try:
            row = ledger.hold(
                session,
                member.id,
                points,
                key=_key(number),
                source=_source(),
                reason=REASON,
                until=until,
                now=now,
                shop_id=till.shop_id,
                reference=f"receipt:{number}",
            )
        except NotEnough as error:
            raise Problem(422, "not_enough_points", f"only {error.available} points are there") from None
        except KeyReused:
            raise Problem(409, "number_reused", "another hold has this number", field="number") from None
        except NoSuchMember:
            raise Problem(404, "unknown_member", "no member has this", field="member") from None
        return _said(row, number)


@pages.post("/holds/confirm")
def confirm() -> ResponseReturnValue:
    """Spend what is held. Again, it changes nothing."""
    return _end(confirming=True)


@pages.post("/holds/release")
def release() -> ResponseReturnValue:
    """Let go of what is held. Again, it changes nothing."""
    return _end(confirming=False)


def _end(*, confirming: bool) -> ResponseReturnValue:
    body = Body.sent()
    body.only("number")
    number, now = body.text("number"), utc_now()
    with runtime.db.transaction() as session:
        row = _known(session, number)
        try:
            if confirming:
                ledger.confirm(session, row.id, now=now)
            else:
                ledger.release(session, row.id, now=now)
        except HoldOver:
            raise Problem(409, "hold_over", "this hold was released or its time is over") from None
        session.refresh(row)
        if not confirming and row.state == HoldState.CONFIRMED:
            raise Problem(409, "hold_confirmed", "this hold was confirmed; its points are spent")
        return _said(row, number)


def _known(session: Session, number: str) -> PointHold:
    wanted = select(PointHold).where(PointHold.source == _source(), PointHold.key == _key(number))
    row = session.scalar(wanted)
    if row is None:
        raise Problem(404, "unknown_hold", "no hold of this shop has this number", field="number")
    return row


def _source() -> str:
    """Return whose numbers these are: the shop's, so that one till may end what another began."""
    return f"shop:{till.shop_id}"


def _key(number: str) -> str:
    return f"hold:{number}"


def _said(row: PointHold, number: str) -> dict[str, Any]:
    return {
        "number": number,
        "points": row.points,
        "state": row.state,
        "expires_at": row.expires_at.isoformat(),
    }
