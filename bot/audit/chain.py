"""Writing entries into the chain, and looking whether anybody has meddled with it.

Each entry's hash covers its content and the hash before it; `audit_head` holds
how many there are and the last hash.  Changing, removing or inserting an entry
therefore breaks every later one.  Whoever can write to the database can also
forge the whole chain anew: note `audit verify`'s last line elsewhere from time
to time, and a forgery shows.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.audit.models import AuditEntry, AuditHead
from bot.db import Base
from bot.db.scope import beyond_scope
from bot.db.types import table_of

HEAD = 1
GENESIS = "0" * 64
HIDDEN = frozenset(
    {"password_hash", "totp_secret", "totp_step", "token_hash", "code_hash", "failures", "failed_at"}
)
_SEALED = (
    "id",
    "at",
    "actor_id",
    "actor",
    "address",
    "action",
    "subject_kind",
    "subject_id",
    "subject_name",
    "before",
    "after",
    "reason",
    "previous",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where. Without an id it is not a user: a job, the command line."""

    name: str
    id: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What it is done to, where that is not a row."""

    kind: str
    id: str = ""
    name: str = ""


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: Base | Subject,
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> AuditEntry:
    """Write down, in the transaction of the change, that `actor` did `action` (`menu.published`).

    Flushes what is pending, then holds the end of the chain until the commit:
    call it last.  `before` and `after` are JSON facts, often `facts(row)`.
    """
    session.flush()
    about = subject if isinstance(subject, Subject) else _subject(subject)
    with beyond_scope(session):
        head = _hold(session)
        entry = AuditEntry(
            id=head.count + 1,
            at=now,
            actor_id=actor.id,
            actor=actor.name[:64],
            address=actor.address[:64],
            action=action,
            subject_kind=about.kind,
            subject_id=about.id[:64],
            subject_name=about.name[:200],
            before=_json(before),
            after=_json(after),
            reason=reason,
            previous=head.hash,
        )
        entry.hash = seal(entry)
        session.add(entry)
        head.count, head.hash = entry.id, entry.hash
        session.flush()
    return entry


def exists(session: Session, subject: Subject) -> bool:
    """Tell whether there is a row of that kind with that id."""
    models = {table_of(mapper.class_).name: mapper.class_ for mapper in Base.registry.mappers}
    model = models.get(subject.kind)
    is_number = subject.id.isascii() and subject.id.isdigit()
    return model is not None and is_number and session.get(model, int(subject.id)) is not None


def facts(row: Base, *names: str) -> dict[str, Any]:
    """Return what stands in `row`, or in the columns `names` of it, for before and after; secrets never."""
    wanted = names or [attribute.key for attribute in inspect(type(row)).column_attrs]
    return {name: getattr(row, name) for name in wanted if name not in HIDDEN}


def seal(entry: AuditEntry) -> str:
    """Return the hash of what `entry` says, the hash before it included."""
    said = {name: getattr(entry, name) for name in _SEALED}
    said["at"] = entry.at.isoformat(timespec="microseconds")
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: `broken_at` is the first entry that is not as it was written, and `why`."""

    count: int
    hash: str
    broken_at: int | None = None
    why: str = ""


def verify(session: Session) -> Verdict:
    """Go through the whole chain, a few hundred entries in memory at a time."""
    chain = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=500)
    with session.scalars(chain) as entries:
        verdict = _follow(session, entries)
    if verdict.broken_at is not None:
        return verdict
    head = session.get(AuditHead, HEAD)
    held = (head.count, head.hash) if head else (0, GENESIS)
    if held == (verdict.count, verdict.hash):
        return verdict
    why = f"the chain ended at {held[0]}; entries are missing or were added"
    return Verdict(verdict.count, verdict.hash, verdict.count + 1, why)


def _follow(session: Session, entries: Iterable[AuditEntry]) -> Verdict:
    previous, count = GENESIS, 0
    for entry in entries:
        count += 1
        if entry.id != count:
            return Verdict(count - 1, previous, count, "the entry is missing")
        if entry.previous != previous:
            return Verdict(count - 1, previous, count, "it does not continue the entry before it")
        if entry.hash != seal(entry):
            return Verdict(count - 1, previous, count, "what it says was changed")
        previous = entry.hash
        session.expunge(entry)
    return Verdict(count, previous)


def _hold(session: Session) -> AuditHead:
    """Lock the end of the chain until the commit, so that no two entries continue the same one."""
    locking = update(AuditHead).where(AuditHead.id == HEAD).values(count=AuditHead.count)
    locking = locking.execution_options(synchronize_session=False)
    if not session.execute(locking).rowcount:  # type: ignore[attr-defined]
        try:
            with session.begin_nested():
                session.add(AuditHead(id=HEAD, count=0, hash=GENESIS))
        except IntegrityError:
            session.execute(locking)  # another process was first by a moment
    # What this session read of the row before it had the lock may be old.
    return session.get_one(AuditHead, HEAD, populate_existing=True)


def _subject(row: Base) -> Subject:
    names = (getattr(row, name, None) for name in ("name", "title", "nickname"))
    name = next((str(one) for one in names if one), "")
    return Subject(row.__tablename__, str(getattr(row, "id", "")), name)


def _json(said: Mapping[str, Any] | None) -> str | None:
    if said is None:
        return None
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str).decode()
