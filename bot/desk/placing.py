"""Giving a traveller to an agent: route and claim in one transaction, ask WeChat, then confirm or undo."""

import logging
from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.desk import agents, claims, decisions, presence, requests, settling, talk, tasks
from bot.desk import route as routes
from bot.desk.decisions import Outcome
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.routing import Rung
from bot.desk.wishes import say, settle, wish
from bot.errors import BadRequest, FanUnreachable, NotPermitted
from bot.fans.models import Fan

log = logging.getLogger(__name__)

TRIES = 6  # agents WeChat may refuse before the traveller waits in line
OFFLINE, UNBOUND, OTHERS, NONE = 65415, 65402, 65414, 65413
PASSED_ON = range(65400, 65416)
NO_FAN = frozenset({40003, 43004, 43019})


@dataclass(frozen=True, slots=True)
class Step:
    """A seat that is claimed, and what to ask WeChat for."""

    request_id: int
    fan_id: int
    openid: str
    agent_id: int
    kf_account: str
    words: str


def place(floor: Floor, request_id: int, *, words: str = "") -> None:
    """Find the request an agent, who reads `words` or what the traveller said.

    Again, or in two workers at once: who serves is served.

    A crash, or a WeChat that does not answer, leaves the seat claimed; the next
    run asks for the same pair again, which WeChat takes as the same.
    """
    refused: set[int] = set()
    with floor.db.reading() as session:
        is_stale = presence.is_stale(session, floor.account_id, now=floor.now())
    if is_stale:
        presence.poll(floor)
    for _ in range(TRIES):
        settling.close_at_wechat(floor, request_id)  # of an agent who let them wait
        with floor.db.transaction() as session:
            step = _next(session, floor, request_id, refused, words)
        if step is None or _connect(floor, step, refused):
            return
    with floor.db.transaction() as session:
        routes.all_refused(session, request_id, now=floor.now())


def _next(session: Session, floor: Floor, request_id: int, refused: set[int], words: str) -> Step | None:
    """Return the claimed seat of the request, claiming one if it has none; None if there is nothing to do."""
    request = session.get(DeskRequest, request_id)
    if request is None or request.open_key is None or request.state == RequestState.SERVING:
        return None
    if request.state != RequestState.CLAIMED:
        claims.settle(session, request_id)
        house = floor.house(session)
        if routes.route(session, request_id, house, refused=frozenset(refused), now=floor.now()) is None:
            return None
        request = session.get_one(DeskRequest, request_id)
    assert request.agent_id is not None
    agent = session.get_one(Agent, request.agent_id)
    openid = session.get_one(Fan, request.fan_id).openid
    said = words or talk.for_agent(session, request)
    return Step(request_id, request.fan_id, openid, agent.id, agent.kf_account, said)


def _connect(floor: Floor, step: Step, refused: set[int]) -> bool:
    """Ask WeChat; True if nothing more is to be done for this request now."""
    try:
        floor.line.session_create(step.openid, step.kf_account, step.words)
    except FanUnreachable:
        return _gone(floor, step)
    except (BadRequest, NotPermitted) as error:
        if error.code in NO_FAN:
            return _gone(floor, step)
        if error.code == OTHERS and (serving := floor.line.session_of(step.openid)):
            return _adopt(floor, step, serving)
        return _refused(floor, step, error.code, refused)
    with floor.db.transaction() as session:
        if claims.confirm(session, step.request_id, step.agent_id, now=floor.now()):
            _note(session, floor, step, Outcome.SERVING, "wechat_agreed")
        request = session.get_one(DeskRequest, step.request_id)
        is_theirs = request.open_key is not None and request.agent_id == step.agent_id
        say(session, step.request_id, now=floor.now())
    if not is_theirs:
        _let_go(floor, step)
    return True


def _refused(floor: Floor, step: Step, code: int | None, refused: set[int]) -> bool:
    """Take the seat back, remember why, and have the next one looked for."""
    refused.add(step.agent_id)
    with floor.db.transaction() as session:
        if not claims.undo(session, step.request_id, step.agent_id):
            return True
        _note(session, floor, step, Outcome.REFUSED, f"wechat_{code}")
        if code in {OFFLINE, UNBOUND}:
            # Believed until presence is asked for again: nobody else need try.
            told = {"online": False} if code == OFFLINE else {"bound": False}
            session.execute(update(Agent).where(Agent.id == step.agent_id).values(told))
        if code not in PASSED_ON:
            log.warning("desk refused", extra={"code": code, "request": step.request_id})
    return False


def _adopt(floor: Floor, step: Step, serving: str) -> bool:
    """Let the traveller stay with whoever WeChat says serves them."""
    with floor.db.transaction() as session:
        agent_id = agents.named(session, floor.account_id, serving)
        request = session.get_one(DeskRequest, step.request_id)
        requests.opened_by(session, request, agent_id, at=floor.now(), rung=Rung.BY_HAND.value)
        claims.settle(session, step.request_id)
        _note(session, floor, step, Outcome.SERVING, "served_already")
        say(session, step.request_id, now=floor.now())
    return True


def _gone(floor: Floor, step: Step) -> bool:
    with floor.db.transaction() as session:
        requests.end(session, step.request_id, RequestState.GONE, why="fan_gone", now=floor.now())
        task_id = session.get_one(DeskRequest, step.request_id).task_id
        if task_id is not None:
            tasks.taken_back(session, task_id)
        settle(session, step.request_id, now=floor.now())
    return True


def _let_go(floor: Floor, step: Step) -> None:
    """Close at WeChat what nobody wants any more: the traveller left, or another agent has them."""
    try:
        floor.line.session_close(step.openid, step.kf_account)
    except (BadRequest, FanUnreachable) as error:
        if error.code not in {NONE, OTHERS, *NO_FAN}:
            raise
    with floor.db.transaction() as session:
        wish(session, "desk.settle", {"request": step.request_id}, now=floor.now())


def _note(session: Session, floor: Floor, step: Step, outcome: Outcome, reason: str) -> None:
    request = session.get_one(DeskRequest, step.request_id)
    about = decisions.subject(request)
    if outcome is Outcome.REFUSED:
        about = replace(about, agent_id=step.agent_id)
    decisions.note(session, about, outcome=outcome, reason=reason, now=floor.now())
