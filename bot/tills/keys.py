"""Making, finding and revoking the keys of tills, and remembering the words they used."""

import secrets
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.privacy import Vault
from bot.tills.models import Till, TillNonce
from bot.tills.signing import WINDOW

PLACE = "till:secret"
SEEN_EVERY = 60.0  # seconds; `last_used_at` need not be truer than that
SLICE = 5000


def make(
    session: Session, vault: Vault, *, shop_id: int, name: str, by: str, now: datetime
) -> tuple[Till, str]:
    """Add a till of the shop; return it with its secret, which nothing shows again."""
    secret = secrets.token_urlsafe(32)
    row = Till(
        shop_id=shop_id,
        name=name,
        key=f"yz_{secrets.token_hex(10)}",
        secret=vault.seal(secret, PLACE),
        created_by=by,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row, secret


def find(session: Session, key: str) -> Till | None:
    """Return the till with that key; None for none, and for one that was revoked."""
    if not key or len(key) > 32:
        return None
    return session.scalar(select(Till).where(Till.key == key, Till.revoked_at.is_(None)))


def secret_of(vault: Vault, till: Till) -> str:
    """Return the secret; raise `NotOurs` if the settings do not open it."""
    return vault.open(till.secret, PLACE)


def revoke(session: Session, till: Till, *, by: str, now: datetime) -> bool:
    """Let the key open nothing from now on; False if that was so before."""
    still = (Till.id == till.id) & Till.revoked_at.is_(None)
    done = session.execute(update(Till).where(still).values(revoked_at=now, revoked_by=by))
    session.refresh(till)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def spend_nonce(session: Session, till: Till, nonce: str, *, now: datetime) -> bool:
    """Note that the till used this word; False if it had, which the key of the table decides."""
    try:
        with session.begin_nested():
            session.add(TillNonce(till_id=till.id, nonce=nonce, expires_at=now + 2 * WINDOW))
            session.flush()
    except IntegrityError:
        return False
    return True


def seen(session: Session, till: Till, *, now: datetime) -> None:
    """Note that the till is alive, about once a minute."""
    if till.last_used_at is None or (now - till.last_used_at).total_seconds() > SEEN_EVERY:
        session.execute(update(Till).where(Till.id == till.id).values(last_used_at=now))


def forget(session: Session, *, now: datetime) -> int:
    """Delete a slice of words whose requests would be stale; return how many."""
    gone = session.execute(
        select(TillNonce.till_id, TillNonce.nonce).where(TillNonce.expires_at < now).limit(SLICE)
    ).all()
    for till_id in sorted({row.till_id for row in gone}):
        words = [row.nonce for row in gone if row.till_id == till_id]
        session.execute(delete(TillNonce).where(TillNonce.till_id == till_id, TillNonce.nonce.in_(words)))
    return len(gone)
