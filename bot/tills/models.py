from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, ByShop, Key, Name
from bot.db.types import BIG


class Till(Base):
    """A key with which a shop's till signs. `secret` is sealed, and shown once, when it is made.

    A revoked till opens nothing from that moment on, and stays, because purchases name it.
    """

    __tablename__ = "till"
    __scope__ = ByShop()
    __table_args__ = (Index("ix_till_shop_id", "shop_id"), Base.__table_args__)

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    name: Mapped[Name]
    key: Mapped[str] = mapped_column(String(32), unique=True)
    secret: Mapped[str] = mapped_column(String(400))
    created_by: Mapped[Name]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]


class TillNonce(Base):
    """A word a till used once; it is refused again until its request would be stale anyway."""

    __tablename__ = "till_nonce"
    __scope__ = HEAD_OFFICE
    __table_args__ = (Index("ix_till_nonce_expires_at", "expires_at"), Base.__table_args__)

    till_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]
