from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, Name
from bot.db.types import DOCUMENT


class Channel(Base):
    """One code on a wall: the shop it belongs to, and the welcome of whoever comes through it.

    `scene` is what WeChat carries inside the code, prefixed by its kind
    (design §7).  `ticket` and `url` are WeChat's and empty until it has made
    the code; `url` is what the picture encodes.
    """

    __tablename__ = "channel"
    __scope__ = ByShop()
    __table_args__ = (UniqueConstraint("account_id", "scene"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    scene: Mapped[str] = mapped_column(String(64))
    name: Mapped[Name]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    welcome: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    ticket: Mapped[str | None] = mapped_column(String(256))
    url: Mapped[str | None] = mapped_column(String(256))
    created_at: Mapped[datetime]
