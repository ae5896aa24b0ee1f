"""Versions of the ladder: a draft, published ones, and which of them is in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.errors import YizhanError
from bot.levels import ladder
from bot.levels.ladder import Ladder
from bot.levels.models import LevelDraft, LevelVersion
from bot.outbox.promises import Wish, promise

THE_DRAFT = 1


class PublishedMeanwhile(YizhanError):
    """The publisher's move: somebody else published a moment ago; look again."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A published ladder, ready to be asked."""

    id: int
    number: int
    ladder: Ladder


def in_force(session: Session, now: datetime) -> InForce | None:
    """Return the ladder that is in force at `now`; None before the first."""
    wanted = select(LevelVersion).where(LevelVersion.in_force_from <= now)
    row = session.scalar(wanted.order_by(LevelVersion.number.desc()).limit(1))
    return InForce(row.id, row.number, ladder.read(row.definition)) if row is not None else None


def of(session: Session, version_id: int) -> Ladder:
    """Return the ladder of one version."""
    return ladder.read(session.get_one(LevelVersion, version_id).definition)


def names(session: Session) -> dict[str, str]:
    """Return what each level is called that ever was, by key; the newest name, the lowest level first."""
    found: dict[str, str] = {}
    for row in session.scalars(select(LevelVersion).order_by(LevelVersion.number.desc()).limit(50)):
        for one in row.definition["levels"]:
            found.setdefault(one["key"], one["name"])
    return found


def listed(session: Session) -> Sequence[LevelVersion]:
    """Return the published versions, the newest first."""
    return session.scalars(select(LevelVersion).order_by(LevelVersion.number.desc()).limit(200)).all()


def draft(session: Session) -> LevelDraft | None:
    """Return what is being written; None if nobody began."""
    return session.get(LevelDraft, THE_DRAFT)


def put_draft(session: Session, definition: Mapping[str, Any], *, by: str, now: datetime) -> LevelDraft:
    """Keep the definition as the draft. Who saves an older one hears `StaleDataError`."""
    row = draft(session)
    if row is None:
        row = LevelDraft(id=THE_DRAFT, definition=dict(definition), changed_by=by, changed_at=now)
        session.add(row)
    else:
        row.definition, row.changed_by, row.changed_at = dict(definition), by, now
    session.flush()
    return row


def publish(
    session: Session, definition: Mapping[str, Any], *, note: str, by: str, now: datetime
) -> LevelVersion:
    """Put a ladder in force, and promise to look at every member by it: who has reached more rises.

    Nobody falls by it but at the end of their period.  Raise `BadLadder` if it
    is none, and `PublishedMeanwhile` if another took the number.
    """
    row = put_version(session, definition, note=note, in_force_from=now, by=by)
    wish = Wish("levels.review_all", {"version_id": row.id}, now, f"levels.review_all:{row.id}:0")
    promise(session, wish, now=now)
    return row


def put_version(
    session: Session, definition: Mapping[str, Any], *, note: str, in_force_from: datetime, by: str
) -> LevelVersion:
    """Add a version whatever its moment: for histories that are made up, and for `publish`."""
    known = ladder.write(ladder.read(definition))
    number = (session.scalar(select(func.max(LevelVersion.number))) or 0) + 1
    row = LevelVersion(
        number=number, definition=known, note=note, in_force_from=in_force_from, published_by=by
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise PublishedMeanwhile(f"version {number} was published a moment ago") from None
    return row
