"""What stands on the shelf, as one traveller sees it: what they can have, and why not the rest."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.levels import standing
from bot.mall.models import MallCategory, MallItem, MallItemShop, MallPicture, MallTake
from bot.mall.spans import span_of
from bot.organisation.models import Shop, ShopState
from bot.points import ledger
from bot.points.books import kin


class Why(enum.StrEnum):
    """Why an item cannot be had now, the weightiest first."""

    OFF = "off"
    NOT_YET = "not_yet"
    OVER = "over"
    SOLD_OUT = "sold_out"
    LEVEL = "level"
    LIMIT = "limit"
    POINTS = "points"
    CHANGED = "changed"
    COUPON = "coupon"


@dataclass(frozen=True, slots=True)
class Customer:
    """Who looks: a member as they are now, with their points; without `member_id` one who has not bound.

    `family` are the member and those merged into them, whose turns count as theirs.
    """

    member_id: int | None = None
    available: int = 0
    level: str | None = None
    family: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as the customer sees it; `missing` points, and `why` it cannot be had, if it cannot."""

    item: MallItem
    picture_id: int | None
    why: Why | None
    missing: int


def customer(session: Session, member_id: int | None, *, now: datetime) -> Customer:
    """Return what decides about what the member can have."""
    if member_id is None:
        return Customer()
    family = tuple(kin(session, member_id))
    root = family[0]
    available = ledger.balance(session, root, now).available
    return Customer(root, available, standing.key_of(session, root, now=now), family)


def categories(session: Session) -> Sequence[MallCategory]:
    """Return the tabs with something on the shelf, in their order."""
    filled = select(MallItem.category_id).where(MallItem.on_shelf)
    wanted = select(MallCategory).where(MallCategory.id.in_(filled))
    return session.scalars(wanted.order_by(MallCategory.position, MallCategory.id)).all()


def offers(
    session: Session, who: Customer, *, now: datetime, category_id: int | None = None, only_mine: bool = False
) -> list[Offer]:
    """Return what stands on the shelf in its order, without what is over; `only_mine`: what can be had."""
    wanted = select(MallItem).where(
        MallItem.on_shelf, or_(MallItem.until_at.is_(None), MallItem.until_at > now)
    )
    if category_id is not None:
        wanted = wanted.where(MallItem.category_id == category_id)
    items = session.scalars(wanted.order_by(MallItem.position, MallItem.id.desc())).all()
    found = _seen(session, items, who, now)
    return [one for one in found if one.why is None] if only_mine else found


def offer(session: Session, item_id: int, who: Customer, *, now: datetime) -> Offer | None:
    """Return one item as the customer sees it; None for one that was never there or is off the shelf."""
    item = session.get(MallItem, item_id)
    if item is None or not item.on_shelf:
        return None
    return _seen(session, [item], who, now)[0]


def why_not(item: MallItem, who: Customer, taken: int, *, now: datetime) -> Why | None:
    """Return why the customer cannot have the item now; None if they can, as far as one sees unlocked."""
    if not item.on_shelf:
        return Why.OFF
    if item.from_at is not None and item.from_at > now:
        return Why.NOT_YET
    if item.until_at is not None and item.until_at <= now:
        return Why.OVER
    if item.stock == 0:
        return Why.SOLD_OUT
    if who.member_id is None:
        return None
    if item.levels and who.level not in item.levels:
        return Why.LEVEL
    if item.limit_times is not None and taken >= item.limit_times:
        return Why.LIMIT
    return Why.POINTS if item.points > who.available else None


def shops(session: Session, item: MallItem) -> Sequence[Shop]:
    """Return the open shops that hand the item over."""
    chosen = select(MallItemShop.shop_id).where(MallItemShop.item_id == item.id)
    wanted = select(Shop).where(Shop.state == ShopState.OPEN.value)
    if session.scalar(chosen.limit(1)) is not None:
        wanted = wanted.where(Shop.id.in_(chosen))
    return session.scalars(wanted.order_by(Shop.branch_id, Shop.id)).all()


def pictures(session: Session, item_id: int) -> list[int]:
    """Return the item's pictures, the first one first."""
    return list(
        session.scalars(select(MallPicture.id).where(MallPicture.item_id == item_id).order_by(MallPicture.id))
    )


def _seen(session: Session, items: Sequence[MallItem], who: Customer, now: datetime) -> list[Offer]:
    ids = [item.id for item in items]
    first: dict[int, int] = {}
    rows = select(MallPicture.item_id, MallPicture.id).where(MallPicture.item_id.in_(ids))
    for item_id, picture_id in session.execute(rows.order_by(MallPicture.id)):
        first.setdefault(item_id, picture_id)
    taken: dict[tuple[int, str], int] = {}
    if who.member_id is not None:
        takes = select(MallTake).where(MallTake.member_id.in_(who.family), MallTake.item_id.in_(ids))
        for row in session.scalars(takes):
            taken[row.item_id, row.span] = taken.get((row.item_id, row.span), 0) + row.taken
    return [
        Offer(
            item,
            first.get(item.id),
            why_not(item, who, taken.get((item.id, span_of(item.limit_window, now)), 0), now=now),
            max(item.points - who.available, 0),
        )
        for item in items
    ]
