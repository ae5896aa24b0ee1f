"""Planning what to tell whom. Nothing is decided here: that is the sender's, at the moment of sending."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, Row
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.outbox.promises import Wish, promise_all
from bot.reach import contents, intents
from bot.reach.contents import Content
from bot.reach.models import Lane, NoticeState, ReachNotice

MOST: Final = 1_000
LONGEST_KEY: Final = 64
LONGEST_BATCH: Final = 40
COLUMNS: Final = (
    "account_id",
    "fan_id",
    "intent",
    "key",
    "lane",
    "content_id",
    "facts",
    "batch",
    "state",
    "due_at",
    "claims",
    "attempts",
    "created_at",
)
NOT_SENT: Final = (NoticeState.WAITING.value, NoticeState.HELD.value, NoticeState.NOTE.value)
_insert = BulkInsert(table_of(ReachNotice), COLUMNS)


@dataclass(frozen=True, slots=True)
class Planned:
    """One notice to be: what `notify` is given, for many at once."""

    account_id: int
    fan_id: int
    intent: str
    key: str
    content: Content
    facts: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    batch: str | None = None


def notify(
    session: Session,
    *,
    account_id: int,
    fan_id: int,
    intent: str,
    key: str,
    content: Content,
    facts: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    batch: str | None = None,
    now: datetime,
) -> int | None:
    """Have the fan told once `session` commits, when and how WeChat and our rules let us; return its id.

    None, and no change, where the fan has a notice of that intent and key, whatever became of it: so a second
    call says nothing twice.  Nothing goes out before `due_at`.  `facts` fill `{name}` in the content's texts.
    Raise `KeyError` for an intent that is not in the list, `ValueError` for a key or content that cannot be.
    """
    planned = Planned(account_id, fan_id, intent, key, content, facts or {}, due_at, batch)
    if not notify_many(session, [planned], now=now):
        return None
    mine = (ReachNotice.fan_id == fan_id, ReachNotice.intent == intent, ReachNotice.key == key)
    with beyond_scope(session):
        return session.scalar(select(ReachNotice.id).where(*mine))


def notify_many(session: Session, planned: Sequence[Planned], *, now: datetime) -> int:
    """Do as `notify` for up to 1,000 at once, in a few statements; return how many were new."""
    if len(planned) > MOST:
        raise ValueError(f"{len(planned)} notices at once; at most {MOST}")
    distinct = list({id(one.content): one.content for one in planned}.values())
    ids = contents.keep(session, distinct, now=now)
    known = {id(content): content_id for content, content_id in zip(distinct, ids, strict=True)}
    rows = sorted((_row(one, known[id(one.content)], now) for one in planned), key=lambda row: row[:4])
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        new = _insert.run(session.connection(), rows)
    if new:
        due = {(one.account_id, intents.of(one.intent).lane) for one in planned if (one.due_at or now) <= now}
        pump(session, due, now=now)
    return new


def take_back(session: Session, notice_ids: Sequence[int]) -> int:
    """Do not send these notices after all; return how many were not sent yet. Twice: there are none left."""
    if not notice_ids:
        return 0
    table = table_of(ReachNotice)
    taken = update(table).where(table.c.id.in_(notice_ids), table.c.state.in_(NOT_SENT))
    with beyond_scope(session):
        return session.connection().execute(taken.values(state=NoticeState.CANCELLED.value)).rowcount


def pump(session: Session, lanes: Iterable[tuple[int, Lane]], *, now: datetime) -> None:
    """Promise to send what is due in these accounts' lanes; what is due later, `reach.look` finds."""
    with beyond_scope(session):
        promise_all(
            session.connection(), [wish(account_id, lane, now) for account_id, lane in lanes], now=now
        )


def wish(account_id: int, lane: Lane, now: datetime) -> Wish:
    """Return the promise of one pump; equal ones that wait are one."""
    facts = {"account_id": account_id, "lane": lane.value}
    return Wish("reach.pump", facts, now, f"reach.pump:{account_id}:{lane.value}")


def _row(one: Planned, content_id: int, now: datetime) -> Row:
    if not 0 < len(one.key) <= LONGEST_KEY or len(one.batch or "") > LONGEST_BATCH:
        raise ValueError(
            f"a key has 1 to {LONGEST_KEY} letters, a batch up to {LONGEST_BATCH}: {one.key!r}, {one.batch!r}"
        )
    return (
        one.account_id,
        one.fan_id,
        one.intent,
        one.key,
        intents.of(one.intent).lane.value,
        content_id,
        dict(one.facts),
        one.batch,
        NoticeState.WAITING.value,
        one.due_at or now,
        0,
        0,
        now,
    )
