"""Giving points: one earning under its key, or several of a member's with as few statements as can be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_all, insert_if_free
from bot.points.books import CHANGE, KEY, Books, Kin, Part, add_lot, kin, moved, new_lot, open_books, whole
from bot.points.models import EntryKind, PointAccount, PointAllocation, PointEntry, PointLot
from bot.points.undoing import repay
from bot.points.writing import Asked, Details

_ACCOUNTS, _ENTRIES, _LOTS = table_of(PointAccount), table_of(PointEntry), table_of(PointLot)
_ALLOCATE = insert(table_of(PointAllocation))
_ADD_TO = (
    update(_ACCOUNTS)
    .where(_ACCOUNTS.c.id == KEY, _ACCOUNTS.c.debt == 0)
    .values(balance=_ACCOUNTS.c.balance + CHANGE)
)


@dataclass(frozen=True, slots=True)
class Gift:
    """One earning of several: what `ledger.earn` is told of it.

    `causes` say how much of it was given for what, each a lot of its own.
    """

    causes: Mapping[str, int]
    key: str
    reason: str
    expires_at: datetime | None = None
    shop_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    details: Details = field(default_factory=Details)

    @property
    def points(self) -> int:
        """All of it."""
        return sum(self.causes.values())


def give(
    session: Session,
    member_id: int,
    gifts: Sequence[Gift],
    *,
    source: str,
    now: datetime,
    family: Kin | None = None,
) -> list[int]:
    """Do as `ledger.earn` for each gift, and return the ids of the entries.

    For a caller whose own lock says that the keys are new: one that was used
    before breaks the transaction (`IntegrityError`).  `family` is what `kin`
    said under that lock.
    """
    family = kin(session, member_id) if family is None else family
    asked = [_asked(member_id, gift, source) for gift in gifts]
    account_id = _moved_at_once(session, family, sum(whole(gift.points) for gift in gifts), now)
    if account_id is None:
        books = open_books(session, member_id, now=now)
        return [
            give_one(books, one, EntryKind.EARN, gift.causes, gift.expires_at).id
            for one, gift in zip(asked, gifts, strict=True)
        ]
    connection = session.connection()
    rows = [
        one.entry(account_id, gift.points, EntryKind.EARN, now)
        for one, gift in zip(asked, gifts, strict=True)
    ]
    entries = insert_all(connection, _ENTRIES, rows)
    lots = [lot for placed in zip(entries, gifts, rows, strict=True) for lot in _lots(*placed)]
    made = zip(insert_all(connection, _LOTS, lots), lots, strict=True)
    parts = [
        {"lot_id": key, **{name: lot[name] for name in ("entry_id", "account_id", "points")}}
        for key, lot in made
    ]
    connection.execute(_ALLOCATE, parts)
    return entries


def give_one(
    books: Books, asked: Asked, kind: EntryKind, causes: Mapping[str, int], expires_at: datetime | None
) -> PointEntry:
    """Give points under locked books, and pay debt from them; raise `KeyReused` for a key that was used."""
    session, account = books.session, books.own
    entry = asked.write(session, account.id, sum(causes.values()), kind=kind, now=books.now)
    lots = {
        add_lot(
            session,
            entry,
            account.id,
            points,
            cause=cause,
            expires_at=expires_at,
            shop_id=entry.shop_id,
            campaign_id=entry.campaign_id,
            created_at=books.now,
        ): points
        for cause, points in causes.items()
    }
    books.apply(entry, [Part(account.id, lot_id, points) for lot_id, points in lots.items()], new=lots)
    repay(books, entry)
    return entry


def _lots(entry_id: int, gift: Gift, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of an entry's lots."""
    for cause, points in gift.causes.items():
        yield {
            **new_lot(entry_id, entry["account_id"], points, cause),
            "expires_at": gift.expires_at,
            "shop_id": entry["shop_id"],
            "campaign_id": entry["campaign_id"],
            "created_at": entry["recorded_at"],
        }


def _asked(member_id: int, gift: Gift, source: str) -> Asked:
    return Asked(
        "earn", member_id, gift.points, source=source, key=gift.key, reason=gift.reason, shop_id=gift.shop_id,
        facts=gift.facts, details=gift.details,
    )  # fmt: skip


def _moved_at_once(session: Session, family: Kin, points: int, now: datetime) -> int | None:
    """Add the points to the balance, which locks the account, and return its id.

    None, and nothing is changed, for a member who owes something or has taken
    another in: their books have to be opened.
    """
    if len(family) > 1:
        return None
    ((member_id, account_id),) = family.items()
    if account_id is None:
        row = {"member_id": member_id, "balance": points, "debt": 0, "created_at": now}
        return insert_if_free(session.connection(), _ACCOUNTS, row)
    return account_id if moved(session, _ADD_TO, key=account_id, change=points) else None
