"""An agent takes a traveller, lets them go, or hands them to a colleague."""

from datetime import UTC, datetime
from typing import TypedDict

from bot.desk import agents, reconciling, sessions
from bot.desk.wishes import made
from bot.router import Incoming, Router
from bot.wechat.contents import AgentSession

router = Router("desk")


class Facts(TypedDict):
    """Whose session it is, and when something became of it."""

    account_id: int
    fan_id: int
    at: datetime


@router.event("kf_create_session")
def opened(incoming: Incoming) -> None:
    """Keep when it began, and say nothing: an agent is talking."""
    agent, _previous = _agents(incoming)
    if agent:
        _opened(incoming, agent)


@router.event("kf_close_session")
def closed(incoming: Incoming) -> None:
    """Keep when it ended; whoever waits is given the seat."""
    agent, _previous = _agents(incoming)
    if agent:
        _closed(incoming, agent)


@router.event("kf_switch_session")
def switched(incoming: Incoming) -> None:
    """Keep that one agent's stay ended and another's began: the request goes with the traveller."""
    agent, previous = _agents(incoming)
    if previous:
        sessions.closed(
            incoming.work.session, kf_account=previous, moved_to=agent or None, **_facts(incoming)
        )
    if agent:
        _opened(incoming, agent)


def _opened(incoming: Incoming, agent: str) -> None:
    session, facts = incoming.work.session, _facts(incoming)
    sessions.opened(session, kf_account=agent, **facts)
    if not sessions.is_open(session, facts["fan_id"], agent, at=facts["at"]):
        return  # its end was here before
    key = reconciling.opened(
        session,
        shop_id=incoming.fan.last_shop_id,
        agent_id=agents.named(session, facts["account_id"], agent),
        now=incoming.now,
        **facts,
    )
    if key is not None:
        for job in ("desk.settle", "desk.say"):
            incoming.work.wishes.append(made(job, {"request": key}, now=incoming.now))


def _closed(incoming: Incoming, agent: str) -> None:
    session, facts = incoming.work.session, _facts(incoming)
    sessions.closed(session, kf_account=agent, **facts)
    key = reconciling.closed(
        session,
        fan_id=facts["fan_id"],
        agent_id=agents.named(session, facts["account_id"], agent),
        at=facts["at"],
        now=incoming.now,
        why="event",
    )
    if key is not None:
        incoming.work.wishes.append(made("desk.settle", {"request": key}, now=incoming.now))


def _agents(incoming: Incoming) -> tuple[str, str]:
    content = incoming.message.content
    assert isinstance(content, AgentSession)
    return content.agent[:64], content.previous[:64]


def _facts(incoming: Incoming) -> Facts:
    at = datetime.fromtimestamp(incoming.message.sent_at, UTC)
    return {"account_id": incoming.account.id, "fan_id": incoming.fan.id, "at": at}
