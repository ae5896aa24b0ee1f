"""What the demo's desk decided, was scored and owes: the last days, so that board, why and figures have rows.

Nothing of it is open: whoever asks today is routed by the product itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import adding_up, satisfaction, tasks
from bot.desk.decisions import Outcome
from bot.desk.models import Agent
from bot.desk.request_models import DeskDecision, DeskRequest, DeskTask, RequestState, TaskKind
from bot.desk.routing import Passed, Rung
from bot.fans.models import Fan
from bot.organisation.models import Staff

DAYS, EACH_DAY = 7, 6
SCORES = (5, 5, 4, None, 5, 3, 2)
MESSAGES = (
    "我想改签下周三去杭州的团，麻烦给我回个话",
    "孩子身份证丢了，还能出行吗",
    "请问酒店可以加床吗，两大一小",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request of the past: whose, when, and its number."""

    fan: Fan
    at: datetime
    number: int


def put(session: Session, fans: Sequence[Fan], agents: Sequence[Agent], *, now: datetime) -> None:
    """Write the requests of the last days with their decisions, and what shops still owe."""
    _name_staff(session, agents)
    for number in range(DAYS * EACH_DAY):
        back = timedelta(days=number // EACH_DAY, minutes=20 + 83 * (number % EACH_DAY) + number)
        at = (now - back).replace(microsecond=0)
        _ended(session, _Asked(fans[number * 5 % len(fans)], at, number), agents)
    for number, words in enumerate(MESSAGES):
        at = now - timedelta(hours=1 + 3 * number)
        _taken_down(session, _Asked(fans[(number * 7 + 2) % len(fans)], at, number), agents, words)
    for account_id in {one.account_id for one in agents}:
        for day in adding_up.due(session, account_id, now=now):
            adding_up.replace(session, adding_up.count(session, account_id, day, now=now))


def _name_staff(session: Session, agents: Sequence[Agent]) -> None:
    """Say who the agents are among the staff, so that they have their desk on the phone."""
    known = {(row.shop_id, row.name): row.id for row in session.scalars(select(Staff))}
    for agent in agents:
        if agent.shop_id is not None and agent.staff_id is None:
            agent.staff_id = known.get((agent.shop_id, agent.nickname))


def _ended(session: Session, asked: _Asked, agents: Sequence[Agent]) -> None:
    own = [one for one in agents if one.shop_id == asked.fan.last_shop_id]
    others = [one for one in agents if one.shop_id is None] or list(agents)
    is_own = bool(own) and asked.number % 4 != 3
    chosen = (own if is_own else others)[asked.number % len(own if is_own else others)]
    rung = Rung.OWN if is_own else Rung.HEAD
    waited = timedelta(seconds=2 + 37 * asked.number % 170)
    opened = asked.at + waited
    request = DeskRequest(
        account_id=asked.fan.account_id,
        fan_id=asked.fan.id,
        shop_id=asked.fan.last_shop_id,
        state=RequestState.CLOSED.value,
        why="request" if asked.number % 3 else "unanswered",
        rung=rung.value,
        agent_id=chosen.id,
        passed=[],
        asked_at=asked.at,
        claimed_at=opened,
        opened_at=opened,
        answered_at=opened + timedelta(seconds=9 + 23 * asked.number % 80),
        closed_at=opened + timedelta(minutes=4 + asked.number % 9),
        closed_why="event",
    )
    session.add(request)
    session.flush()
    looked = [_line(one, Rung.OWN, _why_not(one, chosen, asked.number)) for one in own]
    looked += [_line(one, Rung.HEAD, "" if one is chosen else Passed.LATER) for one in others if not is_own]
    if waited > timedelta(seconds=60):
        busy = [{**one, "load": one["seats"], "why_not": Passed.FULL.value} for one in looked]
        _decide(session, request, asked.at, Outcome.WAITING, "all_busy", None, busy)
    _decide(session, request, opened, Outcome.CLAIMED, rung.value, chosen, looked)
    _decide(session, request, opened + timedelta(seconds=1), Outcome.SERVING, "wechat_agreed", chosen, [])
    value = SCORES[asked.number % len(SCORES)]
    if value is not None and request.closed_at is not None:
        at = request.closed_at + timedelta(minutes=1)
        satisfaction.score(session, request_id=request.id, fan_id=asked.fan.id, value=value, now=at)
        complaints = select(DeskTask.id).where(DeskTask.request_id == request.id)
        if asked.number >= EACH_DAY and (key := session.scalar(complaints)) is not None:
            tasks.settle(session, key, by="李经理", now=at + timedelta(hours=3))


def _taken_down(session: Session, asked: _Asked, agents: Sequence[Agent], words: str) -> None:
    request = DeskRequest(
        account_id=asked.fan.account_id,
        fan_id=asked.fan.id,
        shop_id=asked.fan.last_shop_id,
        state=RequestState.MESSAGE.value,
        why="request",
        passed=[],
        asked_at=asked.at,
        closed_at=asked.at,
        closed_why="nobody_there",
    )
    session.add(request)
    session.flush()
    own = [one for one in agents if one.shop_id == asked.fan.last_shop_id]
    looked = [_line(one, Rung.OWN, Passed.OFF_HOURS) for one in own]
    _decide(session, request, asked.at, Outcome.MESSAGE, "nobody_there", None, looked)
    due = asked.at + timedelta(hours=4)
    tasks.take_down(session, request, TaskKind.MESSAGE, words=words, due_at=due, now=asked.at)


def _why_not(one: Agent, chosen: Agent, number: int) -> str:
    if one is chosen:
        return ""
    if chosen.shop_id is not None:
        return Passed.LATER.value if number % 2 else Passed.BREAK.value
    return Passed.FULL.value if number % 2 else Passed.OFFLINE.value


def _line(one: Agent, rung: Rung, why_not: str) -> dict[str, object]:
    load = one.seats if why_not == Passed.FULL else 1 if why_not else 0
    line = {"agent": one.id, "name": one.nickname, "rung": rung.value, "load": load, "seats": one.seats}
    return {**line, "why_not": str(why_not)}


def _decide(  # noqa: PLR0917 - all seven are said in every call
    session: Session,
    request: DeskRequest,
    at: datetime,
    outcome: Outcome,
    reason: str,
    agent: Agent | None,
    candidates: list[dict[str, object]],
) -> None:
    session.add(
        DeskDecision(
            account_id=request.account_id,
            request_id=request.id,
            fan_id=request.fan_id,
            shop_id=request.shop_id,
            at=at,
            outcome=outcome.value,
            reason=reason,
            rung=request.rung if agent is not None else None,
            agent_id=agent.id if agent is not None else None,
            candidates=candidates,
        )
    )
