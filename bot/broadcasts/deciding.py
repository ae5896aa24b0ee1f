"""From an idea to a yes: writing, submitting, approving; and stopping, going on and calling off.

Each is for a row the caller has locked (`locked`), and says no with `NotNow`.
"""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.broadcasts import audience
from bot.broadcasts.models import UNANSWERED, Broadcast, BroadcastState, MassSend, MassState, Way
from bot.errors import YizhanError
from bot.materials import uses
from bot.outbox.promises import Wish, promise
from bot.reach import batches

OPEN: Final = frozenset({BroadcastState.DRAFT, BroadcastState.SUBMITTED, BroadcastState.APPROVED})
UNDER_WAY: Final = frozenset({BroadcastState.SENDING, BroadcastState.PAUSED})


class Why(enum.StrEnum):
    """Why something cannot be done to a broadcast now."""

    OTHER_STATE = "other_state"
    OWN_WORK = "own_work"
    CHANGED = "changed"
    PAST = "past"


class NotNow(YizhanError):
    """The visitor's move: the broadcast stands otherwise, or this is for somebody else to do."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def locked(session: Session, key: int) -> Broadcast | None:
    """Return the broadcast as it is now, locked until the transaction ends; None if it is not in sight."""
    wanted = select(Broadcast).where(Broadcast.id == key).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def write(broadcast: Broadcast, values: Mapping[str, Any], *, user_id: int) -> None:
    """Put `values` into a broadcast that is not under way. Whoever writes may not approve it any more.

    What was submitted or approved is a draft again: the yes was to something else.
    """
    _must_be(broadcast, *OPEN)
    for name, value in values.items():
        setattr(broadcast, name, value)
    broadcast.written_by = sorted({*(broadcast.written_by or ()), user_id})
    _back_to_draft(broadcast)


def submit(session: Session, broadcast: Broadcast, *, actor: Actor, now: datetime) -> None:
    """Ask for a yes. The audience's conditions are kept as they are now; the segment may change meanwhile."""
    _must_be(broadcast, BroadcastState.DRAFT)
    _not_past(broadcast, now)
    broadcast.audience = dict(audience.conditions(session, broadcast))
    broadcast.state = BroadcastState.SUBMITTED.value
    broadcast.submitted_by, broadcast.submitted_by_id = actor.name, actor.id
    broadcast.submitted_at, broadcast.sent_back_why = now, None


def send_back(broadcast: Broadcast, why: str | None) -> None:
    """Make it a draft again: by who approves, with `why`, or by who wrote it."""
    _must_be(broadcast, BroadcastState.SUBMITTED, BroadcastState.APPROVED)
    _back_to_draft(broadcast)
    broadcast.sent_back_why = why


def may_approve(broadcast: Broadcast, user_id: int) -> bool:
    """Tell whether the user is somebody else than who wrote or submitted it."""
    return user_id not in {*broadcast.written_by, broadcast.submitted_by_id}


def approve(session: Session, broadcast: Broadcast, *, version: int, actor: Actor, now: datetime) -> None:
    """Say yes to the version that was looked at: it is sent at its time, or at once."""
    _must_be(broadcast, BroadcastState.SUBMITTED)
    if actor.id is None or not may_approve(broadcast, actor.id):
        raise NotNow(Why.OWN_WORK)
    if broadcast.version != version:
        raise NotNow(Why.CHANGED)
    _not_past(broadcast, now)
    broadcast.state = BroadcastState.APPROVED.value
    broadcast.approved_by, broadcast.approved_at = actor.name, now
    promise(session, lay_wish(broadcast.id, broadcast.send_at or now), now=now)


def pause(session: Session, broadcast: Broadcast) -> None:
    """Send nothing more until it is resumed. What is on its way to WeChat at this moment still arrives."""
    _must_be(broadcast, BroadcastState.SENDING)
    broadcast.state = BroadcastState.PAUSED.value
    session.flush()
    batches.hold(session, broadcast.batch)


def resume(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """Go on where it was."""
    _must_be(broadcast, BroadcastState.PAUSED)
    broadcast.state = BroadcastState.SENDING.value
    session.flush()
    batches.release(session, broadcast.batch, now)
    promise(session, lay_wish(broadcast.id, now), now=now)
    if broadcast.way != Way.PLANNER:
        promise_calls(session, broadcast, now=now)


def cancel(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """Call it off for good. What was sent stays sent; a mass send that WeChat took cannot be taken back."""
    _must_be(broadcast, *OPEN, *UNDER_WAY)
    broadcast.state, broadcast.ended_at = BroadcastState.CANCELLED.value, now
    session.flush()
    batches.cancel(session, broadcast.batch)
    let_go(session, broadcast)
    unsent = [MassState.PLANNED.value, MassState.CONFIRMING.value]
    going = update(MassSend).where(MassSend.broadcast_id == broadcast.id, MassSend.state.in_(unsent))
    session.execute(going.values(state=MassState.CANCELLED.value, finished_at=now))


def let_go(session: Session, broadcast: Broadcast) -> None:
    """Let its materials be archived: it says them no more."""
    uses.drop(session, Broadcast.__tablename__, broadcast.id)


def promise_calls(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """Promise the calls of a mass send that were not made yet, or had no answer."""
    states = [one.value for one in UNANSWERED]
    wanted = select(MassSend.id).where(MassSend.broadcast_id == broadcast.id, MassSend.state.in_(states))
    for mass_id in session.scalars(wanted.order_by(MassSend.number)):
        promise(session, call_wish(mass_id, now), now=now)


def lay_wish(broadcast_id: int, due_at: datetime) -> Wish:
    """Return the promise to lay down its next recipients; a second one moves the first."""
    return Wish("broadcasts.lay", {"broadcast_id": broadcast_id}, due_at, f"broadcasts.lay:{broadcast_id}")


def call_wish(mass_send_id: int, due_at: datetime) -> Wish:
    """Return the promise to call WeChat's mass send."""
    return Wish("broadcasts.call", {"mass_send_id": mass_send_id}, due_at, f"broadcasts.call:{mass_send_id}")


def _must_be(broadcast: Broadcast, *states: BroadcastState) -> None:
    if broadcast.state not in {one.value for one in states}:
        raise NotNow(Why.OTHER_STATE)


def _not_past(broadcast: Broadcast, now: datetime) -> None:
    if broadcast.send_at is not None and broadcast.send_at <= now:
        raise NotNow(Why.PAST)


def _back_to_draft(broadcast: Broadcast) -> None:
    broadcast.state = BroadcastState.DRAFT.value
    broadcast.audience = broadcast.sent_back_why = None
    broadcast.submitted_by = broadcast.submitted_by_id = broadcast.submitted_at = None
    broadcast.approved_by = broadcast.approved_at = None
