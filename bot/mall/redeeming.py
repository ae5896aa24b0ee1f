"""Taking something for points: the points are held, the limit and the stock are counted, the order is there.

One transaction, and the database decides each race: the account's lock who of one member is first, a
conditional UPDATE who gets the last one.  Locked in this order: the member, the template of a coupon,
account, limit, item.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.coupons import issuing
from bot.coupons.models import Coupon
from bot.coupons.refusals import NotIssued
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.mall import addresses, codes, shelf
from bot.mall.addresses import Address
from bot.mall.models import Kind, MallItem, MallOrder, MallTake, OrderState, Way
from bot.mall.refusals import NotToBeHad, SentBefore, WrongWay
from bot.mall.shelf import Customer, Why
from bot.mall.spans import span_of
from bot.members import identities
from bot.members.models import Member
from bot.points import ledger
from bot.points.refusals import KeyReused, NotEnough
from bot.privacy import Vault

BY_ITSELF = "clock"
SOURCE = "mall"  # of holds, which end with their orders and by nobody else


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member asks for: `once` is the word of their form, `shop_id` where they fetch it.

    `price` is what they were shown, points and fen; where it is another by now, they are asked again.
    """

    item_id: int
    member_id: int
    once: str
    way: Way
    shop_id: int | None = None
    address: Address | None = None
    price: tuple[int, int] | None = None


def redeem(session: Session, vault: Vault, wish: Wish, *, now: datetime) -> MallOrder:
    """Return the order of the wish; the same wish again returns the same order, whatever became of it.

    Raise `NotToBeHad`, `WrongWay` or `SentBefore`.  The caller gives up the transaction then.
    """
    # First, as everybody does who locks the member: the order's row refers to theirs, and would wait for it
    # with the account in its hands.
    identities.root(session, wish.member_id)
    item = session.get(MallItem, wish.item_id)
    if item is None:
        raise NotToBeHad(Why.OFF)
    who = shelf.customer(session, wish.member_id, now=now)
    assert who.member_id is not None
    if (known := _known(session, who, wish)) is not None:
        return known
    _check(session, item, who, wish, now)
    until = now + timedelta(days=item.hold_days)
    coupon = _coupon(session, item, who.member_id, wish, now) if item.kind == Kind.COUPON else None
    try:
        hold = ledger.hold(
            session,
            who.member_id,
            item.points,
            key=f"{who.member_id}:{wish.once}",
            source=SOURCE,
            reason=f"兑换：{item.name}",
            shop_id=_shop_of(wish),
            reference=f"mall_item:{item.id}",
            until=until,
            now=now,
        )
    except NotEnough:
        raise NotToBeHad(Why.POINTS) from None
    except KeyReused:
        raise SentBefore("another wish came with this form") from None
    # Under the account's lock now: of two that came with one form, the second finds the first's order.
    if (known := _known(session, who, wish)) is not None:
        return known
    span = _count(session, item, who, now)
    _take(session, item)
    order = _order(vault, session.get_one(Member, who.member_id), item, wish, span=span, until=until, now=now)
    order.hold_id = hold.id
    if coupon is not None:
        order.coupon_id, order.state = coupon.id, OrderState.DONE.value
        order.entry_id = ledger.confirm(session, hold.id, now=now).id
        order.ended_at, order.ended_by = now, BY_ITSELF
    session.add(order)
    session.flush()
    return order


def give_back(session: Session, order: MallOrder, *, restock: bool = True) -> None:
    """Let what was counted for the order be taken by others, and by the member, again."""
    quietly = {"synchronize_session": False}
    if order.span is not None:
        counted = update(MallTake).where(
            MallTake.item_id == order.item_id,
            MallTake.member_id == order.member_id,
            MallTake.span == order.span,
            MallTake.taken > 0,
        )
        session.execute(counted.values(taken=MallTake.taken - 1), execution_options=quietly)
    if order.counts_stock and restock:
        kept = update(MallItem).where(MallItem.id == order.item_id, MallItem.stock.is_not(None))
        session.execute(kept.values(stock=MallItem.stock + 1), execution_options=quietly)


def _known(session: Session, who: Customer, wish: Wish) -> MallOrder | None:
    wanted = select(MallOrder).where(MallOrder.member_id == who.member_id, MallOrder.once == wish.once)
    found = session.scalar(wanted)
    if found is not None and found.item_id != wish.item_id:
        raise SentBefore("another wish came with this form")
    return found


def _check(session: Session, item: MallItem, who: Customer, wish: Wish, now: datetime) -> None:
    """Refuse what cannot be before anything is locked; what others do meanwhile is decided below."""
    taken = _taken(session, item, who.family, span_of(item.limit_window, now))
    if (why := shelf.why_not(item, who, taken, now=now)) is not None:
        raise NotToBeHad(why)
    if wish.price is not None and wish.price != (item.points, item.cash):
        raise NotToBeHad(Why.CHANGED)
    if (item.kind == Kind.COUPON) != (wish.way is Way.AT_ONCE):
        raise WrongWay("coupons come at once, and nothing else does")
    if wish.way is Way.AT_ONCE:
        return
    if wish.way is Way.PICKUP:
        if not item.can_pick_up or wish.shop_id not in {shop.id for shop in shelf.shops(session, item)}:
            raise WrongWay("this shop does not hand it over")
    elif not item.can_deliver or wish.address is None:
        raise WrongWay("it is not sent, or nobody knows where to")


def _coupon(session: Session, item: MallItem, member_id: int, wish: Wish, now: datetime) -> Coupon:
    """Give the member the coupon; whatever the template says no with, the item cannot be had."""
    key = f"{member_id}:{wish.once}"
    try:
        return issuing.issue(session, item.template_id or 0, member_id, key=key, source=SOURCE, now=now)
    except NotIssued as refused:
        raise NotToBeHad(Why.SOLD_OUT if refused.code == "gone" else Why.COUPON) from None


def _shop_of(wish: Wish) -> int | None:
    """Return where it is fetched; a form may name a shop though nothing is fetched there."""
    return wish.shop_id if wish.way is Way.PICKUP else None


def _taken(session: Session, item: MallItem, members: Collection[int], span: str) -> int:
    counted = select(func.sum(MallTake.taken)).where(
        MallTake.item_id == item.id, MallTake.member_id.in_(members), MallTake.span == span
    )
    return int(session.scalar(counted) or 0)


def _count(session: Session, item: MallItem, who: Customer, now: datetime) -> str | None:
    """Count one more of the member's, within the item's limit; return the span it counts in.

    What those took who were merged into them counts, in rows of their own: nobody adds to these any more.
    """
    if item.limit_times is None:
        return None
    span = span_of(item.limit_window, now)
    row = {"item_id": item.id, "member_id": who.member_id, "span": span, "taken": 0}
    insert_where_free(session.connection(), table_of(MallTake), [row])
    others = _taken(session, item, who.family[1:], span)
    more = update(MallTake).where(
        MallTake.item_id == item.id,
        MallTake.member_id == who.member_id,
        MallTake.span == span,
        MallTake.taken < item.limit_times - others,
    )
    done = session.execute(
        more.values(taken=MallTake.taken + 1), execution_options={"synchronize_session": False}
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotToBeHad(Why.LIMIT)
    return span


def _take(session: Session, item: MallItem) -> None:
    """Take one of the stock: of many who want the last one, exactly one does."""
    if item.stock is None:
        return
    less = update(MallItem).where(MallItem.id == item.id, MallItem.stock > 0)
    done = session.execute(
        less.values(stock=MallItem.stock - 1), execution_options={"synchronize_session": False}
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotToBeHad(Why.SOLD_OUT)


def _order(
    vault: Vault,
    member: Member,
    item: MallItem,
    wish: Wish,
    *,
    span: str | None,
    until: datetime,
    now: datetime,
) -> MallOrder:
    nonce = codes.new_nonce()
    is_sent = wish.way is Way.DELIVERY
    return MallOrder(
        member_id=member.id,
        item_id=item.id,
        merchant_id=item.merchant_id,
        shop_id=_shop_of(wish),
        item_name=item.name,
        kind=item.kind,
        way=wish.way.value,
        points=item.points,
        cash=item.cash,
        span=span,
        counts_stock=item.stock is not None,
        state=OrderState.HELD.value,
        once=wish.once,
        nonce=nonce,
        code_index=codes.index_of(vault, codes.code_of(vault, nonce)),
        address=addresses.seal(vault, member, wish.address) if is_sent and wish.address else None,
        made_at=now,
        expires_at=until,
    )
