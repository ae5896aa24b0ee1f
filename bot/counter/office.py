"""What the back office does with counters: the rows were found in the visitor's scope.

Whose points they are, and what everybody's limits are, lies beyond it.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.counter import limits, undoing
from bot.counter.limits import Limits
from bot.counter.models import CounterAction, CounterLimit
from bot.db.scope import beyond_scope
from bot.privacy import Vault
from bot.purchases.recording import By


def undo(
    session: Session, vault: Vault | None, action: CounterAction, *, reason: str, by: By, now: datetime
) -> CounterAction:
    """Do as `undoing.undo`."""
    with beyond_scope(session):
        return undoing.undo(session, vault, action, reason=reason, by=by, now=now)


def everybodys(session: Session) -> Limits:
    """Return the limits of shops that have none of their own."""
    with beyond_scope(session):
        return limits.of(session, None)


def own(session: Session, shop_ids: Iterable[int]) -> dict[int, Limits]:
    """Return the limits of those of the shops that have their own."""
    rows = session.scalars(select(CounterLimit).where(CounterLimit.shop_id.in_(list(shop_ids))))
    return {
        row.shop_key: Limits(row.receipt_amount, row.day_amount, row.spend_points, row.day_points)
        for row in rows
    }
