"""Points set aside for an order, in two steps: hold, then confirm or release; a hold nobody ends expires.

The lots are chosen when the hold is made.  What is held cannot be spent, does
not expire, and is spent by `confirm` even if its lots' end has passed since.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.points.books import Books, Part, open_books, whole
from bot.points.models import (
    EntryKind,
    HoldState,
    PointAccount,
    PointEntry,
    PointHold,
    PointHoldLot,
    PointLot,
)
from bot.points.refusals import HoldOver, TooMuch
from bot.points.undoing import renewed, repay
from bot.points.writing import Asked, Details

SOURCE = "hold"


def hold(
    session: Session,
    member_id: int,
    points: int,
    *,
    key: str,
    source: str,
    reason: str,
    until: datetime,
    now: datetime,
    shop_id: int | None = None,
    facts: dict[str, Any] | None = None,
    **details: Unpack[Details],
) -> PointHold:
    """Set points aside until `until`, soonest expiry first; raise `NotEnough` as `ledger.spend` does.

    `reason` and what else is said are those of the spend once it is confirmed.
    The same wish again returns the hold as it stands.
    """
    whole(points)
    asked = Asked(
        "hold", member_id, points, source=source, key=key, reason=reason, shop_id=shop_id, facts=facts,
        details=details,
    )  # fmt: skip
    books = open_books(session, member_id, now=now)
    if (known := asked.known_hold(session)) is not None:
        return known
    parts = books.to_spend(points)
    row = asked.write_hold(session, books.own.id, points, until=until, now=now)
    for part in parts:
        assert part.lot_id is not None
        books.hold(part.lot_id, -part.points)
        session.add(PointHoldLot(hold_id=row.id, lot_id=part.lot_id, points=-part.points))
    session.flush()
    return row


def confirm(session: Session, hold_id: int, *, now: datetime, points: int | None = None) -> PointEntry:
    """Spend what is held, or `points` of it and release the rest; again returns the same entry.

    Raise `HoldOver` for a hold that was released or whose time is over at `now`,
    `TooMuch` for more than is held, `KeyReused` if it was confirmed for another number.
    """
    row, books = _opened(session, hold_id, now)
    wanted = row.points if points is None else whole(points)
    asked = Asked(
        "spend", hold_id, wanted, source=SOURCE, key=str(hold_id), reason=row.reason, shop_id=row.shop_id,
        facts=row.facts,
        details={"staff_id": row.staff_id, "campaign_id": row.campaign_id, "reference": row.reference},
    )  # fmt: skip
    if (known := asked.known(session)) is not None:
        return known
    if row.state != HoldState.OPEN or row.expires_at <= now:
        raise HoldOver(f"hold {hold_id} is over")
    if wanted > row.points:
        raise TooMuch(row.points, wanted)
    parts, rest = _split(_held(session, hold_id), wanted)
    _let_go(books, [*parts, *rest])
    entry = asked.write(session, row.account_id, -wanted, kind=EntryKind.SPEND, now=now)
    books.apply(entry, [part._replace(points=-part.points) for part in parts])
    _end(session, hold_id, HoldState.CONFIRMED, now)
    _revive(books, hold_id, rest)
    return entry


def release(
    session: Session, hold_id: int, *, now: datetime, as_state: HoldState = HoldState.RELEASED
) -> bool:
    """Let go of what is held; False if the hold was over before.

    Points whose lot has expired meanwhile get a new end, as refunds do, and
    what the member came to owe meanwhile is paid from what is let go.
    """
    row, books = _opened(session, hold_id, now)
    if row.state != HoldState.OPEN:
        return False
    parts = _held(session, hold_id)
    _let_go(books, parts)
    _end(session, hold_id, as_state, now)
    _revive(books, hold_id, parts)
    return True


def overdue(session: Session, *, now: datetime, most: int, besides: Collection[str] = ()) -> list[int]:
    """Return open holds whose time is over, the oldest first, at most so many.

    Those of the sources `besides` are ended by what they are for: an order and its hold end together.
    """
    wanted = select(PointHold.id).where(PointHold.state == HoldState.OPEN.value, PointHold.expires_at <= now)
    if besides:
        wanted = wanted.where(PointHold.source.not_in(list(besides)))
    return list(session.scalars(wanted.order_by(PointHold.expires_at, PointHold.id).limit(most)))


def _opened(session: Session, hold_id: int, now: datetime) -> tuple[PointHold, Books]:
    """Return the hold as it stands once its member's books are locked."""
    row = session.get(PointHold, hold_id)
    if row is None:
        raise HoldOver(f"there is no hold {hold_id}")
    whose = select(PointAccount.member_id).where(PointAccount.id == row.account_id)
    lots = select(PointLot.account_id).join(PointHoldLot, PointHoldLot.lot_id == PointLot.id)
    touching = {*session.scalars(lots.where(PointHoldLot.hold_id == hold_id)), row.account_id}
    books = open_books(session, session.scalars(whose).one(), now=now, touching=touching, erased=True)
    session.refresh(row)
    return row, books


def _held(session: Session, hold_id: int) -> list[Part]:
    """Return what is held of which lots, soonest expiry first."""
    rows = session.execute(
        select(PointLot.account_id, PointLot.id, PointHoldLot.points)
        .join(PointHoldLot, PointHoldLot.lot_id == PointLot.id)
        .where(PointHoldLot.hold_id == hold_id)
        .order_by(PointLot.expires_at.is_(None), PointLot.expires_at, PointLot.id)
    )
    return [Part(*row) for row in rows]


def _split(parts: list[Part], points: int) -> tuple[list[Part], list[Part]]:
    """Return what is used of the held parts, and what is not."""
    used: list[Part] = []
    rest: list[Part] = []
    for part in parts:
        share = min(part.points, points)
        points -= share
        if share:
            used.append(part._replace(points=share))
        if part.points > share:
            rest.append(part._replace(points=part.points - share))
    return used, rest


def _let_go(books: Books, parts: list[Part]) -> None:
    for part in parts:
        assert part.lot_id is not None
        books.hold(part.lot_id, -part.points)


def _end(session: Session, hold_id: int, state: HoldState, now: datetime) -> None:
    change = update(PointHold).where(PointHold.id == hold_id, PointHold.state == HoldState.OPEN.value)
    session.execute(change.values(state=state.value, ended_at=now))


def _revive(books: Books, hold_id: int, parts: list[Part]) -> None:
    """Give what was let go of expired lots a new end, and pay debt from what is free again."""
    session, now = books.session, books.now
    lots = session.scalars(
        select(PointLot)
        .where(PointLot.id.in_([part.lot_id for part in parts]), PointLot.expires_at <= now)
        .execution_options(populate_existing=True)
    )
    expired = {lot.id: lot for lot in lots}
    over = [part for part in parts if part.lot_id in expired]
    asked = Asked(
        "renew", hold_id, None, source="renew", key=str(hold_id), reason="预留积分退回", shop_id=None,
        facts=None, details={},
    )  # fmt: skip
    if not over and not books.debt:
        return
    entry = asked.write(session, books.own.id, 0, kind=EntryKind.RENEW, now=now)
    moves: list[Part] = []
    new: set[int] = set()
    for part in over:
        assert part.lot_id is not None
        given = renewed(books, entry, expired[part.lot_id], part.points)
        new.add(given.lot_id or 0)
        moves += [part._replace(points=-part.points), given]
    books.apply(entry, moves, new=new)
    repay(books, entry)
