"""The tables of the mall: what there is, who may hand it over, and the orders."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, Key, Name, Through
from bot.db.types import DOCUMENT
from bot.mall.scope import OfMerchant

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


class Kind(enum.StrEnum):
    """What one gets: a thing, something done for one, or a coupon, which is there at once."""

    GOODS = "goods"
    SERVICE = "service"
    COUPON = "coupon"


class Way(enum.StrEnum):
    """How it comes to the member."""

    PICKUP = "pickup"
    DELIVERY = "delivery"
    AT_ONCE = "at_once"


class Window(enum.StrEnum):
    """For how long a limit counts; days, weeks, months and years are Shanghai's."""

    EVER = "ever"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class OrderState(enum.StrEnum):
    """How an order stands. `HELD` becomes one of the next three; only `DONE` can still become `REFUNDED`."""

    HELD = "held"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDED = "refunded"


class MallMerchantUser(Base):
    """Somebody of the back office who works for a merchant, and for one only."""

    __tablename__ = "mall_merchant_user"
    __scope__ = HEAD_OFFICE

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    merchant_id: Mapped[int] = mapped_column(ForeignKey("mall_merchant.id", ondelete="CASCADE"), index=True)


class MallMerchant(Base):
    """Somebody else who supplies goods, and sends them or hands them over."""

    __tablename__ = "mall_merchant"
    __scope__ = OfMerchant(MallMerchantUser, "id")
    __table_args__ = (UniqueConstraint("name"), Base.__table_args__)

    id: Mapped[Key]
    name: Mapped[Name]
    note: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[bool]
    created_at: Mapped[datetime]


class MallCategory(Base):
    """A tab of the mall."""

    __tablename__ = "mall_category"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("name"), Base.__table_args__)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]


class MallItem(Base):
    """Something to be had for points, and maybe some money (`cash`, in fen) paid where it is handed over.

    `stock` is what is left, None without end; it and only it is changed by conditional UPDATEs that pass
    by `version`.  `hold_days` is how long an order waits to be fetched or sent.  Without rows in
    `mall_item_shop` every open shop hands it over.  `levels` are keys of levels; none: everybody.
    `template_id` is the template of the coupons that are given.
    """

    __tablename__ = "mall_item"
    __scope__ = OfMerchant(MallMerchantUser)
    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("cash >= 0", name="cash"),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
        CheckConstraint("limit_times IS NULL OR limit_times > 0", name="limit_times"),
        Index("ix_mall_item_on_shelf_position", "on_shelf", "position"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    category_id: Mapped[int] = mapped_column(ForeignKey("mall_category.id"), index=True)
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("mall_merchant.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    template_id: Mapped[int | None]
    points: Mapped[int]
    cash: Mapped[int]
    stock: Mapped[int | None]
    limit_times: Mapped[int | None]
    limit_window: Mapped[str] = mapped_column(String(16))
    from_at: Mapped[datetime | None]
    until_at: Mapped[datetime | None]
    can_pick_up: Mapped[bool]
    can_deliver: Mapped[bool]
    hold_days: Mapped[int]
    levels: Mapped[list[str]] = mapped_column(DOCUMENT)
    on_shelf: Mapped[bool]
    position: Mapped[int]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class MallItemShop(Base):
    """A shop that hands the item over."""

    __tablename__ = "mall_item_shop"
    __scope__ = Through("item_id", MallItem)

    item_id: Mapped[int] = mapped_column(
        ForeignKey("mall_item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True, autoincrement=False)


class MallPicture(Base):
    """A picture of an item, large and small. Never changed, so browsers may keep what its id leads to."""

    __tablename__ = "mall_picture"
    __scope__ = Through("item_id", MallItem)

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"), index=True)
    large_id: Mapped[int]
    small_id: Mapped[int]


class MallTake(Base):
    """How often a member has taken an item in one span (`2026-11`); what was cancelled is not counted."""

    __tablename__ = "mall_take"
    __scope__ = HEAD_OFFICE
    __table_args__ = (
        UniqueConstraint("item_id", "member_id", "span"),
        CheckConstraint("taken >= 0", name="taken"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    span: Mapped[str] = mapped_column(String(16))
    taken: Mapped[int]


class MallOrder(Base):
    """One thing a member takes for points: held, then handed over or sent, or let go.

    `once` is the word of the form it came with: sent twice, it is one order.  `member_id` is who they
    were then.  The code they show is made from `nonce` by the vault and kept nowhere; `code_index` finds
    it.  `address` is sealed with the member's own key and goes with it.  What the item was called and
    cost is written down, whatever becomes of the item.  Its `hold_id` ends with it, by nobody else.
    `ready_at` is when somebody said that it lies in the shop; it can be fetched before that, too.
    """

    __tablename__ = "mall_order"
    __scope__ = OfMerchant(MallMerchantUser, shop="shop_id")
    __table_args__ = (
        UniqueConstraint("member_id", "once"),
        UniqueConstraint("code_index"),
        UniqueConstraint("hold_id"),
        CheckConstraint("points > 0", name="points"),
        Index("ix_mall_order_state_expires_at", "state", "expires_at"),
        Index("ix_mall_order_shop_id_id", "shop_id", "id"),
        Index("ix_mall_order_merchant_id_id", "merchant_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"), index=True)
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("mall_merchant.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    item_name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    way: Mapped[str] = mapped_column(String(16))
    points: Mapped[int]
    cash: Mapped[int]
    span: Mapped[str | None] = mapped_column(String(16))
    counts_stock: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    once: Mapped[str] = mapped_column(String(32))
    nonce: Mapped[str] = mapped_column(String(32))
    code_index: Mapped[bytes] = mapped_column(SHA256)
    hold_id: Mapped[int] = mapped_column(ForeignKey("point_hold.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("point_entry.id"))
    coupon_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(1000))
    carrier: Mapped[str | None] = mapped_column(String(32))
    tracking: Mapped[str | None] = mapped_column(String(40))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    ready_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(64))
    staff_id: Mapped[int | None]
    refunded_at: Mapped[datetime | None]
    refunded_by: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(200))
