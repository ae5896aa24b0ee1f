"""Undoing what was done at a counter: a receipt is given back whole, spent points are refunded, a visit
takes with it what it gave. Once.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.counter import actions
from bot.counter.models import ActionKind, CounterAction
from bot.counter.refusals import NothingToUndo
from bot.earning import buying, locking
from bot.members import identities
from bot.points import ledger
from bot.points.models import PointEntry
from bot.points.refusals import TooMuch
from bot.privacy import Vault
from bot.purchases.models import Purchase, PurchaseState
from bot.purchases.recording import By

SOURCE = "counter"
REASON = "到店抵扣退回"


def undo(
    session: Session, vault: Vault | None, action: CounterAction, *, reason: str, by: By, now: datetime
) -> CounterAction:
    """Take back what a receipt or a visit gave, or give back what was spent, and write that down.

    A receipt that waits is refused.  After a visit was undone, another of the
    same day counts.  Raise `NothingToUndo` for what was undone before, also by a
    refund that came from elsewhere, and for what undid something.
    """
    _lock(session, action)
    if actions.is_undone(session, action):
        raise NothingToUndo(f"action {action.id} was undone before")
    entry: PointEntry | None = None
    if action.kind == ActionKind.AWARD:
        points = _take_back(session, vault, action, reason=reason, by=by, now=now)
    elif action.kind == ActionKind.SPEND:
        entry = _give_back(session, action, now=now)
        points = entry.points
    elif action.kind == ActionKind.VISIT and action.once is not None:
        points = buying.withdraw(session, action.once, now=now) or 0
    else:
        raise NothingToUndo(f"a {action.kind} is not undone")
    row = CounterAction(
        kind=ActionKind.UNDO.value,
        shop_id=action.shop_id,
        staff_id=None,
        user_id=by.user_id,
        who=by.name[:64],
        member_id=action.member_id,
        number=action.number,
        amount=action.amount,
        points=points,
        purchase_id=action.purchase_id,
        entry_id=entry.id if entry else None,
        about_id=action.id,
        once=None,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _lock(session: Session, action: CounterAction) -> None:
    """Lock the member, and whoever else undoing it touches."""
    if action.purchase_id is not None:
        locking.of_purchase(session, session.get_one(Purchase, action.purchase_id))
    elif action.kind == ActionKind.VISIT and action.once is not None:
        locking.of_happening(session, action.member_id, action.once)
    else:
        identities.root(session, action.member_id)


def _take_back(
    session: Session, vault: Vault | None, action: CounterAction, *, reason: str, by: By, now: datetime
) -> int:
    """Give the rest of the purchase back; return by how many points the member's day fell."""
    purchase = session.get_one(Purchase, action.purchase_id, populate_existing=True)
    if purchase.state == PurchaseState.WAITING and buying.decide(
        session, vault, purchase, approve=False, by=by, now=now
    ):
        return 0
    left = purchase.amount - purchase.refunded
    if purchase.state != PurchaseState.COUNTED or not left:
        raise NothingToUndo(f"purchase {purchase.id} does not count")
    given = buying.refund(
        session,
        purchase,
        number=f"counter:{action.id}",
        amount=left,
        reason=reason,
        occurred_at=now,
        by=by,
        now=now,
    )
    return given.taken


def _give_back(session: Session, action: CounterAction, *, now: datetime) -> PointEntry:
    assert action.entry_id is not None
    try:
        return ledger.refund(
            session,
            action.entry_id,
            key=f"undo:{action.id}",
            source=SOURCE,
            reason=REASON,
            shop_id=action.shop_id,
            now=now,
        )
    except TooMuch:
        raise NothingToUndo(f"entry {action.entry_id} was given back before") from None
