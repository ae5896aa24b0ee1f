"""Opening a member's books: the one way in which points move, and the one order in which rows are locked.

Accounts are locked first, in the order of their ids, and nothing below an
account is changed without its lock: so writers queue per member and never wait
in a circle.  Lots and accounts then move by conditional, relative updates; a
row that does not allow one gives up the transaction (`BooksBroken`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.db.types import BIG, UtcDateTime, table_of
from bot.db.upsert import insert_where_free
from bot.members.models import Member, MemberState
from bot.points.models import PointAccount, PointAllocation, PointEntry, PointLot
from bot.points.refusals import BooksBroken, NoSuchMember, NotEnough, WrongPoints

MOST = 1_000_000_000  # points in one entry: more is a mistake, and sums stay far from what a column takes
DEEPEST = 20
Kin = dict[int, int | None]  # members who are one, who they are now first, each with their account
# The hot statements go to the tables: a till waits for them, and a model costs as much as the database.
_MEMBERS, _ACCOUNTS, _LOTS = table_of(Member), table_of(PointAccount), table_of(PointLot)
_ALLOCATIONS = table_of(PointAllocation)
_WITH_ACCOUNTS = select(
    _MEMBERS.c.id, _MEMBERS.c.state, _MEMBERS.c.merged_into_id, _ACCOUNTS.c.id.label("account_id")
).select_from(_MEMBERS.outerjoin(_ACCOUNTS, _ACCOUNTS.c.member_id == _MEMBERS.c.id))
# Made once: making a statement costs as much as running it.
KEY, CHANGE, _OWED = (
    bindparam("key", type_=BIG),
    bindparam("change", type_=BIG),
    bindparam("owed", type_=BIG),
)
_NEAR = _WITH_ACCOUNTS.where(or_(_MEMBERS.c.id == KEY, _MEMBERS.c.merged_into_id == KEY))
_LOCK = (
    select(_ACCOUNTS.c.id, _ACCOUNTS.c.member_id, _ACCOUNTS.c.debt)
    .where(_ACCOUNTS.c.id == KEY)
    .with_for_update()
)
_FREE = (
    select(_LOTS.c.id, _LOTS.c.account_id, _LOTS.c.remaining - _LOTS.c.held)
    .where(_LOTS.c.account_id.in_(bindparam("accounts", expanding=True)))
    .where(_LOTS.c.remaining > 0, _LOTS.c.remaining > _LOTS.c.held)
    .where(or_(_LOTS.c.expires_at.is_(None), _LOTS.c.expires_at > bindparam("now", type_=UtcDateTime())))
    .order_by(_LOTS.c.expires_at.is_(None), _LOTS.c.expires_at, _LOTS.c.id)
)
_ADD_LOT, _ALLOCATE = insert(_LOTS), insert(_ALLOCATIONS)
_MOVE_LOT = (
    update(_LOTS)
    .where(_LOTS.c.id == KEY)
    .where(_LOTS.c.remaining + CHANGE >= _LOTS.c.held, _LOTS.c.remaining + CHANGE <= _LOTS.c.points)
    .values(remaining=_LOTS.c.remaining + CHANGE)
)
_HOLD = (
    update(_LOTS)
    .where(_LOTS.c.id == KEY)
    .where(_LOTS.c.held + CHANGE >= 0, _LOTS.c.held + CHANGE <= _LOTS.c.remaining)
    .values(held=_LOTS.c.held + CHANGE)
)
_MOVE_ACCOUNT = (
    update(_ACCOUNTS)
    .where(_ACCOUNTS.c.id == KEY, _ACCOUNTS.c.debt + _OWED >= 0)
    .values(balance=_ACCOUNTS.c.balance + CHANGE, debt=_ACCOUNTS.c.debt + _OWED)
)


class Part(NamedTuple):
    """What an entry does to a lot, or without one to the debt of an account. Points are signed."""

    account_id: int
    lot_id: int | None
    points: int


@dataclass(slots=True)
class Locked:
    """An account that is ours until the transaction ends."""

    id: int
    member_id: int
    debt: int


@dataclass(frozen=True, slots=True)
class Free:
    """A lot with points to take: `free` of them, neither held nor expired."""

    id: int
    account_id: int
    free: int


@dataclass(slots=True)
class Books:
    """The locked accounts of a member and of those merged into them, and others that were asked for."""

    session: Session
    now: datetime
    own: Locked
    family: list[Locked]
    others: list[Locked] = field(default_factory=list)

    @property
    def debt(self) -> int:
        """Return what the member owes."""
        return sum(account.debt for account in self.family)

    def free_lots(self) -> list[Free]:
        """Return what may be taken, soonest expiry first; what never expires comes last."""
        keys = [account.id for account in self.family]
        rows = self.session.connection().execute(_FREE, {"accounts": keys, "now": self.now})
        return [Free(*row) for row in rows]

    def to_spend(self, points: int) -> list[Part]:
        """Return what spending takes from which lots; raise `NotEnough` if it is more than may be spent."""
        lots = self.free_lots()
        available = sum(lot.free for lot in lots) - self.debt
        if points > available:
            raise NotEnough(max(available, 0), points)
        return taken(lots, points)

    def apply(self, entry: PointEntry, parts: Iterable[Part], *, new: Collection[int] = ()) -> None:
        """Store what `entry` does, and do it. Lots in `new` hold their points already."""
        rows: list[dict[str, Any]] = []
        changes: dict[int, list[int]] = {}
        for account_id, lot_id, points in parts:
            rows.append({"entry_id": entry.id, "account_id": account_id, "lot_id": lot_id, "points": points})
            change = changes.setdefault(account_id, [0, 0])
            change[0] += points
            if lot_id is None:
                change[1] -= points
            elif lot_id not in new:
                self._move_lot(lot_id, points)
        if rows:
            self.session.connection().execute(_ALLOCATE, rows)
        for account_id in sorted(changes):
            self._move_account(account_id, *changes[account_id])

    def hold(self, lot_id: int, points: int) -> None:
        """Set so many more points of the lot aside; fewer, if negative."""
        if not moved(self.session, _HOLD, key=lot_id, change=points):
            raise BooksBroken(f"lot {lot_id} cannot hold {points:+} points more")

    def _move_lot(self, lot_id: int, points: int) -> None:
        if not moved(self.session, _MOVE_LOT, key=lot_id, change=points):
            raise BooksBroken(f"lot {lot_id} cannot change by {points:+}")

    def _move_account(self, account_id: int, points: int, debt: int) -> None:
        account = next(one for one in (*self.family, *self.others) if one.id == account_id)
        account.debt += debt
        if not moved(self.session, _MOVE_ACCOUNT, key=account_id, change=points, owed=debt):
            raise BooksBroken(f"account {account_id} cannot owe {debt:+}")


def open_books(
    session: Session, member_id: int, *, now: datetime, touching: Collection[int] = (), erased: bool = False
) -> Books:
    """Lock the accounts of the member, of everyone merged into them, and those in `touching`.

    The member is who they are now, after whatever merges.  Raise `NoSuchMember`
    for nobody, and for one who was erased unless `erased` may be.
    """
    family = kin(session, member_id, erased=erased)
    own, account_id = next(iter(family.items()))
    if account_id is None:
        row = {"member_id": own, "balance": 0, "debt": 0, "created_at": now}
        insert_where_free(session.connection(), _ACCOUNTS, [row])
        made = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.member_id == own)
        family[own] = session.connection().scalars(made).one()
    locked = lock(session, {*touching, *(one for one in family.values() if one is not None)})
    return Books(
        session,
        now,
        own=next(account for account in locked if account.member_id == own),
        family=[account for account in locked if account.member_id in family],
        others=[account for account in locked if account.member_id not in family],
    )


def kin(session: Session, member_id: int, *, erased: bool = False) -> Kin:
    """Return who the member is now, then everyone merged into them, each with their account or None.

    Raise `NoSuchMember` as `open_books` does.
    """
    session.flush()  # a member the caller has just added
    connection = session.connection()
    for _step in range(DEEPEST):
        rows = {row.id: row for row in connection.execute(_NEAR, {"key": member_id})}
        if member_id not in rows:
            raise NoSuchMember(f"no member {member_id}")
        head = rows.pop(member_id)
        if head.merged_into_id is None:
            break
        member_id = head.merged_into_id
    else:
        raise BooksBroken(f"member {member_id} is merged in a circle")
    if head.state == MemberState.ERASED and not erased:
        raise NoSuchMember(f"member {member_id} was erased")
    family: Kin = {head.id: head.account_id}
    while rows:
        family |= {key: rows[key].account_id for key in sorted(rows)}
        below = _WITH_ACCOUNTS.where(_MEMBERS.c.merged_into_id.in_(list(rows)))
        rows = {row.id: row for row in connection.execute(below)}
    return family


def lock(session: Session, accounts: Collection[int]) -> list[Locked]:
    """Lock these accounts, one after the other in the order of their ids.

    One statement for all would have MariaDB lock them in whatever order its index has them.
    """
    rows = session.connection()
    return [Locked(*rows.execute(_LOCK, {"key": key}).one()) for key in sorted(accounts)]


def add_lot(
    session: Session,
    entry: PointEntry,
    account_id: int,
    points: int,
    *,
    cause: str,
    **facts: Any,
) -> int:
    """Add a lot that holds `points` already, and return its id."""
    lot = {**new_lot(entry.id, account_id, points, cause), **facts}
    made = session.connection().execute(_ADD_LOT, lot)
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def new_lot(entry_id: int, account_id: int, points: int, cause: str) -> dict[str, Any]:
    """Return the row of a lot that nobody has taken from; ends, shops and the like are added to it."""
    return {
        "account_id": account_id,
        "entry_id": entry_id,
        "renews_id": None,
        "cause": cause,
        "points": points,
        "remaining": points,
        "held": 0,
    }


def still_good(now: datetime) -> ColumnElement[bool]:
    """Return what a lot must fulfil to be spent at `now`, whether or not the job has been there."""
    return or_(PointLot.expires_at.is_(None), PointLot.expires_at > now)


def taken(lots: Sequence[Free], points: int) -> list[Part]:
    """Return how `points` are taken from `lots`, in their order; fewer if they hold no more."""
    parts: list[Part] = []
    for lot in lots:
        if points <= 0:
            break
        share = min(lot.free, points)
        parts.append(Part(lot.account_id, lot.id, -share))
        points -= share
    return parts


def whole(points: int) -> int:
    """Return `points`; raise `WrongPoints` unless they are a whole number from one to `MOST`."""
    if type(points) is not int or not 1 <= points <= MOST:
        raise WrongPoints(f"{points!r} is not a whole number of points from 1 to {MOST}")
    return points


def moved(session: Session, statement: Update, **values: Any) -> bool:
    """Make the change of one row; tell whether the row allowed it."""
    return bool(session.connection().execute(statement, values).rowcount)
