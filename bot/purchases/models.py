import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, Through
from bot.db.types import DOCUMENT

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


class PurchaseState(enum.StrEnum):
    """Only what counts earns. What was entered by hand above the limit waits for a second person."""

    COUNTED = "counted"
    WAITING = "waiting"
    REFUSED = "refused"


class Payment(enum.StrEnum):
    """How it was paid; what rules may go by."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    CARD = "card"
    CASH = "cash"
    TRANSFER = "transfer"
    OTHER = "other"


class Purchase(Base):
    """One receipt of a shop, once, whoever reports it and how often: `number` is unique in the shop.

    `amount` is what was paid, `refunded` what of it was given back since (fen).
    `items` are `{"sku", "name", "category", "quantity", "amount"}`.  `input_hash`
    tells a repeat from another receipt under the same number.
    """

    __tablename__ = "purchase"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("shop_id", "number"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("refunded >= 0 AND refunded <= amount", name="refunded_within"),
        Index("ix_purchase_member_id_day", "member_id", "day"),
        Index("ix_purchase_shop_id_id", "shop_id", "id"),
        Index("ix_purchase_state_id", "state", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    number: Mapped[str] = mapped_column(String(64))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    amount: Mapped[int]
    refunded: Mapped[int]
    payment: Mapped[str] = mapped_column(String(16))
    items: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)
    occurred_at: Mapped[datetime]
    day: Mapped[date]
    source: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    input_hash: Mapped[bytes] = mapped_column(SHA256)
    note: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None]
    recorded_by: Mapped[str] = mapped_column(String(64))
    decided_by_id: Mapped[int | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]


class PurchaseRefund(Base):
    """Money given back for a purchase, once under its `number`. `items` as in the purchase, or none."""

    __tablename__ = "purchase_refund"
    __scope__ = Through("purchase_id", Purchase)
    __table_args__ = (
        UniqueConstraint("purchase_id", "number"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    number: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int]
    items: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)
    occurred_at: Mapped[datetime]
    input_hash: Mapped[bytes] = mapped_column(SHA256)
    reason: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))
