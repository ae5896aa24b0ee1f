"""Earning, spending and correcting points: what the rest of the project calls.

Every writer names its wish by `source` and `key`.  The same wish again returns
the first answer and changes nothing; another wish under the same key raises
`KeyReused`.  Refusals (`bot.points.refusals`) have changed nothing.  Points are
whole numbers from one; `now` is aware.  A member who was merged is who took
them in, and what both have is spent together.
"""

from datetime import datetime
from typing import Any, Unpack

from sqlalchemy.orm import Session

from bot.points.books import Books, open_books, whole
from bot.points.giving import Gift, give, give_one
from bot.points.holds import confirm, hold, release
from bot.points.models import EntryKind, PointEntry
from bot.points.reading import Balance, Expiry, Movement, balance, history, next_expiry
from bot.points.refusals import KeyReused
from bot.points.undoing import claw_back, refund
from bot.points.writing import Asked, Details

Entry = PointEntry
__all__ = [
    "Balance",
    "Details",
    "Entry",
    "Expiry",
    "Gift",
    "Movement",
    "adjust",
    "balance",
    "claw_back",
    "confirm",
    "earn",
    "give",
    "history",
    "hold",
    "next_expiry",
    "refund",
    "release",
    "spend",
]


def earn(
    session: Session,
    member_id: int,
    points: int,
    *,
    key: str,
    source: str,
    reason: str,
    now: datetime,
    shop_id: int | None = None,
    expires_at: datetime | None = None,
    facts: dict[str, Any] | None = None,
    **details: Unpack[Details],
) -> Entry:
    """Give the member points that end at `expires_at` (None: never), and pay their debt first.

    Points whose end has passed already are recorded, and the next run of the
    job takes them.  Raise `NoSuchMember` for nobody and for an erased member.
    """
    whole(points)
    asked = Asked(
        "earn", member_id, points, source=source, key=key, reason=reason, shop_id=shop_id, facts=facts,
        details=details,
    )  # fmt: skip
    books = open_books(session, member_id, now=now)
    try:
        # Nothing refuses an earning, so the key itself says whether it is new, without a look before.
        return give_one(books, asked, EntryKind.EARN, {source: points}, expires_at)
    except KeyReused:
        if (known := asked.known(session)) is None:
            raise
        return known


def spend(
    session: Session,
    member_id: int,
    points: int,
    *,
    key: str,
    source: str,
    reason: str,
    now: datetime,
    shop_id: int | None = None,
    facts: dict[str, Any] | None = None,
    **details: Unpack[Details],
) -> Entry:
    """Take points, soonest expiry first; raise `NotEnough` if that is more than may be spent at `now`."""
    whole(points)
    asked = Asked(
        "spend", member_id, points, source=source, key=key, reason=reason, shop_id=shop_id, facts=facts,
        details=details,
    )  # fmt: skip
    books = open_books(session, member_id, now=now)
    return asked.known(session) or _take(books, asked, points, EntryKind.SPEND)


def adjust(
    session: Session,
    member_id: int,
    points: int,
    *,
    key: str,
    source: str,
    reason: str,
    now: datetime,
    shop_id: int | None = None,
    expires_at: datetime | None = None,
    facts: dict[str, Any] | None = None,
    **details: Unpack[Details],
) -> Entry:
    """Correct by hand: give points, or take them if negative, never more than may be spent (`NotEnough`)."""
    whole(abs(points))
    asked = Asked(
        "adjust", member_id, points, source=source, key=key, reason=reason, shop_id=shop_id, facts=facts,
        details=details,
    )  # fmt: skip
    books = open_books(session, member_id, now=now)
    if (known := asked.known(session)) is not None:
        return known
    if points < 0:
        return _take(books, asked, -points, EntryKind.ADJUST)
    return give_one(books, asked, EntryKind.ADJUST, {source: points}, expires_at)


def _take(books: Books, asked: Asked, points: int, kind: EntryKind) -> PointEntry:
    parts = books.to_spend(points)
    entry = asked.write(books.session, books.own.id, -points, kind=kind, now=books.now)
    books.apply(entry, parts)
    return entry
