"""A traveller's request for a person: made once, moved on by conditional updates, ended once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.desk.models import AgentRecord
from bot.desk.request_models import OPEN, DeskRequest, RequestState

TABLE = table_of(DeskRequest)
STILL_OPEN = tuple(state.value for state in OPEN)
WINDOW = timedelta(hours=48)
IN_HAND = (RequestState.CLAIMED.value, RequestState.SERVING.value)
IN_LINE = (RequestState.ASKED.value, RequestState.WAITING.value)
# Nobody asked for a person here, so nobody waits for one.
UNASKED = frozenset({"scan", "first_message", "message", "notice"})
# What a request says whose agent was taken from it; its seat is moved by `bot.desk.claims`.
TAKEN_BACK: dict[str, Any] = {
    "state": RequestState.ASKED.value,
    "agent_id": None,
    "rung": None,
    "claimed_at": None,
    "opened_at": None,
    "warned_at": None,
}


def ask(
    session: Session,
    *,
    account_id: int,
    fan_id: int,
    shop_id: int | None,
    why: str,
    now: datetime,
    expires_at: datetime | None = None,
    needs: Sequence[str] = (),
    priority: int = 0,
    task_id: int | None = None,
    passed: Collection[int] = (),
) -> tuple[int, bool]:
    """Return the traveller's open request and whether it is new: one is opened where none is.

    A new one is given to none of the agents who are `passed`.
    `why` is `request`, `unanswered`, `no`, `scan`, `first_message`, `message`, `notice` or `by_hand`.
    """
    known = open_of(session, fan_id)
    if known is not None:
        return known.id, False
    session.flush()
    row: dict[str, Any] = {
        "account_id": account_id,
        "fan_id": fan_id,
        "open_key": fan_id,
        "shop_id": shop_id,
        "state": RequestState.ASKED.value,
        "why": why,
        "priority": priority,
        "needs": list(needs),
        "task_id": task_id,
        "asked_at": now,
        "expires_at": expires_at or now + WINDOW,
        "passed": sorted(passed),
    }
    insert_where_free(session.connection(), TABLE, [row])
    made = open_of(session, fan_id)
    assert made is not None
    return made.id, made.asked_at == now


def promote(session: Session, request_id: int, *, why: str, needs: Sequence[str] = (), now: datetime) -> bool:
    """Note that the traveller asks for a person by now, so that they wait for one, or leave a message.

    False if they had asked before, or the request is over. `needs` are added where anything is said of
    them. Who was only told of a rule's answer owed nobody a word: their time begins now.
    """
    mine = update(DeskRequest).where(DeskRequest.id == request_id, DeskRequest.open_key.is_not(None))
    notice = and_(DeskRequest.why == "notice", DeskRequest.answered_at.is_(None))
    begun = and_(notice, DeskRequest.opened_at.is_not(None))
    # In this order: MariaDB sets one column after the other, and each sees what the last was set to.
    values: list[tuple[Any, Any]] = [
        (DeskRequest.opened_at, case((begun, now), else_=DeskRequest.opened_at)),
        (DeskRequest.asked_at, case((notice, now), else_=DeskRequest.asked_at)),
        (DeskRequest.warned_at, None),
        (DeskRequest.why, why),
    ]
    if needs:
        values.append((DeskRequest.needs, list(needs)))
    return moved(session, mine.where(DeskRequest.why.in_(UNASKED)).ordered_values(*values))


def open_of(session: Session, fan_id: int) -> DeskRequest | None:
    """Return the traveller's open request."""
    return session.scalar(select(DeskRequest).where(DeskRequest.open_key == fan_id))


def last_of(session: Session, fan_id: int) -> DeskRequest | None:
    """Return the traveller's latest request, open or not."""
    wanted = select(DeskRequest).where(DeskRequest.fan_id == fan_id)
    return session.scalar(wanted.order_by(DeskRequest.id.desc()).limit(1))


def wait(session: Session, request_id: int, *, now: datetime) -> bool:
    """Put the request in line; True if it was not there. Who was in line before keeps the place."""
    mine = update(DeskRequest).where(
        DeskRequest.id == request_id, DeskRequest.state == RequestState.ASKED.value
    )
    since = func.coalesce(DeskRequest.waiting_since, now)
    return moved(session, mine.values(state=RequestState.WAITING.value, waiting_since=since))


def end(
    session: Session,
    request_id: int,
    state: RequestState,
    *,
    why: str,
    now: datetime,
    states: Sequence[str] = STILL_OPEN,
    agent_id: int | None = None,
    warned_at: datetime | None = None,
    is_unasked: bool = False,
) -> bool:
    """End the request if it stands in one of `states` (with that agent, warned then); False if it does not.

    With `is_unasked` only while nobody has asked for a person.

    Its seat is given back by `bot.desk.claims.settle`, which the caller promises or calls.
    """
    mine = update(DeskRequest).where(DeskRequest.id == request_id, DeskRequest.state.in_(states))
    if agent_id is not None:
        mine = mine.where(DeskRequest.agent_id == agent_id)
    if warned_at is not None:
        mine = mine.where(DeskRequest.warned_at == warned_at)
    if is_unasked:
        mine = mine.where(DeskRequest.why.in_(UNASKED))
    ended = {"state": state.value, "open_key": None, "closed_at": now, "closed_why": why[:16]}
    return moved(session, mine.values(ended))


def wrote(session: Session, request: DeskRequest, *, now: datetime) -> None:
    """Note that the traveller wrote to the agent who serves them.

    Whoever came unasked has asked by now, except who is answered a message: they asked when they left it.
    After the question whether that was all: it was not.
    """
    if request.why in UNASKED - {"message"}:
        promote(session, request.id, why="unanswered", now=now)
        return
    if request.warned_at is None or request.answered_at is None:
        return  # before an agent's first word the warning was the agent's
    mine = update(DeskRequest).where(DeskRequest.id == request.id, DeskRequest.answered_at.is_not(None))
    moved(session, mine.values(warned_at=None))


def opened_by(
    session: Session, request: DeskRequest, agent_id: int, *, at: datetime, rung: str | None = None
) -> bool:
    """Note that WeChat says the agent has the traveller, however that came about; True if that is news."""
    if request.state == RequestState.SERVING and (
        request.agent_id == agent_id or (request.opened_at is not None and at < request.opened_at)
    ):
        return False
    values: dict[str, Any] = {
        "state": RequestState.SERVING.value,
        "agent_id": agent_id,
        "opened_at": at,
        "warned_at": None,
    }
    if request.agent_id != agent_id:
        values["rung"] = rung
    mine = update(DeskRequest).where(
        DeskRequest.id == request.id, DeskRequest.state == request.state, DeskRequest.open_key.is_not(None)
    )
    return moved(session, mine.values(values))


def reroute(session: Session, request: DeskRequest, *, passed: Sequence[int], now: datetime) -> bool:
    """Take a conversation back from its agent; the request looks for another, first in line.

    False if it is not any more as it was read. The next agent's first word is waited for anew.
    """
    mine = update(DeskRequest).where(
        DeskRequest.id == request.id,
        DeskRequest.state == RequestState.SERVING.value,
        DeskRequest.agent_id == request.agent_id,
        is_answered_at(request),
    )
    since = func.coalesce(DeskRequest.waiting_since, DeskRequest.asked_at, now)
    values = {"waiting_since": since, "passed": list(passed), "answered_at": None}
    return moved(session, mine.values(TAKEN_BACK | values))


def is_answered_at(request: DeskRequest) -> ColumnElement[bool]:
    """Tell of a row whether the agent's first word is still what it was as `request` was read."""
    if request.answered_at is None:
        return DeskRequest.answered_at.is_(None)
    return DeskRequest.answered_at == request.answered_at


def note_answers(session: Session, account_id: int, fan_ids: Sequence[int]) -> int:
    """Write down the agent's first word where records tell of one; return how many there were."""
    if not fan_ids:
        return 0
    wanted = select(DeskRequest).where(
        DeskRequest.account_id == account_id,
        DeskRequest.fan_id.in_(fan_ids),
        DeskRequest.opened_at.is_not(None),
        DeskRequest.answered_at.is_(None),
    )
    found = 0
    for request in session.scalars(wanted).all():
        assert request.opened_at is not None
        words = select(func.min(AgentRecord.said_at)).where(
            AgentRecord.fan_id == request.fan_id,
            AgentRecord.said_at >= request.opened_at.replace(microsecond=0),
        )
        if request.closed_at is not None:
            words = words.where(AgentRecord.said_at <= request.closed_at)
        at = session.scalar(words)
        if at is not None and answered(session, request.id, at=at):
            found += 1
    return found


def answered(session: Session, request_id: int, *, at: datetime) -> bool:
    """Note the agent's first word; False if one was noted before."""
    mine = update(DeskRequest).where(DeskRequest.id == request_id, DeskRequest.answered_at.is_(None))
    return moved(session, mine.values(answered_at=at, warned_at=None))


def moved(session: Session, statement: Any) -> bool:
    """Run a conditional update and tell whether it found its row; rows at hand are read anew."""
    session.flush()
    done = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    session.expire_all()
    return bool(done.rowcount)
