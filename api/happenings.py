"""What survey and booking systems say happened to a member: a survey, or an event that a rule names."""

import re
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from api.bodies import Body, cannot_be
from api.guard import runtime, till, vault
from api.problems import Problem
from api.purchases import member_of
from bot.db import utc_now
from bot.earning import explaining, reporting
from bot.earning.occasions import Happening
from bot.earning.reporting import NobodyThere, Reported, ReportedOtherwise
from bot.earning.rules.book import Trigger
from bot.purchases.receipts import BadReceipt, check_moment

pages = Blueprint("happenings", __name__)
KINDS = (Trigger.SURVEY.value, Trigger.CUSTOM.value)
# Our own events have a colon, so that no system reports them.
EVENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@pages.post("/happenings")
def report() -> ResponseReturnValue:
    """Write down what happened: 201 when it is new, 200 when it was known."""
    body = Body.sent()
    body.only("number", "member", "kind", "event", "occurred_at")
    named, number, now = body.member(), body.text("number"), utc_now()
    kind = body.one_of("kind", KINDS)
    event = body.text("event", required=kind == Trigger.CUSTOM)
    if event and not EVENT.fullmatch(event):
        raise Problem(400, "bad_event", "up to 64 small letters, digits, - and _", field="event")
    at = body.moment("occurred_at")
    try:
        check_moment(at, now=now)
    except BadReceipt as error:
        raise cannot_be(error) from None
    member = member_of(named, at=at, now=now)
    happened = Happening(f"{kind}:{till.shop_id}:{number}", Trigger(kind), at, till.shop_id, event)
    with runtime.db.transaction() as session:
        try:
            reported = reporting.report(session, vault(), member.id, happened, now=now)
        except ReportedOtherwise as error:
            raise Problem(409, "number_reused", str(error), field="number") from None
        except NobodyThere:
            raise Problem(404, "unknown_member", "no member has this", field="member") from None
        return _said(session, reported, number), 201 if reported.is_new else 200


def _said(session: Session, reported: Reported, number: str) -> dict[str, Any]:
    occasion = reported.occasion
    return {
        "number": number,
        "member": reported.member.number,
        "kind": occasion.trigger,
        "event": occasion.facts["event"],
        "occurred_at": occasion.occurred_at.isoformat(),
        "repeated": not reported.is_new,
        "points": reported.points,
        "explanation": explaining.of_occasion(session, occasion),
    }
