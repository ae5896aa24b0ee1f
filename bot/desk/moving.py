"""Giving a conversation to another agent, as the back office asks: WeChat has no such call, so it is two."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.desk import agents, claims, decisions, placing, requests, routing, settling
from bot.desk.decisions import Outcome
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.routing import Candidate, Rung


def move(floor: Floor, request_id: int, agent_id: int, by: str) -> None:
    """Have that agent take the request, whether it waits or is served; who is full or away is not given it.

    Again: who has the traveller keeps them. Where the agent cannot take them any
    more by then, the request is routed as any other.
    """
    with floor.db.transaction() as session:
        request = session.get_one(DeskRequest, request_id)
        if request.open_key is None or request.agent_id == agent_id:
            return
        if request.state == RequestState.SERVING and not _take_from(session, request):
            return
    settling.close_at_wechat(floor, request_id)
    with floor.db.transaction() as session:
        claims.settle(session, request_id)
        facts = _facts(session, floor, agent_id)
        ranking = routing.rank(routing.Wanted(), facts, now=floor.now())
        order = [Candidate(one.agent, Rung.BY_HAND) for one in ranking.free]
        chosen = claims.claim(session, request_id, order, now=floor.now())
        if chosen is not None:
            decisions.note(
                session,
                decisions.subject(session.get_one(DeskRequest, request_id)),
                outcome=Outcome.CLAIMED,
                reason=f"moved:{by}",
                chosen=chosen,
                now=floor.now(),
            )
    placing.place(floor, request_id)


def _take_from(session: Session, request: DeskRequest) -> bool:
    """Take the conversation from its agent; the seat stays theirs until WeChat has closed it."""
    mine = update(DeskRequest).where(
        DeskRequest.id == request.id,
        DeskRequest.state == RequestState.SERVING.value,
        DeskRequest.agent_id == request.agent_id,
    )
    return requests.moved(session, mine.values(requests.TAKEN_BACK | {"answered_at": None}))


def _facts(session: Session, floor: Floor, agent_id: int) -> list[routing.AgentFacts]:
    """Return the agent as one of the default desk, so that any shop's may be chosen by hand."""
    agent = session.get(Agent, agent_id)
    if agent is None or agent.account_id != floor.account_id or agent.gone_at is not None:
        return []
    return [agents.by_hand(agent)]
