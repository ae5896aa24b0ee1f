import enum
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key


class SmsState(enum.StrEnum):
    """How far a message came. `SENT` is taken by the gateway, `DELIVERED` by the telephone."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class SmsMessage(Base):
    """One short message. What it says is kept until it is sent, sealed, and never after.

    `parts` are how many the carrier counts it as, `cost_mills` what they cost in thousandths of a yuan.
    """

    __tablename__ = "sms_message"
    __scope__ = ByShop()
    __table_args__ = (
        Index("ix_sms_message_created_at", "created_at"),
        Index("ix_sms_message_receipt", "gateway", "gateway_key"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    purpose: Mapped[str] = mapped_column(String(32))
    shop_id: Mapped[int | None]
    fan_id: Mapped[int | None]
    masked: Mapped[str] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(String(2000))
    state: Mapped[str] = mapped_column(String(16))
    gateway: Mapped[str | None] = mapped_column(String(16))
    gateway_key: Mapped[str | None] = mapped_column(String(64))
    trouble: Mapped[str | None] = mapped_column(String(200))
    parts: Mapped[int]
    cost_mills: Mapped[int]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
