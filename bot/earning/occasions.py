"""Writing down what may earn, once, and reading a day of it again as the rules want it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.upsert import add_if_free
from bot.earning import travellers, versions
from bot.earning.days import Day
from bot.earning.models import EarningOccasion
from bot.earning.rules.book import Trigger
from bot.earning.rules.facts import Item, Occasion
from bot.members.models import Member
from bot.moments import HERE
from bot.privacy import Vault
from bot.purchases import receipts, remaining
from bot.purchases.models import Purchase, PurchaseRefund


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to a member. `key` is its name for ever: the same again earns nothing."""

    key: str
    trigger: Trigger
    at: datetime
    shop_id: int | None = None
    event: str = ""
    amount: int = 0
    payment: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    purchase_id: int | None = None

    @property
    def day(self) -> date:
        """The day here on which it happened."""
        return self.at.astimezone(HERE).date()


def note(
    session: Session,
    vault: Vault | None,
    member: Member,
    happened: Happening,
    *,
    version_id: int | None,
    now: datetime,
) -> EarningOccasion | None:
    """Write it down, to be judged by that version, or by none; None if it was written down before.

    The unique key decides that.  The member's row is locked by then.
    """
    session.flush()
    circles = versions.judges.of(session, version_id)[0].circles if version_id is not None else ()
    who = travellers.of(session, vault, member, happened.day, happened.at, circles=circles)
    row = EarningOccasion(
        key=happened.key,
        trigger=happened.trigger.value,
        member_id=member.id,
        day=happened.day,
        occurred_at=happened.at,
        shop_id=happened.shop_id,
        purchase_id=happened.purchase_id,
        version_id=version_id,
        facts={
            "who": travellers.kept(who),
            "event": happened.event,
            "amount": happened.amount,
            "payment": happened.payment,
            "items": happened.items,
        },
        recorded_at=now,
    )
    return row if add_if_free(session, row) else None


def of_day(session: Session, day: Day) -> list[EarningOccasion]:
    """Return what happened to the member on that day and is judged by that version."""
    wanted = select(EarningOccasion).where(
        EarningOccasion.member_id == day.member_id,
        EarningOccasion.day == day.day,
        EarningOccasion.version_id == day.version_id,
    )
    return list(session.scalars(wanted.order_by(EarningOccasion.id)))


def judged(session: Session, rows: Iterable[EarningOccasion]) -> tuple[Occasion, ...]:
    """Return the occasions for the rules, purchases with what is left of them.

    What was given back whole, or withdrawn, is gone.
    """
    found = [row for row in rows if row.withdrawn_at is None]
    left = _left(session, [row.purchase_id for row in found if row.purchase_id is not None])
    occasions = []
    for row in found:
        occasion = plain(row)
        if row.purchase_id is not None:
            purchase, refunds = left[row.purchase_id]
            if purchase.amount == purchase.refunded:
                continue
            if refunds:
                occasion = reduced(occasion, purchase, refunds)
        occasions.append(occasion)
    return tuple(occasions)


def plain(row: EarningOccasion) -> Occasion:
    """Return the occasion as it was."""
    facts = row.facts
    return Occasion(
        key=row.key,
        trigger=Trigger(row.trigger),
        at=row.occurred_at,
        who=travellers.read(facts["who"]),
        event=facts["event"],
        shop_id=row.shop_id,
        amount=facts["amount"],
        payment=facts["payment"],
        items=tuple(item_of(item) for item in facts["items"]),
    )


def item_of(kept: dict[str, Any]) -> Item:
    """Return a line as the rules want it."""
    return Item(kept["sku"], kept["category"], kept["quantity"], kept["amount"])


def reduced(occasion: Occasion, purchase: Purchase, refunds: Iterable[PurchaseRefund]) -> Occasion:
    """Return the occasion with what is left after the refunds."""
    lines = remaining.left_of(
        [receipts.line_of(line) for line in purchase.items],
        purchase.amount,
        [(one.amount, [receipts.line_of(line) for line in one.items]) for one in refunds],
    )
    items = tuple(Item(line.sku, line.category, line.quantity, line.amount) for line in lines)
    return replace(occasion, amount=purchase.amount - purchase.refunded, items=items)


def _left(session: Session, keys: list[int]) -> dict[int, tuple[Purchase, list[PurchaseRefund]]]:
    if not keys:
        return {}
    purchases = session.scalars(
        select(Purchase).where(Purchase.id.in_(keys)).execution_options(populate_existing=True)
    )
    found: dict[int, tuple[Purchase, list[PurchaseRefund]]] = {row.id: (row, []) for row in purchases}
    if any(purchase.refunded for purchase, _refunds in found.values()):
        refunds = select(PurchaseRefund).where(PurchaseRefund.purchase_id.in_(keys))
        for refund in session.scalars(refunds.order_by(PurchaseRefund.id)):
            found[refund.purchase_id][1].append(refund)
    return found
