"""Who is signed in, from where. The browser holds a random token, the database its hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from bot.users.models import User, UserSession

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
WAITING = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)


def begin(
    session: Session, user: User, *, is_waiting: bool, address: str, browser: str, now: datetime
) -> tuple[UserSession, str]:
    """Sign `user` in and return the row with the token for the cookie; outlived rows are swept away."""
    outlived = or_(UserSession.created_at <= now - LONGEST, UserSession.seen_at <= now - IDLE)
    session.execute(delete(UserSession).where(UserSession.user_id == user.id, outlived))
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_hash=_hash(token),
        user_id=user.id,
        is_waiting=is_waiting,
        created_at=now,
        seen_at=now,
        address=address[:64],
        browser=browser[:200],
    )
    session.add(row)
    session.flush()
    return row, token


def find(session: Session, token: str, *, now: datetime) -> tuple[UserSession, User] | None:
    """Return who holds `token`; None if nobody does, or not any more."""
    found = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == _hash(token))
    ).first()
    if found is None:
        return None
    row, user = found
    is_over = now >= row.created_at + LONGEST or now >= row.seen_at + IDLE
    if is_over or not user.active or (row.is_waiting and now >= row.created_at + WAITING):
        return None
    return row, user


def is_due(row: UserSession, *, now: datetime) -> bool:
    """Tell whether it is time to write down that the session was seen."""
    return now >= row.seen_at + SEEN_EVERY


def of(session: Session, user: User, *, now: datetime) -> list[UserSession]:
    """Return the user's sessions that still hold, the latest seen first."""
    held = select(UserSession).where(
        UserSession.user_id == user.id,
        UserSession.is_waiting.is_(False),
        UserSession.created_at > now - LONGEST,
        UserSession.seen_at > now - IDLE,
    )
    return list(session.scalars(held.order_by(UserSession.seen_at.desc())))


def end(session: Session, token: str) -> None:
    """Sign the holder of `token` out; nothing happens if nobody holds it."""
    session.execute(delete(UserSession).where(UserSession.token_hash == _hash(token)))


def end_all(session: Session, user: User, *, but: int | None = None) -> int:
    """Sign `user` out everywhere, except in the session `but`; how many ended."""
    ending = delete(UserSession).where(UserSession.user_id == user.id)
    if but is not None:
        ending = ending.where(UserSession.id != but)
    return int(session.execute(ending).rowcount)  # type: ignore[attr-defined]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
