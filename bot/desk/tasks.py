"""What a shop owes a traveller: messages taken down while nobody was there, complaints after low scores."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.desk.request_models import DeskRequest, DeskTask, TaskKind, TaskState
from bot.desk.requests import WINDOW, moved
from bot.fans.models import Fan

TABLE = table_of(DeskTask)
LONGEST = 2_000
AGAIN = timedelta(minutes=10)  # until a message is offered once more
LEAST_LEFT = timedelta(minutes=5)  # of the 48 hours, for an offer to make sense
COMPLAINT_DUE = timedelta(hours=24)


def take_down(
    session: Session, request: DeskRequest, kind: TaskKind, *, words: str, due_at: datetime, now: datetime
) -> None:
    """Open the task; a second time nothing changes."""
    row = {
        "account_id": request.account_id,
        "request_id": request.id,
        "fan_id": request.fan_id,
        "shop_id": request.shop_id,
        "kind": kind.value,
        "state": TaskState.OPEN.value,
        "words": words[:LONGEST],
        "agent_id": request.agent_id if kind is TaskKind.COMPLAINT else None,
        "created_at": now,
        "due_at": due_at,
    }
    session.flush()
    insert_where_free(session.connection(), TABLE, [row])


def open_message_of(session: Session, fan_id: int) -> DeskTask | None:
    """Return the traveller's message that nobody has answered yet."""
    wanted = select(DeskTask).where(
        DeskTask.fan_id == fan_id,
        DeskTask.kind == TaskKind.MESSAGE.value,
        DeskTask.state == TaskState.OPEN.value,
    )
    return session.scalar(wanted.order_by(DeskTask.id.desc()).limit(1))


def add_words(task: DeskTask, words: str) -> None:
    """Add what the traveller wrote afterwards."""
    if words:
        task.words = f"{task.words}\n{words}"[:LONGEST] if task.words else words[:LONGEST]


@dataclass(frozen=True, slots=True)
class Offer:
    """A message that an agent can answer until it expires, and the agents who are not to be asked to."""

    task: DeskTask
    expires_at: datetime
    passed: frozenset[int]


def to_offer(
    session: Session,
    account_id: int,
    *,
    now: datetime,
    shops: Collection[int] | None = None,
    limit: int = 200,
) -> list[Offer]:
    """Return the messages of the account, or of those shops, that can be offered now, what is due first.

    An offer that came to nothing is followed by another after ten minutes, to somebody else; and whoever
    let the traveller wait before the message was taken down is offered it after ten minutes, too.
    """
    wanted = (
        select(DeskTask, Fan.last_interaction_at)
        .join(Fan, Fan.id == DeskTask.fan_id)
        .where(
            DeskTask.account_id == account_id,
            DeskTask.kind == TaskKind.MESSAGE.value,
            DeskTask.state == TaskState.OPEN.value,
            Fan.last_interaction_at > now - WINDOW + LEAST_LEFT,
            # Who is being served, or waits, is told there.
            ~exists().where(DeskRequest.open_key == DeskTask.fan_id),
        )
        .order_by(DeskTask.due_at, DeskTask.id)
        .limit(limit)
    )
    if shops is not None:
        wanted = wanted.where(DeskTask.shop_id.in_(sorted(shops)))
    rows = [(task, at) for task, at in session.execute(wanted) if at is not None]
    before = _requests_about(session, [task for task, _at in rows])
    found = []
    for task, at in rows:
        theirs = before.get(task.id, [])
        lately = now - AGAIN
        if any(one.task_id == task.id and one.asked_at > lately for one in theirs):
            continue
        passed: set[int] = set()
        for one in theirs:
            if one.task_id == task.id or task.created_at > lately:
                passed |= {*(one.passed or ()), one.agent_id or 0}
        found.append(Offer(task, at + WINDOW, frozenset(passed - {0})))
    return found


def _requests_about(session: Session, tasks: Sequence[DeskTask]) -> dict[int, list[Any]]:
    """Return by task the request that left the message, and those that offered it."""
    if not tasks:
        return {}
    columns = DeskRequest.id, DeskRequest.task_id, DeskRequest.asked_at, DeskRequest.passed
    wanted = select(*columns, DeskRequest.agent_id).where(
        DeskRequest.fan_id.in_({one.fan_id for one in tasks}),
        or_(
            DeskRequest.task_id.in_([one.id for one in tasks]),
            DeskRequest.id.in_([one.request_id for one in tasks]),
        ),
    )
    left = {one.request_id: one.id for one in tasks}
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(wanted):
        for task_id in {row.task_id, left.get(row.id)} - {None}:
            found[task_id or 0].append(row)
    return found


def offered(session: Session, task_id: int, agent_id: int) -> bool:
    """Note that an agent has the traveller of this message at hand."""
    mine = update(DeskTask).where(DeskTask.id == task_id, DeskTask.state == TaskState.OPEN.value)
    return moved(session, mine.values(state=TaskState.OFFERED.value, agent_id=agent_id))


def taken_back(session: Session, task_id: int) -> bool:
    """Note that nobody has answered the message that was offered."""
    mine = update(DeskTask).where(DeskTask.id == task_id, DeskTask.state == TaskState.OFFERED.value)
    return moved(session, mine.values(state=TaskState.OPEN.value, agent_id=None))


def settle(session: Session, task_id: int, *, by: str, now: datetime) -> bool:
    """Note that somebody has seen to it; False if somebody had."""
    mine = update(DeskTask).where(DeskTask.id == task_id, DeskTask.state != TaskState.DONE.value)
    return moved(session, mine.values(state=TaskState.DONE.value, done_at=now, done_by=by[:64]))


def settle_messages_of(session: Session, fan_id: int, *, by: str, now: datetime) -> bool:
    """Note that the traveller was answered, and with that all they had left."""
    theirs = update(DeskTask).where(
        DeskTask.fan_id == fan_id,
        DeskTask.kind == TaskKind.MESSAGE.value,
        DeskTask.state != TaskState.DONE.value,
    )
    return moved(session, theirs.values(state=TaskState.DONE.value, done_at=now, done_by=by[:64]))
