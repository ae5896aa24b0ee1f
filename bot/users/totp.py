"""The second factor: codes of an authenticator app, and recovery codes for when the telephone is lost.

Secrets are sealed with the `[privacy]` keys, as telephones are. One that was
set up before it could be sealed is sealed with the next code that is taken,
or by `python -m bot privacy reseal`; a secret never holds a full stop, a sealed text always does.
"""

import hashlib
import logging
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bot.privacy import NoKeys, NotOurs, Vault
from bot.users import passwords
from bot.users.models import RecoveryCode, User

log = logging.getLogger(__name__)

PLACE = "user:totp_secret"
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


def secret_of(kept: str, vault: Vault | None) -> str:
    """Return the secret of a row; raise `NotOurs` if these keys do not open it, `NoKeys` without any."""
    if not is_sealed(kept):
        return kept
    if vault is None:
        raise NoKeys("a two-step secret is sealed, and [privacy] holds no keys")
    return vault.open(kept, PLACE)


def is_sealed(kept: str) -> bool:
    """Tell a sealed secret from one of an older release."""
    return "." in kept


def accept(session: Session, user: User, code: str, *, now: datetime, vault: Vault | None) -> bool:
    """Take `code`, of the app or a recovery code, once: the same one a second time is refused.

    A secret that does not open with these keys accepts recovery codes only, and that is logged.
    """
    if user.totp_secret is None:
        return False
    step = None
    try:
        secret = secret_of(user.totp_secret, vault)
    except (NoKeys, NotOurs) as error:
        log.error("two-step secret does not open", extra={"user_id": user.id, "reason": str(error)})  # noqa: TRY400 - the operator's move, not a bug
    else:
        step = step_of(secret, code, now=now)
    if step is not None:
        values: dict[str, Any] = {"totp_step": step}
        if vault is not None and not (is_sealed(user.totp_secret) and vault.is_newest(user.totp_secret)):
            values["totp_secret"] = vault.seal(secret, PLACE)
        # Two browsers with the same code: the row decides.
        taking = update(User).where(User.id == user.id, User.totp_step < step).values(**values)
        return bool(session.execute(taking).rowcount)  # type: ignore[attr-defined]
    using = delete(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _hash(code.strip().lower())
    )
    return bool(session.execute(using).rowcount)  # type: ignore[attr-defined]


def enrol(session: Session, user: User, secret: str, *, step: int, vault: Vault) -> list[str]:
    """Ask `user` for codes of `secret` from now on; return the recovery codes, to be shown once."""
    user.totp_secret = vault.seal(secret, PLACE)
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
