"""Writing a receipt or a refund down once. What it earns is `bot.earning.buying`'s, who is who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.db.upsert import add_if_free
from bot.errors import YizhanError
from bot.members import identities
from bot.moments import HERE
from bot.purchases import receipts
from bot.purchases.models import Purchase, PurchaseRefund, PurchaseState
from bot.purchases.receipts import BadReceipt, Line, Receipt


class NumberReused(YizhanError):
    """The reporter's move: another receipt, or another refund, has this number in the shop."""


@dataclass(frozen=True, slots=True)
class By:
    """Who reports: `source` is `till:3`, `sheet` or `hand`."""

    source: str
    name: str
    user_id: int | None = None


def record(
    session: Session,
    receipt: Receipt,
    *,
    shop_id: int,
    member_id: int,
    state: PurchaseState,
    by: By,
    now: datetime,
    note: str = "",
) -> tuple[Purchase, bool]:
    """Write the receipt down; return it, and whether it is new.

    The same receipt again is the first one, not new, also where its member was
    merged into `member_id` meanwhile; another under its number raises
    `NumberReused`, whoever is faster.  `receipt` has been checked.
    """
    row = Purchase(
        shop_id=shop_id,
        number=receipt.number,
        member_id=member_id,
        amount=receipt.amount,
        refunded=0,
        payment=receipt.payment.value,
        items=receipts.plain(receipt.lines),
        occurred_at=receipt.occurred_at,
        day=receipt.occurred_at.astimezone(HERE).date(),
        source=by.source,
        state=state.value,
        input_hash=receipt.hash(shop_id, member_id),
        note=note,
        recorded_at=now,
        recorded_by_id=by.user_id,
        recorded_by=by.name,
        decided_by_id=None,
        decided_by=None,
        decided_at=None,
    )
    if add_if_free(session, row):
        return row, True
    known = find(session, shop_id=shop_id, number=receipt.number)
    if known is None:
        raise NumberReused(f"the number {receipt.number} is not free in this shop")
    if not is_same(session, known, receipt, member_id):
        raise NumberReused(f"another receipt has the number {receipt.number} in this shop")
    return known, False


def is_same(session: Session, known: Purchase, receipt: Receipt, member_id: int) -> bool:
    """Tell whether `known` is this receipt, of the member or of somebody who was merged into them since."""
    if known.input_hash != receipt.hash(known.shop_id, known.member_id):
        return False
    if known.member_id == member_id:
        return True
    with beyond_scope(session):
        return known.member_id in identities.family(session, member_id)


def find(session: Session, *, shop_id: int, number: str) -> Purchase | None:
    """Return the purchase with that number in the shop."""
    return session.scalar(select(Purchase).where(Purchase.shop_id == shop_id, Purchase.number == number))


def give_back(
    session: Session,
    purchase: Purchase,
    *,
    number: str,
    amount: int,
    lines: Sequence[Line],
    reason: str,
    occurred_at: datetime,
    by: By,
    now: datetime,
) -> tuple[PurchaseRefund, bool]:
    """Write a refund down; return it, and whether it is new.

    The same again is the first one; another under its number raises
    `NumberReused`, and more than is left of the purchase `BadReceipt`.  The
    purchase's row is locked by then, and its `refunded` is as it stands.
    """
    receipts.check_refund(number, amount, lines, occurred_at, now=now)
    moment = occurred_at.timestamp()
    wanted_hash = receipts.digest([purchase.id, number, amount, moment, receipts.plain(lines)])
    session.get_one(Purchase, purchase.id, with_for_update=True, populate_existing=True)
    known = session.scalar(
        select(PurchaseRefund).where(
            PurchaseRefund.purchase_id == purchase.id, PurchaseRefund.number == number
        )
    )
    if known is not None:
        if known.input_hash != wanted_hash:
            raise NumberReused(f"another refund of this purchase has the number {number}")
        return known, False
    left = purchase.amount - purchase.refunded
    if amount > left:
        raise BadReceipt("amount", "more_than_is_left", f"of this purchase {left} fen are left to refund")
    fits = (Purchase.id == purchase.id) & (Purchase.refunded + amount <= Purchase.amount)
    session.execute(update(Purchase).where(fits).values(refunded=Purchase.refunded + amount))
    session.refresh(purchase)
    row = PurchaseRefund(
        purchase_id=purchase.id,
        number=number,
        amount=amount,
        items=receipts.plain(lines),
        occurred_at=occurred_at,
        input_hash=wanted_hash,
        reason=reason,
        recorded_at=now,
        recorded_by=by.name,
    )
    session.add(row)
    session.flush()
    return row, True


def decide(session: Session, purchase: Purchase, state: PurchaseState, *, by: By, now: datetime) -> bool:
    """Let a waiting purchase count, or refuse it; False if somebody decided before."""
    waiting = (Purchase.id == purchase.id) & (Purchase.state == PurchaseState.WAITING.value)
    values = {"state": state.value, "decided_by_id": by.user_id, "decided_by": by.name, "decided_at": now}
    done = session.execute(update(Purchase).where(waiting).values(**values))
    session.refresh(purchase)
    return bool(done.rowcount)  # type: ignore[attr-defined]
