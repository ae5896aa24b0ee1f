"""A visit noted, and a receipt written down, by somebody at the counter.

The rows are locked in one order: the member, what the counter counts, the
purchase, and then what settling takes.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.counter import actions, limits, standing
from bot.counter.models import ActionKind, CounterAction
from bot.counter.refusals import ReceiptKnown
from bot.counter.standing import Place
from bot.earning import buying
from bot.earning.occasions import Happening
from bot.earning.rules.book import Trigger
from bot.moments import HERE
from bot.privacy import Vault
from bot.purchases.models import Purchase, PurchaseState
from bot.purchases.receipts import Receipt
from bot.purchases.recording import By, NumberReused


@dataclass(frozen=True, slots=True)
class Awarded:
    """What was written down, the purchase, and whether it waits for the back office."""

    action: CounterAction
    purchase: Purchase
    waits: bool


def award(
    session: Session,
    vault: Vault | None,
    place: Place,
    member_id: int,
    receipt: Receipt,
    *,
    once: str,
    now: datetime,
) -> Awarded:
    """Write a receipt of the shop down for the member, and give what it earns.

    Above the limits of one person it waits until the back office approves it.
    The same word `once` with the same number again is the first answer.  Raise
    `BadReceipt`, `ReceiptKnown` where the shop has a receipt with this number,
    and what `standing.customer` does.
    """
    member = standing.customer(session, place, member_id)
    known = actions.known(session, once)
    if known is not None and known.purchase_id is not None and known.number == receipt.number:
        purchase = session.get_one(Purchase, known.purchase_id)
        return Awarded(known, purchase, purchase.state == PurchaseState.WAITING)
    receipt.check(now=now)
    allowed = limits.of(session, place.shop_id)
    today = now.astimezone(HERE).date()
    alone = receipt.amount <= allowed.receipt_amount and limits.take(
        session, place, today, allowed, amount=receipt.amount
    )
    try:
        bought = buying.buy(
            session,
            vault,
            receipt,
            shop_id=place.shop_id,
            member_id=member.id,
            state=PurchaseState.COUNTED if alone else PurchaseState.WAITING,
            by=By(f"staff:{place.staff_id}", place.name),
            now=now,
        )
    except NumberReused as error:
        raise ReceiptKnown(str(error)) from None
    if not bought.is_new:
        raise ReceiptKnown(f"receipt {receipt.number} is there already")
    action = actions.add(
        session,
        place,
        ActionKind.AWARD,
        member_id=member.id,
        # The next receipt, written into a page that was gone back to, comes with a word that is taken.
        once=once if known is None else None,
        number=receipt.number,
        amount=receipt.amount,
        points=bought.points,
        purchase_id=bought.purchase.id,
        now=now,
    )
    return Awarded(action, bought.purchase, not alone)


def visit(
    session: Session, vault: Vault | None, place: Place, member_id: int, *, now: datetime
) -> CounterAction | None:
    """Note that the member is here today, and give what that earns; None if it was noted before today.

    One that was undone was none: the next is noted under a name of its own.
    """
    member = standing.customer(session, place, member_id)
    key = today = f"visit:{place.shop_id}:{member.id}:{now.astimezone(HERE):%Y%m%d}"
    while (before := actions.known(session, key)) is not None:
        if not actions.is_undone(session, before):
            return None
        key = f"{today}:{before.id}"
    happened = Happening(key, Trigger.VISIT, now, place.shop_id)
    settled = buying.happen(session, vault, member.id, happened, now=now)
    points = settled.outcome.of(key) if settled else 0
    return actions.add(
        session, place, ActionKind.VISIT, member_id=member.id, once=key, points=points, now=now
    )
