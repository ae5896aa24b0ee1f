"""How far a broadcast is, for its page and for the part of it that follows."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from sqlalchemy import func, select

from admin.access import allowed
from admin.broadcasts import reach_words, words
from admin.broadcasts.blueprint import pages
from admin.office import find, reading
from bot.broadcasts import deciding, massing
from bot.broadcasts.effects import ARRIVED
from bot.broadcasts.models import Broadcast, BroadcastState, MassRecipient, MassSend, Way
from bot.broadcasts.settling import UNSENT
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.reach import batches
from bot.users.roles import Permission

STEPS = (
    BroadcastState.DRAFT,
    BroadcastState.SUBMITTED,
    BroadcastState.APPROVED,
    BroadcastState.SENDING,
    BroadcastState.DONE,
)


@pages.get("/<int:key>/progress")
@allowed(Permission.BROADCASTS_SEE)
def progress(key: int) -> Response:
    """Return the part of the page that moves; a page from before it began is opened anew once it has."""
    with reading() as session:
        row = find(session, Broadcast, key)
        facts = facts_of(session, row)
    if not facts["begun"]:
        return Response(render_template("admin/broadcasts/waiting.html", row=row))
    part = render_template(
        "admin/broadcasts/progress.html", row=row, words=words, steps=STEPS, follows=True, **facts
    )
    response = Response(part)
    if request.args.get("waits"):
        response.headers["HX-Refresh"] = "true"
    return response


def facts_of(session: ScopedSession, row: Broadcast) -> dict[str, Any]:
    """Return the numbers of a broadcast under way or ended; none for one that never began."""
    if row.started_at is None:
        return {"begun": False}
    facts = _planned(session, row) if row.way == Way.PLANNER else _massed(session, row)
    is_moving = row.state in {one.value for one in deciding.UNDER_WAY}
    return {
        "begun": True,
        "is_moving": is_moving or (row.state == BroadcastState.CANCELLED and facts["left"] > 0),
        "minutes_left": _minutes_left(row, facts["done"], facts["left"], utc_now()),
        "reach_words": reach_words,
        **facts,
    }


def _planned(session: ScopedSession, row: Broadcast) -> dict[str, Any]:
    """Count its notices by what became of them, as far as their fans are in the visitor's scope."""
    states: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for (state, route, reason), number in batches.counts(session, row.batch).items():
        states[state] += number
        if state in ARRIVED and route:
            routes[route] += number
        if state not in {*ARRIVED, *UNSENT} and reason:
            reasons[state, reason] += number
    left = sum(states[one] for one in UNSENT)
    total = sum(states.values())
    return {
        "states": states,
        "routes": routes.most_common(),
        "reasons": reasons.most_common(),
        "sent": sum(states[one] for one in ARRIVED),
        "total": total,
        "left": left,
        "done": total - left,
        "sends": [],
    }


def _massed(session: ScopedSession, row: Broadcast) -> dict[str, Any]:
    sends = session.scalars(
        select(MassSend).where(MassSend.broadcast_id == row.id).order_by(MassSend.number)
    ).all()
    sends = [one for one in sends if one.recipients or row.way == Way.MASS_TAG]
    out = select(MassRecipient.reason, func.count(MassRecipient.id)).where(
        MassRecipient.broadcast_id == row.id, MassRecipient.reason.is_not(None)
    )
    reasons = [
        (("skipped", said), number) for said, number in session.execute(out.group_by(MassRecipient.reason))
    ]
    open_states = {one.value for one in massing.OPEN}
    left = sum(max(one.recipients, 1) for one in sends if one.state in open_states)
    total = sum(max(one.recipients, 1) for one in sends)
    return {
        "states": Counter(one.state for one in sends),
        "routes": [],
        "reasons": reasons,
        "sent": sum(one.sent or 0 for one in sends),
        "total": row.laid if row.way == Way.MASS_OPENIDS else sum(one.total or 0 for one in sends),
        "left": left,
        "done": total - left,
        "sends": sends,
    }


def _minutes_left(row: Broadcast, done: int, left: int, now: datetime) -> int | None:
    """Reckon how long it still takes at the pace so far; None where nobody can say yet."""
    if row.state != BroadcastState.SENDING or row.laid_at is None or row.started_at is None or not done:
        return None
    taken = max(now - row.started_at, timedelta(seconds=1)).total_seconds()
    return max(1, round(taken / done * left / 60)) if left else None
