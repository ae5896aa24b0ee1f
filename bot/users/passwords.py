"""Passwords of the back office: argon2id, 19 MiB, two passes (OWASP's floor; 26 ms here)."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.users.models import User

SHORTEST = 10
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def generate() -> str:
    """Return a password that can be read out over a telephone: four groups, 79 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def put(session: Session, *, name: str, role: str, password: str, now: datetime) -> bool:
    """Add the user `name`, or give them a new password; True if they are new.

    They must change it when they next sign in. Raise `ValueError` for a
    password shorter than ten characters.
    """
    if len(password) < SHORTEST:
        raise ValueError(f"the password has {len(password)} characters; use at least {SHORTEST}")
    user = session.scalar(select(User).filter_by(name=name))
    is_new = user is None
    if user is None:
        user = User(name=name, created_at=now)
        session.add(user)
    user.role = role
    user.password_hash = _hasher.hash(password)
    user.must_change = True
    return is_new


def is_right(user: User, password: str) -> bool:
    """Tell whether `password` is the user's."""
    try:
        return _hasher.verify(user.password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
