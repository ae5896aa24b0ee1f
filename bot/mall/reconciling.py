"""Whether orders and payouts say what the ledger says: checks that run with the ledger's own, over accounts.

`says` and `should` are whole numbers as the ledger's are: for an order or a payout 1 means that its points
are held, 2 that they are spent, 3 that they were let go, 4 that they were given back.
"""

from typing import Any

from sqlalchemy import case, func, select

from bot.mall.models import MallOrder, MallTake, OrderState
from bot.mall.rebate_models import MallRebate, RebateState
from bot.mall.redeeming import SOURCE
from bot.points.models import EntryKind, HoldState, PointAccount, PointEntry, PointHold
from bot.points.reconciling import Checks, Range, Rows

HELD, SPENT, LET_GO, GIVEN_BACK = 1, 2, 3, 4
REBATES = "mall_rebate"
OWNED = (SOURCE, REBATES)  # sources of holds that end with what they are for, and not by the ledger's clock

_HOLD = case(
    (PointHold.state == HoldState.OPEN.value, HELD),
    (PointHold.state == HoldState.CONFIRMED.value, SPENT),
    else_=LET_GO,
)


def _orders(within: Range) -> Rows:
    """An order is held, done or over as its hold is; one that was refunded has a refund of its spend."""
    refunds = select(func.count(PointEntry.id)).where(
        PointEntry.about_id == MallOrder.entry_id, PointEntry.kind == EntryKind.REFUND.value
    )
    says = case(
        (MallOrder.state == OrderState.HELD.value, HELD),
        (MallOrder.state == OrderState.DONE.value, SPENT),
        (MallOrder.state == OrderState.REFUNDED.value, GIVEN_BACK),
        else_=LET_GO,
    )
    should = case((refunds.scalar_subquery() > 0, GIVEN_BACK), else_=_HOLD)
    return (
        select(PointHold.account_id, MallOrder.id, says, should)
        .join(PointHold, PointHold.id == MallOrder.hold_id)
        .where(within(PointHold.account_id), says != should)
    )


def _orphans(within: Range) -> Rows:
    """Every hold of the mall is of exactly one order or payout."""
    of_order = select(func.count(MallOrder.id)).where(MallOrder.hold_id == PointHold.id).scalar_subquery()
    of_payout = select(func.count(MallRebate.id)).where(MallRebate.hold_id == PointHold.id).scalar_subquery()
    number: Any = of_order + of_payout
    return select(PointHold.account_id, PointHold.id, number, _constant(1)).where(
        within(PointHold.account_id), PointHold.source.in_(OWNED), number != 1
    )


def _takes(within: Range) -> Rows:
    """What is counted against a member's limit are their orders that were not let go or given back."""
    counted = (
        select(func.count(MallOrder.id))
        .where(
            MallOrder.item_id == MallTake.item_id,
            MallOrder.member_id == MallTake.member_id,
            MallOrder.span == MallTake.span,
            MallOrder.state.in_([OrderState.HELD.value, OrderState.DONE.value]),
        )
        .scalar_subquery()
    )
    return (
        select(PointAccount.id, MallTake.id, MallTake.taken, counted)
        .join(PointAccount, PointAccount.member_id == MallTake.member_id)
        .where(within(PointAccount.id), MallTake.taken != counted)
    )


def _rebates(within: Range) -> Rows:
    """A payout's points are held until it is paid, spent then, and let go if it never is."""
    waiting = [RebateState.WAITING.value, RebateState.PENDING.value, RebateState.EXPORTED.value]
    says = case(
        (MallRebate.state.in_(waiting), HELD),
        (MallRebate.state == RebateState.PAID.value, SPENT),
        else_=LET_GO,
    )
    return (
        select(PointHold.account_id, MallRebate.id, says, _HOLD)
        .join(PointHold, PointHold.id == MallRebate.hold_id)
        .where(within(PointHold.account_id), says != _HOLD)
    )


def _constant(number: int) -> Any:
    return func.coalesce(number, number)


CHECKS: Checks = {
    "mall_order": _orders,
    "mall_hold": _orphans,
    "mall_take": _takes,
    "mall_rebate": _rebates,
}
