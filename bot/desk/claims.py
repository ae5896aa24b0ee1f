"""Taking a seat and giving it back: every change of `Agent.open_count` is in this file.

A request and a seat move in one transaction, each by a conditional UPDATE, the
request first: two workers who want the same request, or two requests that want
the last seat, are decided by the database.  `open_count` is always the number
of requests whose `seat_agent_id` names the agent.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Update

from bot.desk.models import Agent, Duty
from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.requests import IN_HAND, IN_LINE, moved
from bot.desk.routing import Candidate


def claim(
    session: Session, request_id: int, order: Sequence[Candidate], *, now: datetime
) -> Candidate | None:
    """Give the request to the first of `order` who still has a seat; None if nobody has, or it is taken."""
    if not order:
        return None
    ours = update(DeskRequest).where(
        DeskRequest.id == request_id,
        DeskRequest.state.in_(IN_LINE),
        DeskRequest.seat_agent_id.is_(None),
    )
    # With the first already: whose seat is gone is put right below, and seldom.
    first = {"state": RequestState.CLAIMED.value, "claimed_at": now}
    if not moved(session, ours.values(first | _held_by(order[0]))):
        return None
    mine = update(DeskRequest).where(DeskRequest.id == request_id)
    for candidate in order:
        if _take_seat(session, candidate.agent.id, now):
            if candidate is not order[0]:
                moved(session, mine.values(_held_by(candidate)))
            return candidate
    moved(session, mine.values(_held_by(None) | {"state": _unclaimed(), "claimed_at": None}))
    return None


def confirm(session: Session, request_id: int, agent_id: int, *, now: datetime) -> bool:
    """Note that WeChat agreed; False if the request has moved on meanwhile."""
    claimed = _claimed_by(request_id, agent_id)
    return moved(session, claimed.values(state=RequestState.SERVING.value, opened_at=now))


def undo(session: Session, request_id: int, agent_id: int) -> bool:
    """Give the seat back because WeChat refused; False if the request has moved on meanwhile."""
    values = _held_by(None) | {"state": _unclaimed(), "claimed_at": None}
    if not moved(session, _claimed_by(request_id, agent_id).values(values)):
        return False
    _give_seat_back(session, agent_id)
    return True


def settle(session: Session, request_id: int) -> bool:
    """Make the seat what the request's state says; True if a seat moved. Again: nothing is left to do.

    A seat that an agent took by hand, in WeChat's own desk, is counted even over their number.
    """
    row = session.execute(
        select(DeskRequest.state, DeskRequest.agent_id, DeskRequest.seat_agent_id).where(
            DeskRequest.id == request_id
        )
    ).one_or_none()
    if row is None:
        return False
    right = row.agent_id if row.state in IN_HAND else None
    if row.seat_agent_id == right:
        return False
    as_read = update(DeskRequest).where(
        DeskRequest.id == request_id,
        DeskRequest.state == row.state,
        DeskRequest.agent_id == row.agent_id,
        DeskRequest.seat_agent_id == row.seat_agent_id,
    )
    if not moved(session, as_read.values(seat_agent_id=right)):
        return False
    if row.seat_agent_id is not None:
        _give_seat_back(session, row.seat_agent_id)
    if right is not None:
        moved(session, update(Agent).where(Agent.id == right).values(open_count=Agent.open_count + 1))
    return True


def recount(session: Session, agent_id: int) -> bool:
    """Set the agent's count to what the requests say; True if it was another."""
    # Locked before it is counted: whoever moves a seat holds this row until they commit.
    before = session.scalar(select(Agent.open_count).where(Agent.id == agent_id).with_for_update())
    held = session.scalar(select(func.count()).where(DeskRequest.seat_agent_id == agent_id)) or 0
    if before in {None, held}:
        return False
    return moved(session, update(Agent).where(Agent.id == agent_id).values(open_count=held))


def _held_by(candidate: Candidate | None) -> dict[str, Any]:
    """Return what a request says of whose it is."""
    key = candidate.agent.id if candidate else None
    return {
        "agent_id": key,
        "seat_agent_id": key,
        "rung": candidate.rung.value if candidate else None,
    }


def _unclaimed() -> ColumnElement[str]:
    """Where a request stands that nobody has: who was in line is again."""
    waited = DeskRequest.waiting_since.is_not(None)
    return case((waited, RequestState.WAITING.value), else_=RequestState.ASKED.value)


def _claimed_by(request_id: int, agent_id: int) -> Update:
    return update(DeskRequest).where(
        DeskRequest.id == request_id,
        DeskRequest.state == RequestState.CLAIMED.value,
        DeskRequest.agent_id == agent_id,
    )


def _take_seat(session: Session, agent_id: int, now: datetime) -> bool:
    """Take one seat of an agent who is there and has one."""
    on_duty = or_(Agent.duty == Duty.ON.value, and_(Agent.duty == Duty.BREAK.value, Agent.duty_until <= now))
    free = update(Agent).where(
        Agent.id == agent_id, Agent.online.is_(True), on_duty, Agent.open_count < Agent.seats
    )
    return moved(session, free.values(open_count=Agent.open_count + 1, last_taken_at=now))


def _give_seat_back(session: Session, agent_id: int) -> None:
    fewer = case((Agent.open_count > 0, Agent.open_count - 1), else_=0)
    moved(session, update(Agent).where(Agent.id == agent_id).values(open_count=fewer))
