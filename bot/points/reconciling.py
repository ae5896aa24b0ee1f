"""Asking the ledger whether it still says what it promised; nothing is repaired here.

Each check is one statement over accounts in a range of ids, and returns the
rows that break it: what is wrong, in which row, what it says and should say.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.points.models import (
    EntryKind,
    HoldState,
    PointAccount,
    PointAllocation,
    PointEntry,
    PointHold,
    PointHoldLot,
    PointLot,
)

SLICE = 2000  # accounts looked at in one transaction


@dataclass(frozen=True, slots=True)
class Finding:
    """`row` of an account breaks `check`: it says `says` and should say `should`."""

    check: str
    account_id: int
    row_id: int
    says: int
    should: int

    def as_document(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)


Rows = Select[int, int, int, int]
Range = Callable[[Any], ColumnElement[bool]]
Checks = dict[str, Callable[[Range], Rows]]


def findings(
    session: Session,
    *,
    above: int = 0,
    upto: int | None = None,
    most: int = 100,
    more: Checks | None = None,
) -> list[Finding]:
    """Return what is wrong with the accounts whose ids are above `above` and not above `upto`.

    `more` are checks of nouns above that know accounts, in the same shape.
    """

    def within(column: Any) -> ColumnElement[bool]:
        return and_(column > above, column <= upto) if upto is not None else column > above

    found: list[Finding] = []
    for name, check in (CHECKS | (more or {})).items():
        for row in session.execute(check(within).limit(most)):
            found.append(Finding(name, *(int(value or 0) for value in row)))  # noqa: PERF401 - the list grows over checks
    return found[:most]


def slice_after(session: Session, above: int) -> int | None:
    """Return where the slice of accounts after `above` ends; None if there are no more."""
    ids = select(PointAccount.id).where(PointAccount.id > above).order_by(PointAccount.id).limit(SLICE)
    last: int | None = session.scalar(select(func.max(ids.subquery().c.id)))
    return last


def _adding_up(whole: Any, says: Any, part: Any, of: Any, within: Range) -> Rows:
    """Return the rows of `whole` whose parts, which name them in `of`, do not add up to what they say."""
    total = func.coalesce(func.sum(part.points), 0)
    return (
        select(whole.account_id, whole.id, says, total)
        .outerjoin(part, of == whole.id)
        .where(within(whole.account_id))
        .group_by(whole.id, whole.account_id, says)
        .having(total != says)
    )


def _entries(within: Range) -> Rows:
    """The allocations of an entry are the entry."""
    return _adding_up(PointEntry, PointEntry.points, PointAllocation, PointAllocation.entry_id, within)


def _lots(within: Range) -> Rows:
    """The allocations of a lot are what remains of it."""
    return _adding_up(PointLot, PointLot.remaining, PointAllocation, PointAllocation.lot_id, within)


def _strays(within: Range) -> Rows:
    """An allocation is of the account of its lot."""
    return (
        select(
            PointAllocation.account_id, PointAllocation.id, PointAllocation.account_id, PointLot.account_id
        )
        .join(PointLot, PointLot.id == PointAllocation.lot_id)
        .where(within(PointAllocation.account_id), PointLot.account_id != PointAllocation.account_id)
    )


def _debts(within: Range) -> Rows:
    """The allocations without a lot are what an account owes."""
    owed = func.coalesce(-func.sum(PointAllocation.points), 0)
    is_debt = and_(PointAllocation.account_id == PointAccount.id, PointAllocation.lot_id.is_(None))
    return (
        select(PointAccount.id, PointAccount.id, PointAccount.debt, owed)
        .outerjoin(PointAllocation, is_debt)
        .where(within(PointAccount.id))
        .group_by(PointAccount.id, PointAccount.debt)
        .having(owed != PointAccount.debt)
    )


def _balances(within: Range) -> Rows:
    """The balance of an account is what its lots hold less what it owes."""
    total = func.coalesce(func.sum(PointLot.remaining), 0) - PointAccount.debt
    return (
        select(PointAccount.id, PointAccount.id, PointAccount.balance, total)
        .outerjoin(PointLot, PointLot.account_id == PointAccount.id)
        .where(within(PointAccount.id))
        .group_by(PointAccount.id, PointAccount.balance, PointAccount.debt)
        .having(total != PointAccount.balance)
    )


def _held(within: Range) -> Rows:
    """What a lot holds is what open holds set aside of it."""
    is_open = PointHold.state == HoldState.OPEN.value
    total = func.coalesce(func.sum(case((is_open, PointHoldLot.points), else_=0)), 0)
    return (
        select(PointLot.account_id, PointLot.id, PointLot.held, total)
        .outerjoin(PointHoldLot, PointHoldLot.lot_id == PointLot.id)
        .outerjoin(PointHold, PointHold.id == PointHoldLot.hold_id)
        .where(within(PointLot.account_id), or_(PointLot.held > 0, PointHoldLot.hold_id.is_not(None)))
        .group_by(PointLot.id, PointLot.account_id, PointLot.held)
        .having(total != PointLot.held)
    )


def _holds(within: Range) -> Rows:
    """What a hold set aside of its lots is the hold."""
    return _adding_up(PointHold, PointHold.points, PointHoldLot, PointHoldLot.hold_id, within)


def _undone(within: Range) -> Rows:
    """Nothing is refunded or clawed back beyond what it was."""
    undoing = aliased(PointEntry)
    total = func.sum(undoing.points)
    kinds = (EntryKind.REFUND.value, EntryKind.CLAW_BACK.value)
    return (
        select(PointEntry.account_id, PointEntry.id, -PointEntry.points, total)
        .join(undoing, and_(undoing.about_id == PointEntry.id, undoing.kind.in_(kinds)))
        .where(within(PointEntry.account_id))
        .group_by(PointEntry.id, PointEntry.account_id, PointEntry.points)
        .having(func.abs(total) > func.abs(PointEntry.points))
    )


CHECKS: Checks = {
    "entry": _entries,
    "lot": _lots,
    "stray": _strays,
    "debt": _debts,
    "balance": _balances,
    "held": _held,
    "hold": _holds,
    "undone": _undone,
}
