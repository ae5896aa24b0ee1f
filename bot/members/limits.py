"""How often somebody may do something: counted in the database, so that a flushed Redis frees nobody."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.members.models import Tally
from bot.privacy import Vault

PLACE = "tally:what"
SHANGHAI = 8 * 3600  # days begin when they begin for travellers


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each window of `seconds`, for what `name` counts."""

    name: str
    most: int
    seconds: int


def take(session: Session, vault: Vault, limit: Limit, who: str, *, now: datetime) -> datetime | None:
    """Count one more of `who`; return when the window ends if there were `limit.most` already, else None.

    The count moves by a conditional update, so that two at the same moment share what is left.
    """
    row_key, ends_at = _place(vault, limit, who, now)
    counted = (
        update(Tally)
        .where(Tally.what == row_key, Tally.count < limit.most)
        .values(count=Tally.count + 1)
        .execution_options(synchronize_session=False)
    )
    if session.execute(counted).rowcount:  # type: ignore[attr-defined]
        return None
    if session.scalar(select(Tally.count).where(Tally.what == row_key)) is None:
        try:
            with session.begin_nested():
                session.add(Tally(what=row_key, count=1, ends_at=ends_at))
                session.flush()
        except IntegrityError:  # somebody else's first, a moment ago
            return None if session.execute(counted).rowcount else ends_at  # type: ignore[attr-defined]
        return None
    return ends_at


def full(session: Session, vault: Vault, limit: Limit, who: str, *, now: datetime) -> datetime | None:
    """Return when the window ends if there were `limit.most` of `who` already, else None; count nothing."""
    return (
        _place(vault, limit, who, now)[1] if used(session, vault, limit, who, now=now) >= limit.most else None
    )


def pause(session: Session, vault: Vault, limit: Limit, who: str, *, now: datetime) -> datetime | None:
    """Begin a pause of `limit.seconds` for `who`; return when the one that is under way ends, else None."""
    row_key = vault.index(f"{limit.name}:{who}", PLACE)
    ends_at = now + timedelta(seconds=limit.seconds)
    moved = (
        update(Tally)
        .where(Tally.what == row_key, Tally.ends_at <= now)
        .values(ends_at=ends_at)
        .execution_options(synchronize_session=False)
    )
    if session.execute(moved).rowcount:  # type: ignore[attr-defined]
        return None
    running = select(Tally.ends_at).where(Tally.what == row_key)
    if (until := session.scalar(running)) is not None:
        return until
    try:
        with session.begin_nested():
            session.add(Tally(what=row_key, count=1, ends_at=ends_at))
            session.flush()
    except IntegrityError:  # somebody else's, a moment ago
        return session.scalar(running) or ends_at
    return None


def used(session: Session, vault: Vault, limit: Limit, who: str, *, now: datetime) -> int:
    """Return how many of `who` were counted in the window of `now`."""
    row_key, _ends_at = _place(vault, limit, who, now)
    return session.scalar(select(Tally.count).where(Tally.what == row_key)) or 0


def forget(session: Session, *, now: datetime, most: int = 2000) -> int:
    """Delete windows that are over, at most so many at once; return how many went."""
    old = list(session.scalars(select(Tally.what).where(Tally.ends_at < now).limit(most)))
    if old:
        session.execute(delete(Tally).where(Tally.what.in_(old)).execution_options(synchronize_session=False))
    return len(old)


def _place(vault: Vault, limit: Limit, who: str, now: datetime) -> tuple[bytes, datetime]:
    window = (int(now.timestamp()) + SHANGHAI) // limit.seconds
    ends_at = datetime.fromtimestamp((window + 1) * limit.seconds - SHANGHAI, UTC)
    return vault.index(f"{limit.name}:{window}:{who}", PLACE), ends_at
