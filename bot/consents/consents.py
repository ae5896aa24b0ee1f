"""Who agreed to what. Asking twice changes nothing; withdrawing leaves the row with its end."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.consents import policies
from bot.consents.models import Consent, ConsentKind


def give(
    session: Session,
    kind: ConsentKind,
    *,
    member_id: int,
    policy_version: int,
    fan_id: int | None,
    now: datetime,
) -> Consent:
    """Note that the member agreed; the same agreement to the same version is one."""
    known = standing(session, kind, member_id=member_id)
    if known is not None and known.policy_version == policy_version:
        return known
    policies.keep(session, policy_version)
    row = Consent(
        member_id=member_id, kind=kind.value, policy_version=policy_version, fan_id=fan_id, given_at=now
    )
    session.add(row)
    session.flush()
    return row


def standing(session: Session, kind: ConsentKind, *, member_id: int) -> Consent | None:
    """Return the latest agreement that was not withdrawn."""
    rows = (
        select(Consent)
        .where(Consent.member_id == member_id, Consent.kind == kind.value, Consent.withdrawn_at.is_(None))
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return session.scalar(rows)


def give_marketing(session: Session, *, member_id: int, fan_id: int | None, now: datetime) -> Consent:
    """Note that the member wants to hear of offers."""
    version = policies.current(session).version
    return give(
        session, ConsentKind.MARKETING, member_id=member_id, policy_version=version, fan_id=fan_id, now=now
    )


def withdraw_marketing(session: Session, *, member_id: int, now: datetime, how: str = "member") -> bool:
    """End every agreement to offers; False if there was none. Nothing else changes for the member."""
    return withdraw(session, ConsentKind.MARKETING, member_id=member_id, now=now, how=how)


def withdraw(session: Session, kind: ConsentKind, *, member_id: int, now: datetime, how: str) -> bool:
    """End every agreement of that kind; False if there was none."""
    ending = (
        update(Consent)
        .where(Consent.member_id == member_id, Consent.kind == kind.value, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_how=how[:32])
    )
    return bool(session.execute(ending).rowcount)  # type: ignore[attr-defined]


def has_fallen_silent(session: Session, *, member_id: int) -> bool:
    """Tell whether nothing may be advertised to the member."""
    return standing(session, ConsentKind.MARKETING, member_id=member_id) is None
