"""Counting wrong passwords. In the database, so that no flushed Redis unlocks anybody."""

from datetime import datetime, timedelta

from sqlalchemy import case, or_, update
from sqlalchemy.orm import Session

from bot.users.models import User

MOST = 10
LOCKED_FOR = timedelta(minutes=15)


def claim(session: Session, user: User, *, now: datetime) -> bool:
    """Take one of the user's ten attempts; False when they are used up.

    To be committed before the password is looked at, so that a hundred guesses
    at once are still ten.  A quarter of an hour without one gives ten new ones.
    """
    is_old = or_(User.failed_at.is_(None), User.failed_at <= now - LOCKED_FOR)
    taking = (
        update(User)
        .where(User.id == user.id, or_(User.failures < MOST, is_old))
        .values(failures=case((is_old, 1), else_=User.failures + 1), failed_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(taking).rowcount)  # type: ignore[attr-defined]


def forgive(user: User) -> None:
    """Give all attempts back: the user has proved who they are."""
    user.failures = 0
    user.failed_at = None


def is_locked(user: User, *, now: datetime) -> bool:
    """Tell whether the attempts are used up."""
    return user.failures >= MOST and user.failed_at is not None and user.failed_at > now - LOCKED_FOR
