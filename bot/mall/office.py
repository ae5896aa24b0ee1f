"""What the back office does with orders and payouts it was shown: rows are given, the page found them.

The points behind an order are the member's, wherever they came from: so the ledger is reached beyond the
visitor's scope, and nothing here takes an id that was typed.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.mall import addresses, orders, rebates, telling
from bot.mall.addresses import Address
from bot.mall.models import MallOrder
from bot.mall.orders import By
from bot.mall.rebate_models import MallRebate
from bot.mall.telling import Heard
from bot.members.models import Member
from bot.privacy import Vault


def hand_over(session: Session, order: MallOrder, *, by: By, now: datetime) -> None:
    """Do as `orders.hand_over`."""
    with beyond_scope(session):
        orders.hand_over(session, order, by=by, now=now)


def send(session: Session, order: MallOrder, *, carrier: str, tracking: str, by: By, now: datetime) -> None:
    """Do as `orders.send`."""
    with beyond_scope(session):
        orders.send(session, order, carrier=carrier, tracking=tracking, by=by, now=now)


def make_ready(session: Session, order: MallOrder, *, by: By, now: datetime) -> None:
    """Do as `orders.make_ready`."""
    with beyond_scope(session):
        orders.make_ready(session, order, by=by, now=now)


def heard_of_ready(session: Session, order: MallOrder) -> Heard:
    """Return whether the member has heard that it can be fetched, though they be another shop's."""
    return telling.heard_of_ready(session, [order])[order.id]


def cancel(session: Session, order: MallOrder, *, reason: str, by: By, now: datetime) -> None:
    """Do as `orders.cancel`."""
    with beyond_scope(session):
        orders.cancel(session, order, reason=reason[:200], by=by, now=now)


def refund(session: Session, order: MallOrder, *, reason: str, restock: bool, by: By, now: datetime) -> None:
    """Do as `orders.refund`."""
    with beyond_scope(session):
        orders.refund(session, order, reason=reason, restock=restock, by=by, now=now)


def address(session: Session, vault: Vault, order: MallOrder) -> Address | None:
    """Return where the order goes, though its member be of another shop."""
    with beyond_scope(session):
        return addresses.read(session, vault, order)


def ask(
    session: Session,
    member: Member,
    points: int,
    *,
    once: str,
    reason: str,
    by_id: int,
    by: str,
    now: datetime,
) -> MallRebate:
    """Do as `rebates.ask`."""
    with beyond_scope(session):
        return rebates.ask(
            session, member.id, points, once=f"hand:{once}", reason=reason, by_id=by_id, by=by, now=now
        )


def refuse(session: Session, row: MallRebate, *, why: str, by: str, now: datetime) -> None:
    """Do as `rebates.refuse`."""
    with beyond_scope(session):
        rebates.refuse(session, row, why=why, by=by, now=now)


def pay(session: Session, row: MallRebate, *, by: str, now: datetime) -> None:
    """Do as `rebates.pay`."""
    with beyond_scope(session):
        rebates.pay(session, row, by=by, now=now)


def fail(session: Session, row: MallRebate, *, why: str, by: str, now: datetime) -> None:
    """Do as `rebates.fail`."""
    with beyond_scope(session):
        rebates.fail(session, row, why=why, by=by, now=now)


def counts(session: Session) -> dict[str, tuple[int, int]]:
    """Return how many orders in sight stand in each state, and the points of them."""
    wanted = select(MallOrder.state, func.count(MallOrder.id), func.sum(MallOrder.points))
    rows = session.execute(wanted.group_by(MallOrder.state))
    return {state: (int(number), int(points or 0)) for state, number, points in rows}
