"""Whom a member brought, as they may see it, and what each of them earned the member."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.earning.models import EarningAward, EarningOccasion
from bot.members import people, referral
from bot.members.models import Member
from bot.privacy import Vault


@dataclass(frozen=True, slots=True)
class Brought:
    """Somebody new, masked; `points` is what bringing them gives as things stand."""

    name: str
    at: datetime
    points: int


def brought(session: Session, vault: Vault, member_id: int) -> Sequence[Brought]:
    """Return whom the member brought, the latest first, at most a hundred."""
    rows = referral.brought(session, member_id)
    keys = {f"referral:{row.id}": row.id for row in rows}
    given = (
        select(EarningOccasion.key, func.sum(EarningAward.points).label("points"))
        .join(EarningAward, EarningAward.occasion_id == EarningOccasion.id)
        .where(EarningOccasion.key.in_(list(keys)))
        .group_by(EarningOccasion.key)
    )
    points = {keys[row.key]: int(row.points) for row in session.execute(given)}
    new = {row.member_id for row in rows}
    members = {one.id: one for one in session.scalars(select(Member).where(Member.id.in_(new)))}
    return [
        Brought(
            people.masked_name(people.name_of(vault, members[row.member_id])) or "一位朋友",
            row.counted_at,
            points.get(row.id, 0),
        )
        for row in rows
    ]
