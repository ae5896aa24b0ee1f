"""A purchase or a refund, from the report to the points: one transaction of the caller's.

Every way in comes through here: tills, sheets, and what is entered by hand.
Rows are locked in one order: the members (`locking`), the purchase, what settling takes, coupons, the level.
The purchase is written within the scope of whoever asks; a member, and what they
had elsewhere, may be out of their sight, and what is reckoned from it is not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import events
from bot.db.scope import beyond_scope
from bot.earning import days, giving, locking, occasions, settling
from bot.earning.models import EarningAward, EarningOccasion
from bot.earning.occasions import Happening
from bot.earning.rules.book import Trigger
from bot.errors import YizhanError
from bot.levels import reviewing
from bot.members import identities
from bot.members.models import Member, MemberState
from bot.points.books import kin
from bot.privacy import Vault
from bot.purchases import recording
from bot.purchases.models import Purchase, PurchaseRefund, PurchaseState
from bot.purchases.receipts import Line, Receipt
from bot.purchases.recording import By


class NotCounted(YizhanError):
    """The caller's move: what does not count (yet) cannot be refunded."""


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchase, whether it is new, and what it gives as things stand."""

    purchase: Purchase
    is_new: bool
    points: int


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The refund, whether it is new, what the purchase still gives, and by how much the day's points fell."""

    refund: PurchaseRefund
    is_new: bool
    points: int
    taken: int


def buy(
    session: Session,
    vault: Vault | None,
    receipt: Receipt,
    *,
    shop_id: int,
    member_id: int,
    state: PurchaseState,
    by: By,
    now: datetime,
    note: str = "",
) -> Bought:
    """Write a checked receipt down and give what it earns, unless it waits for somebody.

    The same again is the first one.  Raise `NumberReused` for another receipt
    under its number.
    """
    with beyond_scope(session):
        member = identities.root(session, member_id)
    purchase, is_new = recording.record(
        session,
        receipt,
        shop_id=shop_id,
        member_id=member.id,
        state=state,
        by=by,
        now=now,
        note=note,
    )
    if not is_new:
        return Bought(purchase, is_new, points_of(session, purchase))
    settled = None
    if state is PurchaseState.COUNTED:
        _attribute(session, member, purchase, now=now)
        settled = _count(session, vault, member, purchase, now=now)
    return Bought(purchase, is_new, settled.outcome.of(_key(purchase)) if settled else 0)


def refund(
    session: Session,
    purchase: Purchase,
    *,
    number: str,
    amount: int,
    lines: Sequence[Line] = (),
    reason: str,
    occurred_at: datetime,
    by: By,
    now: datetime,
) -> GivenBack:
    """Write a refund down and take back what would not have been earned without it.

    The same again is the first one.  Raise what `recording.give_back` does, and
    `NotCounted` for a purchase that waits or was refused.
    """
    member = locking.of_purchase(session, purchase)
    if purchase.state != PurchaseState.COUNTED:
        raise NotCounted("this purchase does not count, so there is nothing to give back")
    row, is_new = recording.give_back(
        session,
        purchase,
        number=number,
        amount=amount,
        lines=lines,
        reason=reason,
        occurred_at=occurred_at,
        by=by,
        now=now,
    )
    taken = 0
    # What somebody who was erased had is written off already.
    is_judged = is_new and member.state == MemberState.ACTIVE
    if is_judged and (occasion := occasion_of(session, purchase)) and occasion.version_id is not None:
        with beyond_scope(session):
            day = days.of_version(session, occasion.member_id, occasion.day, occasion.version_id)
            whose = identities.family(session, occasion.member_id)
            settled = settling.settle(session, day, whose=whose, cause="refund", now=now)
        taken = settled.before - settled.after
    if is_new and purchase.refunded == purchase.amount:
        giving.take_back(session, purchase, by=by.name, now=now)
    return GivenBack(row, is_new, points_of(session, purchase), taken)


def decide(
    session: Session, vault: Vault | None, purchase: Purchase, *, approve: bool, by: By, now: datetime
) -> bool:
    """Let a waiting purchase count and earn, or refuse it; False if somebody decided before."""
    with beyond_scope(session):
        member = identities.root(session, purchase.member_id)
    state = PurchaseState.COUNTED if approve else PurchaseState.REFUSED
    if not recording.decide(session, purchase, state, by=by, now=now):
        return False
    if approve:
        _attribute(session, member, purchase, now=now)
    if approve and member.state == MemberState.ACTIVE:
        _count(session, vault, member, purchase, now=now)
    return True


def occasion_of(session: Session, purchase: Purchase) -> EarningOccasion | None:
    """Return the occasion a counted purchase is to the rules."""
    with beyond_scope(session):
        return session.scalar(select(EarningOccasion).where(EarningOccasion.purchase_id == purchase.id))


def points_of(session: Session, purchase: Purchase) -> int:
    """Return what the purchase gives as things stand."""
    occasion = occasion_of(session, purchase)
    if occasion is None:
        return 0
    with beyond_scope(session):
        wanted = select(EarningAward.points).where(EarningAward.occasion_id == occasion.id)
        return sum(session.scalars(wanted))


def happen(
    session: Session, vault: Vault | None, member_id: int, happened: Happening, *, now: datetime
) -> settling.Settled | None:
    """Note what happened to a member, and give what it earns; None if it was noted before, or for nobody.

    Before the first version is in force it is noted and earns nothing, then or later.
    """
    with beyond_scope(session):
        member = identities.root(session, member_id)
    return _judge(session, vault, member, happened, now=now)


def withdraw(session: Session, key: str, *, now: datetime) -> int | None:
    """Let what happened under the key count no more, and return by how many points its day fell.

    What was spent of them meanwhile is owed, as after a refund.  None if nothing of it counts.
    Whom it touches is locked by then (`locking.of_happening`).
    """
    with beyond_scope(session):
        wanted = select(EarningOccasion).where(
            EarningOccasion.key == key, EarningOccasion.withdrawn_at.is_(None)
        )
        row = session.scalar(wanted.execution_options(populate_existing=True))
        if row is None:
            return None
        row.withdrawn_at = now
        session.flush()
        # What somebody who was erased had is written off already.
        if row.version_id is None or identities.as_now(session, row.member_id).state != MemberState.ACTIVE:
            return 0
        day = days.of_version(session, row.member_id, row.day, row.version_id)
        whose = identities.family(session, row.member_id)
        settled = settling.settle(session, day, whose=whose, cause="undo", now=now)
    return settled.before - settled.after


def _key(purchase: Purchase) -> str:
    return f"purchase:{purchase.id}"


def _attribute(session: Session, member: Member, purchase: Purchase, *, now: datetime) -> None:
    """Count the purchase for the channel its buyer came through last; refunds change nothing."""
    events.bought(session, member.id, amount=purchase.amount, at=purchase.occurred_at, now=now)


def _count(
    session: Session, vault: Vault | None, member: Member, purchase: Purchase, *, now: datetime
) -> settling.Settled | None:
    happened = Happening(
        key=_key(purchase),
        trigger=Trigger.PURCHASE,
        at=purchase.occurred_at,
        shop_id=purchase.shop_id,
        amount=purchase.amount,
        payment=purchase.payment,
        items=purchase.items,
        purchase_id=purchase.id,
    )
    return _judge(session, vault, member, happened, now=now)


def _judge(
    session: Session, vault: Vault | None, member: Member, happened: Happening, *, now: datetime
) -> settling.Settled | None:
    """Do as `happen`, for a member whose row is locked; then see whether they have reached a level."""
    if member.state != MemberState.ACTIVE:
        return None
    with beyond_scope(session):
        day = days.of_moment(session, member.id, happened.at)
        version_id = day.version_id if day else None
        row = occasions.note(session, vault, member, happened, version_id=version_id, now=now)
        if row is None:
            return None
        settled = None
        if day is not None:
            family = kin(session, member.id)
            settled = settling.settle(
                session,
                day,
                # Who has no account had nothing yet that limits could count.
                whose=list(family) if any(family.values()) else [],
                cause=happened.trigger.value,
                now=now,
                fresh=row,
                family=family,
            )
        reviewing.review(session, member.id, now=now)
        return settled
