from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, Name


class Agent(Base):
    """One `kf_account`. Without a shop they sit at the head office's default desk.

    `online` and `seen_at` are what WeChat last told us (`getonlinekflist`).
    """

    __tablename__ = "agent"
    __scope__ = ByShop()
    __table_args__ = (UniqueConstraint("account_id", "kf_account"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kf_account: Mapped[str] = mapped_column(String(64))
    nickname: Mapped[Name]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    seats: Mapped[int]
    online: Mapped[bool]
    seen_at: Mapped[datetime | None]
