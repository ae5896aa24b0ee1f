"""How long travellers waited at the desk.

A wait begins with a message that was handed to the desk while no earlier one
was waiting, and ends with the next thing an agent says to that fan.  What
nobody answers within two days is no answer, however late one comes: by then
WeChat lets nobody write.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.types import table_of
from bot.desk.models import AgentRecord, DeskAnswer
from bot.messages.models import Message

PATIENCE = timedelta(hours=48)
COLUMNS = ("message_id", "account_id", "fan_id", "kf_account", "asked_at", "answered_at", "seconds")
_insert = BulkInsert(table_of(DeskAnswer), COLUMNS)


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait that ended."""

    message_id: int
    kf_account: str
    asked_at: datetime
    answered_at: datetime


def recount(session: Session, account_id: int, fan_ids: Collection[int], *, since: datetime) -> None:
    """Make the waits of these fans anew where something said at or after `since` may have changed them.

    A second time: nothing changes.
    """
    begin = since - PATIENCE
    events: dict[int, list[tuple[datetime, int, int, str]]] = defaultdict(list)
    asked = select(Message.fan_id, Message.sent_at, Message.id).where(
        # One wait's worth earlier, to know whether somebody was waiting already when it begins.
        Message.fan_id.in_(fan_ids), Message.answered_by == "desk", Message.sent_at >= begin - PATIENCE
    )  # fmt: skip
    for fan_id, at, key in session.execute(asked):
        events[fan_id or 0].append((at, 0, key, ""))
    said = select(AgentRecord.fan_id, AgentRecord.said_at, AgentRecord.id, AgentRecord.kf_account).where(
        AgentRecord.fan_id.in_(fan_ids), AgentRecord.said_at >= begin - PATIENCE
    )
    for fan_id, at, key, agent in session.execute(said):
        events[fan_id].append((at, 1, key, agent))
    right = {
        (wait.message_id, account_id, fan_id, wait.kf_account, wait.asked_at, wait.answered_at)
        for fan_id, these in events.items()
        for wait in waits(these)
        if wait.asked_at >= begin
    }
    known = select(DeskAnswer).where(DeskAnswer.fan_id.in_(fan_ids), DeskAnswer.asked_at >= begin)
    kept, wrong = set(), []
    for row in session.scalars(known):
        facts = (row.message_id, row.account_id, row.fan_id, row.kf_account, row.asked_at, row.answered_at)
        if facts in right:
            kept.add(facts)
        else:
            wrong.append(row.id)
    if wrong:
        session.execute(delete(DeskAnswer).where(DeskAnswer.id.in_(wrong)))
    rows = [(*facts, int((facts[5] - facts[4]).total_seconds())) for facts in sorted(right - kept)]
    _insert.run(session.connection(), rows)


def waits(events: list[tuple[datetime, int, int, str]]) -> list[Wait]:
    """Return the waits that ended, of one fan's messages to the desk (0) and agents' words (1)."""
    found = []
    waiting: tuple[datetime, int] | None = None
    for at, is_answer, key, agent in sorted(events):
        if waiting and at - waiting[0] > PATIENCE:
            waiting = None
        if not is_answer:
            waiting = waiting or (at, key)
        elif waiting:
            found.append(Wait(waiting[1], agent, waiting[0], at))
            waiting = None
    return found
