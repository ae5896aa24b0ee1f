from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key


class DailyFigure(Base):
    """One day (in Shanghai) of one account's fans of one shop, or of no shop.

    The shop is that of the fan's last touch when the day was added up.  A day
    that was added up has a row without a shop for every account, if only of zeros.
    """

    __tablename__ = "daily_figure"
    __scope__ = ByShop()
    __table_args__ = (UniqueConstraint("day", "account_id", "shop_id"), Base.__table_args__)

    id: Mapped[Key]
    day: Mapped[date]
    account_id: Mapped[int]
    shop_id: Mapped[int | None]
    follows: Mapped[int] = mapped_column(default=0)
    leaves: Mapped[int] = mapped_column(default=0)
    messages: Mapped[int] = mapped_column(default=0)
    by_rule: Mapped[int] = mapped_column(default=0)
    by_agent: Mapped[int] = mapped_column(default=0)
    by_default: Mapped[int] = mapped_column(default=0)
    by_nobody: Mapped[int] = mapped_column(default=0)
    active_fans: Mapped[int] = mapped_column(default=0)
    rebuilt_at: Mapped[datetime]
