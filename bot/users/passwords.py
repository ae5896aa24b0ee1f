"""Passwords of the back office: argon2id, 19 MiB, two passes (OWASP's floor; 26 ms here)."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.users.models import User
from bot.users.roles import Role

SHORTEST = 10
LONGEST = 200  # argon2 would hash a megabyte as patiently
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Of a password nobody has: guessing a name must take as long as guessing a password.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def generate() -> str:
    """Return a password that can be read out over a telephone: four groups, 79 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def put(session: Session, *, name: str, role: Role, password: str, now: datetime) -> bool:
    """Add the user `name`, or give them a new password; True if they are new.

    They must change it when they next sign in. Raise `ValueError` for a
    password shorter than ten characters.
    """
    user = session.scalar(select(User).filter_by(name=name))
    is_new = user is None
    if user is None:
        user = User(name=name, created_at=now)
        session.add(user)
    user.role = role.value
    change(user, password)
    user.must_change = True
    session.flush()
    return is_new


def change(user: User, password: str) -> None:
    """Give `user` that password for good; raise `ValueError` for one that is too short or absurdly long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"the password has {len(password)} characters; use {SHORTEST} to {LONGEST}")
    user.password_hash = _hasher.hash(password)
    user.must_change = False


def is_right(user: User | None, password: str) -> bool:
    """Tell whether `password` is the user's; as slowly for nobody."""
    try:
        right = _hasher.verify(user.password_hash if user else _NOBODYS, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and user is not None
