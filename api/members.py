"""Who stands at the counter: as little as a till needs to greet them and to offer their points."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from api.bodies import Body
from api.guard import runtime, till, vault
from api.problems import Problem
from api.purchases import member_of
from bot.db import utc_now
from bot.members import people
from bot.members.limits import Limit, take
from bot.points import ledger

pages = Blueprint("members", __name__)
LOOKUPS = Limit("till:lookups", 1200, 3600)


@pages.post("/members/find")
def find() -> ResponseReturnValue:
    """Return the member's number, masked name, and points. POST: no log of addresses has a telephone."""
    body = Body({"member": Body.sent().values})
    named, now = body.member(), utc_now()
    with runtime.db.transaction() as session:
        if take(session, vault(), LOOKUPS, str(till.id), now=now) is not None:
            raise Problem(429, "too_many_lookups", f"at most {LOOKUPS.most} look-ups an hour")
    member = member_of(named, at=now, now=now)
    with runtime.db.reading() as session:
        balance = ledger.balance(session, member.id, now)
        said: dict[str, Any] = {
            "member": member.number,
            "name": people.masked_name(people.name_of(vault(), member)),
            "points": {"available": balance.available, "held": balance.held, "debt": balance.debt},
        }
        soon = ledger.next_expiry(session, member.id, now)
        said["expires_next"] = {"points": soon.points, "at": soon.at.isoformat()} if soon else None
    return said
