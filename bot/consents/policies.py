"""The privacy policy's versions."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.consents import first_policy
from bot.consents.models import PolicyVersion

__all__ = ["PolicyVersion", "current", "history", "keep", "of", "publish"]
LONGEST = 60_000
FIRST = 1
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def current(session: Session) -> PolicyVersion:
    """Return what is asked for now: the newest, or the built-in one while nothing was published."""
    newest = session.scalar(select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(1))
    return newest or _built_in()


def of(session: Session, version: int) -> PolicyVersion | None:
    """Return the words people agreed to under that number."""
    return session.get(PolicyVersion, version) or (_built_in() if version == FIRST else None)


def keep(session: Session, version: int) -> None:
    """Have a row for the version somebody agrees to: the built-in one gets its own with the first consent."""
    if version == FIRST and session.get(PolicyVersion, FIRST) is None:
        _put(session, _built_in())


def history(session: Session) -> Sequence[PolicyVersion]:
    """Return every version, the newest first."""
    return session.scalars(select(PolicyVersion).order_by(PolicyVersion.version.desc())).all()


def publish(session: Session, *, title: str, body: str, by: str, now: datetime) -> PolicyVersion | None:
    """Publish the next version; None if somebody published one at the same moment. Old consents stand."""
    keep(session, FIRST)
    newest = session.scalar(select(func.max(PolicyVersion.version))) or FIRST
    return _put(
        session,
        PolicyVersion(version=newest + 1, title=title, body=body, published_at=now, published_by=by[:64]),
    )


def _put(session: Session, row: PolicyVersion) -> PolicyVersion | None:
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return None
    return row


def _built_in() -> PolicyVersion:
    return PolicyVersion(
        version=FIRST,
        title=first_policy.TITLE,
        body=first_policy.BODY,
        published_at=BEGAN,
        published_by="system",
    )
