"""The second factor: codes of an authenticator app, and recovery codes for when the telephone is lost."""

import hashlib
from datetime import datetime

import pyotp
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bot.users import passwords
from bot.users.models import RecoveryCode, User

STEP = 30
HOW_MANY = 10


def new_secret() -> str:
    """Return a secret that nobody has yet."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """Return what the QR code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="驿站 Yizhan")


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step `code` belongs to, one to either side allowed for the clock; None if to none."""
    wanted = code.replace(" ", "")
    if not (wanted.isascii() and wanted.isdigit()):
        return None
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    for step in (current, current - 1, current + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), wanted):
            return step
    return None


def accept(session: Session, user: User, code: str, *, now: datetime) -> bool:
    """Take `code`, of the app or a recovery code, once: the same one a second time is refused."""
    if user.totp_secret is None:
        return False
    step = step_of(user.totp_secret, code, now=now)
    if step is not None:
        # Two browsers with the same code: the row decides.
        taking = update(User).where(User.id == user.id, User.totp_step < step).values(totp_step=step)
        return bool(session.execute(taking).rowcount)  # type: ignore[attr-defined]
    using = delete(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _hash(code.strip().lower())
    )
    return bool(session.execute(using).rowcount)  # type: ignore[attr-defined]


def enrol(session: Session, user: User, secret: str, *, step: int) -> list[str]:
    """Ask `user` for codes of `secret` from now on; return the recovery codes, to be shown once."""
    user.totp_secret = secret
    user.totp_step = step
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [passwords.generate() for _ in range(HOW_MANY)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(code)) for code in codes)
    return codes


def reset(session: Session, user: User) -> None:
    """Ask `user` for no second factor any more."""
    user.totp_secret = None
    user.totp_step = 0
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
