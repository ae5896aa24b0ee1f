"""The look at a whole sheet before anything is done, and doing it.

Both are the same look: what is done is looked at again, in the transaction
that does it, by a session that keeps to the visitor's scope.  Imports of one
kind wait for one another at their revision's row, so that two of the same
sheet at once are one after the other, and the second finds nothing to do.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot import audit
from bot.audit import Actor, Subject
from bot.db import Base
from bot.db.revisions import bump
from bot.db.scope import OutOfScope, beyond_scope
from bot.imports.kinds import KINDS
from bot.imports.looking import Around, Kind, Look, Problem, Status
from bot.organisation.models import Branch, Shop
from bot.sheets import Limits, Line, read

LIMITS = Limits(rows=20_000)
AT_ONCE = 100  # rows a request does by itself; more are a batch
CHUNK = 100  # rows a transaction


@dataclass(slots=True)
class Plan:
    """What would become of a sheet. `digest` changes when that does."""

    looks: list[Look]
    unknown: tuple[str, ...] = ()
    stopped_at: int | None = None
    outside: list[Subject] = field(default_factory=list)
    counts: dict[Status, int] = field(default_factory=dict)
    digest: str = ""

    @property
    def wrong(self) -> list[Look]:
        """The rows with something wrong."""
        return [look for look in self.looks if look.status is Status.WRONG]

    @property
    def todo(self) -> list[Look]:
        """The rows that would change something."""
        return [look for look in self.looks if look.status in {Status.NEW, Status.CHANGED}]


@dataclass(slots=True)
class Done:
    """What became of some rows: how many were added and changed, and which could not be."""

    added: int = 0
    changed: int = 0
    problems: list[tuple[Look, Problem]] = field(default_factory=list)


def look(session: Session, kind: str, content: bytes, around: Around) -> Plan:
    """Return what would become of the sheet. Changes nothing. Raise `NotASheet` if it cannot be read."""
    made = KINDS[kind](session, around)
    table = read(content, made.columns, LIMITS)
    looks = [made.look(line) for line in table.lines()]
    counts = {status: sum(one.status is status for one in looks) for status in Status}
    outside = _others(session, made.outside)
    return Plan(looks, table.unknown, table.stopped_at, outside, counts, _digest(looks))


def do(
    session: Session,
    kind: str,
    lines: Iterable[Line],
    around: Around,
    *,
    actor: Actor,
    now: datetime,
    wrong: Collection[int] = (),
) -> Done:
    """Add and change what `lines` say, but for those numbered in `wrong`, each with its entry in the audit.

    Run twice: the second time every line is as it should be.  Call it last in the transaction.
    """
    bump(session, f"import:{kind}")
    made = KINDS[kind](session, around)
    done, entries = Done(), []
    for line in lines:
        if line.number in wrong:
            continue
        one = made.look(line)
        if one.status is Status.WRONG:
            done.problems.append((one, one.problems[0]))
        elif one.status is not Status.SAME and (entry := _put(made, one, done)):
            entries.append(entry)
    for action, row, before, after in entries:
        audit.record(session, actor, action, row, now=now, before=before, after=after)
    return done


def lines_of(kind: Kind[Any], content: bytes, after: int = 0) -> Iterable[Line]:
    """Return the lines below the row numbered `after`."""
    return (line for line in read(content, kind.columns, LIMITS).lines() if line.number > after)


Entry = tuple[str, Base, Mapping[str, Any] | None, Mapping[str, Any]]


def _put(made: Kind[Any], one: Look, done: Done) -> Entry | None:
    before = made.said(made.session.get_one(made.model, one.key)) if one.key else None
    try:
        row = made.put(one)
    except IntegrityError:
        done.problems.append((one, made.taken()))
        return None
    except (StaleDataError, OutOfScope):
        done.problems.append((one, Problem("changed_meanwhile")))
        return None
    if one.key:
        done.changed += 1
    else:
        done.added += 1
    noun = made.model.__tablename__
    return (f"{noun}.changed" if one.key else f"{noun}.added", row, before, made.said(row))


def _others(session: Session, asked: Sequence[Subject]) -> list[Subject]:
    """Return which of the rows a sheet asked for are there, and another's: those looks are written down."""
    found = []
    names: dict[str, type[Base]] = {"shop": Shop, "branch": Branch}
    with beyond_scope(session):
        for subject in dict.fromkeys(asked):
            if subject.id:
                if audit.exists(session, subject):
                    found.append(subject)
            elif subject.kind in names:
                model: Any = names[subject.kind]
                key = session.scalar(select(model.id).where(model.name == subject.name))
                found += [Subject(subject.kind, str(key), subject.name)] if key is not None else []
    return found


def _digest(looks: Iterable[Look]) -> str:
    made = hashlib.sha256()
    for one in looks:
        changes = [(column.key, before, after) for column, before, after in one.changes]
        made.update(repr((one.number, one.status.value, one.key, changes)).encode())
    return made.hexdigest()[:32]
