import enum
from datetime import date, datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key


class DigestState(enum.StrEnum):
    """One that was `PLANNED` stands as its notice does; `SENT` are those of before there were notices.

    `UNREACHED` says nobody of the shop can be written to.
    """

    PLANNED = "planned"
    SENT = "sent"
    UNREACHED = "unreached"


class ShopDigest(Base):
    """The digest of a shop and week (the Monday it began on) for one of its managers; 0 where it has none."""

    __tablename__ = "shop_digest"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("shop_id", "week", "staff_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    shop_id: Mapped[int]
    week: Mapped[date]
    staff_id: Mapped[int]
    fan_id: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    notice_id: Mapped[int | None]


class ShopDigestOff(Base):
    """A shop that wants no digest."""

    __tablename__ = "shop_digest_off"
    __scope__ = ByShop()

    shop_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
