"""Taking back what was done: refunds of a spend, claw-backs of an earning, and paying the debt of those.

An entry is never undone beyond what it was, however many partial refunds or
claw-backs there are.  That is decided under the lock of the accounts.
"""

from datetime import datetime, timedelta
from typing import Any, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.points.books import Books, Free, Part, add_lot, open_books, taken, whole
from bot.points.models import EntryKind, PointAccount, PointAllocation, PointEntry, PointLot
from bot.points.refusals import TooMuch, WrongEntry
from bot.points.writing import Asked, Details

GRACE = timedelta(days=30)  # what comes back after its end may be spent for so long


def refund(
    session: Session,
    entry_id: int,
    points: int | None = None,
    *,
    key: str,
    source: str,
    reason: str,
    now: datetime,
    shop_id: int | None = None,
    facts: dict[str, Any] | None = None,
    **details: Unpack[Details],
) -> PointEntry:
    """Give back what the spend `entry_id` took, or `points` of it, to the very lots it took them from.

    What was taken last comes back first, so that a part given back leaves what
    a smaller spend would have left.  Where a lot has expired meanwhile, a new
    one takes its points and is good for `GRACE` from `now`.  Raise `TooMuch`
    for more than is left of the spend, `WrongEntry` for what is no spend.
    """
    asked = Asked(
        "refund", entry_id, points, source=source, key=key, reason=reason, shop_id=shop_id, facts=facts,
        details=details,
    )  # fmt: skip
    spent, books = _opened(session, entry_id, {EntryKind.SPEND}, now)
    if (known := asked.known(session)) is not None:
        return known
    left = _not_refunded(session, spent)
    total = sum(part.points for part in left)
    wanted = total if points is None else whole(points)
    if not 0 < wanted <= total:
        raise TooMuch(total, wanted)
    entry = asked.write(session, spent.account_id, wanted, kind=EntryKind.REFUND, now=now, about_id=spent.id)
    give_back(books, entry, left, wanted)
    repay(books, entry)
    return entry


def claw_back(
    session: Session,
    entry_id: int,
    points: int | None = None,
    *,
    key: str,
    source: str,
    reason: str,
    now: datetime,
    shop_id: int | None = None,
    facts: dict[str, Any] | None = None,
    **details: Unpack[Details],
) -> PointEntry:
    """Take back the earning `entry_id`, or `points` of it: its own lot, then others, then debt.

    It is never skipped and never refused for want of points.  What expired of
    the earning unspent is gone already and is not taken again: `facts` of the
    entry say how much that was (`expired`), and the entry is smaller by it.
    Raise `TooMuch` for more than is left of the earning, `WrongEntry` for what
    is no earning.
    """
    asked = Asked(
        "claw_back", entry_id, points, source=source, key=key, reason=reason, shop_id=shop_id, facts=facts,
        details=details,
    )  # fmt: skip
    earned, books = _opened(session, entry_id, {EntryKind.EARN, EntryKind.ADJUST}, now)
    if (known := asked.known(session)) is not None:
        return known
    if earned.points <= 0:
        raise WrongEntry(f"entry {entry_id} gave no points")
    before = session.execute(
        select(PointEntry.points, PointEntry.facts).where(
            PointEntry.about_id == earned.id, PointEntry.kind == EntryKind.CLAW_BACK.value
        )
    ).all()
    excused = sum(row.facts.get("expired", 0) for row in before)
    left = earned.points + sum(row.points for row in before) - excused
    wanted = left if points is None else whole(points)
    if not 0 < wanted <= left:
        raise TooMuch(left, wanted)
    gone = min(wanted, _expired_of(session, earned.id) - excused)
    parts = _claimed(books, earned.id, wanted - gone)
    if gone:
        asked.facts = {**asked.facts, "expired": gone}
    entry = asked.write(
        session, earned.account_id, gone - wanted, kind=EntryKind.CLAW_BACK, now=now, about_id=earned.id
    )
    books.apply(entry, parts)
    return entry


def give_back(books: Books, entry: PointEntry, parts: list[Part], points: int) -> None:
    """Put `points` back where `parts` say they came from, the last of them first."""
    lots = {
        lot.id: lot
        for lot in books.session.scalars(
            select(PointLot)
            .where(PointLot.id.in_([part.lot_id for part in parts]))
            .execution_options(populate_existing=True)
        )
    }
    back: list[Part] = []
    new: set[int] = set()
    for part in reversed(parts):
        share = min(part.points, points)
        if not share:
            break
        points -= share
        assert part.lot_id is not None
        lot = lots[part.lot_id]
        given = Part(lot.account_id, lot.id, share)
        if lot.expires_at is not None and lot.expires_at <= books.now:
            given = renewed(books, entry, lot, share)
            new.add(given.lot_id or 0)
        back.append(given)
    books.apply(entry, back, new=new)


def renewed(books: Books, entry: PointEntry, lot: PointLot, points: int) -> Part:
    """Add a lot for points of one that has expired; return what that gives."""
    key = add_lot(
        books.session,
        entry,
        lot.account_id,
        points,
        cause=lot.cause,
        renews_id=lot.id,
        expires_at=books.now + GRACE,
        shop_id=lot.shop_id,
        campaign_id=lot.campaign_id,
        created_at=books.now,
    )
    return Part(lot.account_id, key, points)


def repay(books: Books, cause: PointEntry) -> PointEntry | None:
    """Pay what the member owes from what is free, because of `cause`; None if there is nothing to pay."""
    if not books.debt:
        return None
    parts = taken(books.free_lots(), books.debt)
    paid = -sum(part.points for part in parts)
    if not paid:
        return None
    for account in books.family:
        share = min(account.debt, paid)
        if share:
            parts.append(Part(account.id, None, share))
            paid -= share
    asked = Asked(
        "repay", cause.account_id, None, source="repay", key=str(cause.id), reason="抵扣欠分", shop_id=None,
        facts=None, details={},
    )  # fmt: skip
    entry = asked.write(
        books.session, books.own.id, 0, kind=EntryKind.REPAY, now=books.now, about_id=cause.id
    )
    books.apply(entry, parts)
    return entry


def _opened(
    session: Session, entry_id: int, kinds: set[EntryKind], now: datetime
) -> tuple[PointEntry, Books]:
    """Return the entry, and the books of its member and of everyone whose lots it touched."""
    entry = session.get(PointEntry, entry_id)
    if entry is None or entry.kind not in kinds:
        raise WrongEntry(f"entry {entry_id} is not one of {', '.join(sorted(kinds))}")
    member_id = session.scalars(
        select(PointAccount.member_id).where(PointAccount.id == entry.account_id)
    ).one()
    touched = session.scalars(
        select(PointAllocation.account_id).where(PointAllocation.entry_id == entry.id).distinct()
    )
    touching = {*touched, entry.account_id}
    return entry, open_books(session, member_id, now=now, touching=touching, erased=True)


def _not_refunded(session: Session, spent: PointEntry) -> list[Part]:
    """Return what `spent` took and has not been given back, in the order in which it took it."""
    took = session.execute(
        select(PointAllocation.account_id, PointAllocation.lot_id, PointAllocation.points)
        .where(PointAllocation.entry_id == spent.id)
        .order_by(PointAllocation.id)
    ).all()
    returned: dict[int, int] = {}
    back = session.execute(
        select(PointLot.id, PointLot.renews_id, PointLot.entry_id, PointAllocation.points)
        .join(PointLot, PointLot.id == PointAllocation.lot_id)
        .join(PointEntry, PointEntry.id == PointAllocation.entry_id)
        .where(PointEntry.about_id == spent.id, PointEntry.kind == EntryKind.REFUND.value)
        .add_columns(PointAllocation.entry_id.label("by"))
    )
    for row in back:
        origin = row.renews_id if row.entry_id == row.by else row.id
        returned[origin] = returned.get(origin, 0) + row.points
    parts = [Part(row.account_id, row.lot_id, -row.points - returned.get(row.lot_id, 0)) for row in took]
    return [part for part in parts if part.points]


def _expired_of(session: Session, entry_id: int) -> int:
    """Return how many points of the earning's own lots expired."""
    gone = (
        select(func.sum(PointAllocation.points))
        .join(PointLot, PointLot.id == PointAllocation.lot_id)
        .join(PointEntry, PointEntry.id == PointAllocation.entry_id)
        .where(PointLot.entry_id == entry_id, PointEntry.kind == EntryKind.EXPIRE.value)
    )
    return -int(session.scalar(gone) or 0)


def _claimed(books: Books, entry_id: int, points: int) -> list[Part]:
    """Return whence a claw-back takes `points`: the earning's own lots, expired or not, others, then debt."""
    own = books.session.execute(
        select(PointLot.id, PointLot.account_id, PointLot.remaining - PointLot.held)
        .where(PointLot.entry_id == entry_id, PointLot.remaining > PointLot.held)
        .order_by(PointLot.id)
    )
    lots = [Free(*row) for row in own]
    first = {lot.id for lot in lots}
    lots += [lot for lot in books.free_lots() if lot.id not in first]
    parts = taken(lots, points)
    owed = points + sum(part.points for part in parts)
    if owed:
        parts.append(Part(books.own.id, None, -owed))
    return parts
