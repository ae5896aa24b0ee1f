"""Whose rows it takes to take something back: all members before anything else, in the order of their ids.

Coupons make them several: one used for a purchase may be somebody else's, and one that was given for it may
have been given on.  Locked where they are met, two who take something back could wait for each other.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.earning import days, giving, occasions, versions
from bot.earning.models import EarningOccasion
from bot.members import identities
from bot.members.models import Member
from bot.purchases.models import Purchase


def of_purchase(session: Session, purchase: Purchase) -> Member:
    """Lock whom a refund of the purchase touches; return its member as they are now."""
    with beyond_scope(session):
        wanted = select(EarningOccasion).where(EarningOccasion.purchase_id == purchase.id)
        others = giving.holders_on(session, purchase) | _given_for(session, session.scalar(wanted))
        return _lock(session, purchase.member_id, others)


def of_happening(session: Session, member_id: int, key: str) -> Member:
    """Lock whom it touches if what happened to the member under the key had not; return who they are now."""
    with beyond_scope(session):
        row = session.scalar(select(EarningOccasion).where(EarningOccasion.key == key))
        return _lock(session, member_id, _given_for(session, row))


def _given_for(session: Session, row: EarningOccasion | None) -> set[int]:
    """Return who has what was given on the day of the occasion, which will be judged again."""
    if row is None or row.version_id is None:
        return set()
    book, _judge = versions.judges.of(session, row.version_id)
    day = days.of_version(session, row.member_id, row.day, row.version_id)
    return giving.holders_of(session, book, occasions.of_day(session, day))


def _lock(session: Session, member_id: int, others: Iterable[int]) -> Member:
    identities.lock_all(session, {member_id, *others})
    return identities.root(session, member_id)
