from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key
from bot.db.types import DOCUMENT


class DailyFigure(Base):
    """One day (in Shanghai) of one account's fans of one shop, or of no shop.

    The shop is that of the fan's last touch when the day was added up.  A day
    that was added up has a row without a shop for every account, if only of zeros.
    `desk_answers` counts the answers of agents to what was asked that day,
    `answer_median` is the seconds until half of them had come, and `answer_spread`
    how many fell into each step of `bot.figures.medians`, for medians of several rows.
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
    desk_answers: Mapped[int] = mapped_column(default=0)
    answer_median: Mapped[int | None]
    answer_spread: Mapped[list[int] | None] = mapped_column(DOCUMENT)
    rebuilt_at: Mapped[datetime]
