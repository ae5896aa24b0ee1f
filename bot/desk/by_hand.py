"""What people decide: a colleague about a traveller's request, an agent about their own duty.

Callers have seen who may. Each of these only writes and promises; WeChat is asked by the desk's jobs.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import agents, requests, wishes, words
from bot.desk.models import Agent, Duty
from bot.desk.request_models import DeskRequest, RequestState
from bot.outbox.promises import Wish, promise
from bot.wechat.replies import Text, to_document

BREAKS = (15, 30, 60)  # minutes an agent may choose


def move(session: Session, request: DeskRequest, agent_id: int, *, by: str, now: datetime) -> None:
    """Have the request given to that agent, or to whom the ladder finds where they cannot take it by then."""
    wishes.wish(session, "desk.move", {"request": request.id, "agent": agent_id, "by": by[:24]}, now=now)


def close(session: Session, request: DeskRequest, *, now: datetime) -> bool:
    """End the conversation; False if it had ended. WeChat's own is closed as the seat is given back."""
    return _end(session, request.id, RequestState.CLOSED, requests.IN_HAND, now)


def take_out(session: Session, request: DeskRequest, *, now: datetime) -> bool:
    """Take the request out of the line and tell the traveller; False if it does not stand there any more."""
    request_id, fan_id = request.id, request.fan_id
    if not _end(session, request_id, RequestState.LEFT, requests.IN_LINE, now):
        return False
    reply = to_document(Text(words.OUT_OF_LINE))
    told = Wish("replies.say", {"fan_id": fan_id, "reply": reply}, now, f"desk.out:{request_id}")
    promise(session, told, now=now)
    return True


def set_duty(
    session: Session, agent_id: int, duty: Duty, *, minutes: int | None = None, now: datetime
) -> bool:
    """Note what an agent says of themselves; who is back is given travellers who wait."""
    until = now + timedelta(minutes=minutes) if minutes else None
    account_id = session.scalar(select(Agent.account_id).where(Agent.id == agent_id))
    if account_id is None or not agents.set_duty(session, agent_id, duty, until=until):
        return False
    wishes.drain(session, account_id, now=now)
    return True


def is_movable_to(agent: Agent, request: DeskRequest) -> bool:
    """Tell whether the traveller may be given to this agent now: of the account, there, with a seat."""
    return (
        agent.account_id == request.account_id
        and agent.gone_at is None
        and agent.bound
        and agent.online
        and agent.duty == Duty.ON
        and agent.open_count < agent.seats
        and agent.id != request.agent_id
    )


def _end(
    session: Session, request_id: int, state: RequestState, states: tuple[str, ...], now: datetime
) -> bool:
    if not requests.end(session, request_id, state, why="office", now=now, states=states):
        return False
    wishes.settle(session, request_id, now=now)
    return True
