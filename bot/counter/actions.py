"""Writing down what was done at a counter: once for each word it came with, and never changed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.counter.models import ActionKind, CounterAction
from bot.counter.standing import Place


def add(
    session: Session,
    place: Place,
    kind: ActionKind,
    *,
    member_id: int,
    now: datetime,
    once: str | None = None,
    number: str = "",
    amount: int = 0,
    points: int = 0,
    purchase_id: int | None = None,
    entry_id: int | None = None,
) -> CounterAction:
    """Write it down. The member's row is locked by then, so that the word `once` was looked for before."""
    row = CounterAction(
        kind=kind.value,
        shop_id=place.shop_id,
        staff_id=place.staff_id,
        user_id=None,
        who=place.name,
        member_id=member_id,
        number=number,
        amount=amount,
        points=points,
        purchase_id=purchase_id,
        entry_id=entry_id,
        about_id=None,
        once=once,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def is_undone(session: Session, action: CounterAction) -> bool:
    """Tell whether something undid it."""
    return session.scalar(select(CounterAction.id).where(CounterAction.about_id == action.id)) is not None


def known(session: Session, once: str) -> CounterAction | None:
    """Return what was written down with this word."""
    return session.scalar(select(CounterAction).where(CounterAction.once == once))
