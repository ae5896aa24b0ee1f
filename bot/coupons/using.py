"""Using a coupon: at once, or held first; and giving it back.

Rows are locked in one order by all who change coupons: members (several in the
order of their ids), then whatever else a caller has of theirs (a purchase,
budgets, an account), then the coupon, and last what is of it, its use or its
gift.  MariaDB has the holder locked with every change of a coupon, so whoever
changes one has its holder before.  Whether it is still to be had, a conditional
update decides; that a receipt takes one of a group, and that no two uses reckon
with the same receipt at once, unique keys do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.coupons import scopes, terms, who
from bot.coupons.events import tell
from bot.coupons.models import (
    USABLE,
    Coupon,
    CouponState,
    CouponUse,
    CouponVersion,
    EventKind,
    UseState,
)
from bot.coupons.receipts import Asked, others_on, speaks_against
from bot.coupons.refusals import KeyReused, NotOpen, NotUsable
from bot.coupons.scopes import Basket, Standing, WhyNot, Worth
from bot.coupons.terms import Terms, end_of
from bot.db.scope import beyond_scope
from bot.members import identities
from bot.members.models import MemberState
from bot.moments import HERE

OPEN = (UseState.HELD.value, UseState.USED.value)
QUIETLY = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Look:
    """What a coupon would do to a receipt: what speaks against it, and what it takes off if nothing does."""

    terms: Terms
    reasons: Sequence[WhyNot]
    worth: Worth
    basket: Basket

    @property
    def payable(self) -> int:
        """Return what is left to pay of the receipt."""
        return sum(self.basket.left()) - self.worth.discount


def terms_of(session: Session, coupon: Coupon) -> Terms:
    """Return the terms the coupon was issued under."""
    with beyond_scope(session):
        return terms.read(session.get_one(CouponVersion, coupon.version_id).terms)


def look(session: Session, coupon: Coupon, asked: Asked | None, *, now: datetime) -> Look:
    """Return what using it would come to; nothing is written, and nothing is promised."""
    with beyond_scope(session):
        said = terms_of(session, coupon)
        others = others_on(session, asked) if asked else []
        basket = asked.basket(others) if asked else None
        holder = identities.as_now(session, coupon.member_id)
        member = who.of(session, identities.family(session, holder.id), said.uses, now=now)
        # What somebody who was erased has is void before the clock has noted it.
        state = coupon.state if holder.state == MemberState.ACTIVE else CouponState.VOID.value
        standing = Standing(state, coupon.valid_from, coupon.valid_until)
        reasons = scopes.why_not(said, standing, basket, member, now=now)
        if asked is not None:
            reasons += speaks_against(session, asked, said, coupon, others)
    basket = basket or Basket(0, ())
    return Look(said, reasons, Worth(0, ()) if reasons else scopes.worth(said, basket), basket)


def use(
    session: Session,
    coupon_id: int,
    asked: Asked,
    *,
    now: datetime,
    hold_for: timedelta | None = None,
) -> CouponUse:
    """Use the coupon for a receipt, or hold it for so long; the same wish again is answered as before.

    Once the coupon was let go or came back the same wish is refused: whoever
    asks must not take it for used.

    A hold under the same key is confirmed by using it.  Raise `NotUsable` with
    every reason, `KeyReused` for another wish under the key, `NotOpen` if
    somebody was faster, or the hold or the use is over.
    """
    with beyond_scope(session):
        coupon = locked(session, coupon_id)
        known = session.scalar(
            select(CouponUse).where(CouponUse.source == asked.source, CouponUse.key == asked.key)
        )
        if known is not None:
            return _again(session, known, coupon, asked, holding=hold_for is not None, now=now)
        _let_go_if_over(session, coupon, now=now)
        found = look(session, coupon, asked, now=now)
        if found.reasons:
            raise NotUsable(found.reasons)
        try:
            with session.begin_nested():
                row = _taken(session, coupon, asked, found, hold_for=hold_for, now=now)
        except IntegrityError:
            raise NotOpen("another coupon was set against this receipt a moment ago") from None
        session.refresh(coupon)
        return row


def give_back(session: Session, use_id: int, *, by: str, now: datetime, reason: str = "") -> bool:
    """Give the coupon of a cancelled order back, or let go of a hold; False if that was done before.

    It keeps its end; only where its terms say so are some days left at least, the last of them whole.
    """
    with beyond_scope(session):
        row = session.get_one(CouponUse, use_id)
        coupon = locked(session, row.coupon_id)
        session.refresh(row)
        if row.state not in OPEN:
            return False
        was_used = row.state == UseState.USED
        _end(session, row, UseState.RETURNED if was_used else UseState.RELEASED, now=now)
        values: dict[str, Any] = {}
        if was_used:
            values = {"used_at": None, "returned_at": now}
            if grace := terms_of(session, coupon).grace:
                values["valid_until"] = max(coupon.valid_until, end_of(now.astimezone(HERE).date(), grace))
        back = CouponState.RETURNED if was_used or coupon.returned_at else CouponState.ISSUED
        held = (CouponState.USED.value, CouponState.HELD.value)
        if _turn(session, coupon, held, back, **values):
            kind = EventKind.RETURNED if was_used else EventKind.RELEASED
            tell(session, coupon.id, kind, by=by, shop_id=row.shop_id, reason=reason, now=now)
        session.refresh(coupon)
        return True


def of_receipt(session: Session, *, shop_id: int, receipt: str) -> list[int]:
    """Return the uses that still have their coupon for a receipt of a shop, in the order of their coupons."""
    wanted = select(CouponUse.id).where(
        CouponUse.shop_id == shop_id, CouponUse.receipt == receipt, CouponUse.state.in_(OPEN)
    )
    with beyond_scope(session):
        return list(session.scalars(wanted.order_by(CouponUse.coupon_id)))


def overdue(session: Session, *, now: datetime, most: int) -> list[int]:
    """Return holds whose time is over, at most so many."""
    wanted = select(CouponUse.id).where(CouponUse.state == UseState.HELD.value, CouponUse.held_until <= now)
    return list(session.scalars(wanted.order_by(CouponUse.held_until).limit(most)))


def locked(session: Session, coupon_id: int) -> Coupon:
    """Return the coupon as it stands once its holder's row and its own are locked."""
    coupon = session.get_one(Coupon, coupon_id)
    identities.root(session, coupon.member_id)
    return alone(session, coupon_id)


def alone(session: Session, coupon_id: int) -> Coupon:
    """Return the coupon as it stands once its own row is locked, for who has a member's that it becomes."""
    return session.get_one(Coupon, coupon_id, with_for_update=True, populate_existing=True)


def _again(
    session: Session, known: CouponUse, coupon: Coupon, asked: Asked, *, holding: bool, now: datetime
) -> CouponUse:
    if known.coupon_id != coupon.id or known.input_hash != asked.hash(coupon.id):
        raise KeyReused("another use has this number")
    is_late = known.held_until is not None and known.held_until <= now
    if known.state not in OPEN or is_late:
        raise NotOpen("this hold or use is over; a new one has a new number")
    if known.state != UseState.HELD or holding:
        return known
    if not _turn(session, coupon, (CouponState.HELD.value,), CouponState.USED, used_at=now):
        raise NotOpen("this hold is over")
    known.state, known.used_at, known.held_until = UseState.USED.value, now, None
    session.flush()
    tell(
        session, coupon.id, EventKind.USED, by=asked.by, shop_id=known.shop_id, amount=known.discount, now=now
    )
    session.refresh(coupon)
    return known


def _taken(
    session: Session,
    coupon: Coupon,
    asked: Asked,
    found: Look,
    *,
    hold_for: timedelta | None,
    now: datetime,
) -> CouponUse:
    """Take the coupon for the receipt and write the use down."""
    state = CouponState.HELD if hold_for else CouponState.USED
    if not _turn(session, coupon, USABLE, state, used_at=None if hold_for else now):
        raise NotOpen("somebody used this coupon a moment ago")
    row = CouponUse(
        coupon_id=coupon.id,
        open_coupon_id=coupon.id,
        template_id=coupon.template_id,
        shop_id=asked.shop_id,
        state=(UseState.HELD if hold_for else UseState.USED).value,
        source=asked.source,
        key=asked.key,
        input_hash=asked.hash(coupon.id),
        receipt=asked.receipt,
        place=f"{asked.shop_id}:{asked.receipt}:{found.terms.group}",
        turn=asked.turn(session),
        subtotal=found.basket.subtotal,
        discount=found.worth.discount,
        lines=[
            {"amount": line.amount, "discount": share}
            for line, share in zip(found.basket.lines, found.worth.lines, strict=True)
        ],
        by=asked.by,
        made_at=now,
        held_until=now + hold_for if hold_for else None,
        used_at=None if hold_for else now,
    )
    session.add(row)
    session.flush()
    kind = EventKind.HELD if hold_for else EventKind.USED
    tell(session, coupon.id, kind, by=asked.by, shop_id=asked.shop_id, amount=row.discount, now=now)
    return row


def _turn(session: Session, coupon: Coupon, since: Sequence[str], to: CouponState, **values: Any) -> bool:
    """Change the coupon's state if it still is one of `since`; the database decides who was first."""
    change = update(Coupon).where(Coupon.id == coupon.id, Coupon.state.in_(since))
    done = session.execute(change.values(state=to.value, **values), execution_options=QUIETLY)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _end(session: Session, row: CouponUse, state: UseState, *, now: datetime) -> None:
    row.state, row.ended_at, row.open_coupon_id, row.place, row.held_until = (
        state.value,
        now,
        None,
        None,
        None,
    )
    session.flush()


def _let_go_if_over(session: Session, coupon: Coupon, *, now: datetime) -> None:
    """Let go of a hold whose time is over, however late the job is."""
    if coupon.state != CouponState.HELD:
        return
    wanted = select(CouponUse.id).where(CouponUse.open_coupon_id == coupon.id, CouponUse.held_until <= now)
    if (over := session.scalar(wanted)) is not None:
        give_back(session, over, by="clock", now=now)
