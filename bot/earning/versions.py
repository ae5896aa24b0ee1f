"""Versions of the rule book: a draft, published ones, and which of them judges a moment."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.earning.models import EarningDraft, EarningVersion
from bot.earning.rules.book import Book
from bot.earning.rules.evaluating import Judge
from bot.earning.rules.reading import read
from bot.errors import YizhanError

THE_DRAFT = 1
EMPTY: Mapping[str, Any] = {"rules": [], "groups": []}
KEPT = 32  # versions of a database made ready in memory


class PublishedMeanwhile(YizhanError):
    """The publisher's move: somebody else published a moment ago; look again."""


class InThePast(YizhanError):
    """The publisher's move: a version judges what happens from now on, never what has happened."""


def in_force(session: Session, at: datetime) -> EarningVersion | None:
    """Return the version that judges what happened at `at`; None before the first."""
    wanted = select(EarningVersion).where(EarningVersion.in_force_from <= at)
    ordered = wanted.order_by(EarningVersion.in_force_from.desc(), EarningVersion.number.desc())
    return session.scalar(ordered.limit(1))


def listed(session: Session) -> Sequence[EarningVersion]:
    """Return the published versions, the newest first."""
    return session.scalars(select(EarningVersion).order_by(EarningVersion.number.desc()).limit(200)).all()


def rule_names(session: Session) -> dict[str, str]:
    """Return what rules are called, by their codes: as the newest version that has them says."""
    return {
        rule["code"]: rule["name"] for row in reversed(listed(session)) for rule in row.definition["rules"]
    }


def draft(session: Session) -> EarningDraft | None:
    """Return what is being written; None if nobody began."""
    return session.get(EarningDraft, THE_DRAFT)


def put_draft(session: Session, definition: Mapping[str, Any], *, by: str, now: datetime) -> EarningDraft:
    """Keep the definition as the draft, right or not. Who saves an older one hears `StaleDataError`."""
    row = draft(session)
    if row is None:
        row = EarningDraft(id=THE_DRAFT, definition=dict(definition), changed_by=by, changed_at=now)
        session.add(row)
    else:
        row.definition, row.changed_by, row.changed_at = dict(definition), by, now
    session.flush()
    return row


def publish(
    session: Session,
    definition: Mapping[str, Any],
    *,
    note: str,
    in_force_from: datetime,
    by: str,
    now: datetime,
) -> EarningVersion:
    """Publish a book for what happens from `in_force_from` on.

    Raise `BadBook` if it is none, `InThePast` for a moment before `now`, and
    `PublishedMeanwhile` if another took the number.
    """
    read(definition)
    if in_force_from < now:
        raise InThePast("a version judges what happens from now on")
    return put_version(session, definition, note=note, in_force_from=in_force_from, by=by, now=now)


def put_version(
    session: Session,
    definition: Mapping[str, Any],
    *,
    note: str,
    in_force_from: datetime,
    by: str,
    now: datetime,
) -> EarningVersion:
    """Add a version whatever its moment: for histories that are made up, and for `publish`."""
    number = (session.scalar(select(func.max(EarningVersion.number))) or 0) + 1
    row = EarningVersion(
        number=number,
        definition=dict(definition),
        note=note,
        in_force_from=in_force_from,
        published_by=by,
        published_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise PublishedMeanwhile(f"version {number} was published a moment ago") from None
    return row


class _Judges:
    """Books made ready, by the database they are of and their version: what was published never changes."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Engine, OrderedDict[int, tuple[Book, Judge]]] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, session: Session, version_id: int) -> tuple[Book, Judge]:
        """Return the version's book and its judge; it is read once in a process."""
        bind = session.get_bind()
        with self._lock:
            known = self._known.setdefault(bind.engine, OrderedDict())
            if version_id in known:
                known.move_to_end(version_id)
                return known[version_id]
        book = read(session.get_one(EarningVersion, version_id).definition)
        made = book, Judge(book)
        with self._lock:
            known[version_id] = made
            while len(known) > KEPT:
                known.popitem(last=False)
        return made


judges = _Judges()
