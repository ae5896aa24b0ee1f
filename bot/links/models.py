from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Through
from bot.fans.models import Fan


class ShortLink(Base):
    """One address that texts of ours lead to. `owner` is what says it, as `broadcast:12`.

    The same address of the same owner is one link.  An address is never
    changed: texts that were sent lead to it for good.
    """

    __tablename__ = "short_link"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("owner", "address"), Base.__table_args__)

    id: Mapped[Key]
    owner: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]


class LinkClick(Base):
    """That a fan opened a link of theirs: written once each time, never changed. Bots are not written."""

    __tablename__ = "link_click"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        Index("ix_link_click_link_id_fan_id", "link_id", "fan_id"),
        Index("ix_link_click_fan_id_at", "fan_id", "at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    link_id: Mapped[int] = mapped_column(ForeignKey("short_link.id"))
    fan_id: Mapped[int]
    at: Mapped[datetime]
