"""The desk's days, added up (`bot.desk.adding_up`)."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, ByShop, Key
from bot.db.types import BIG, DOCUMENT


class DeskFigure(Base):
    """What was asked on one day (in Shanghai) for one shop's desk, by the agent who had the travellers.

    `waits` and `firsts` are sketches of seconds (`bot.desk.sketches`): from asking to an agent, and
    to the agent's first word.  What the numbers mean stands in docs/desk-office.md.
    """

    __tablename__ = "desk_figure"
    __scope__ = ByShop()
    __table_args__ = (
        Index("ix_desk_figure_account_id_day", "account_id", "day"),
        Index("ix_desk_figure_shop_id_day", "shop_id", "day"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    day: Mapped[date]
    shop_id: Mapped[int | None]
    agent_id: Mapped[int | None]
    asked: Mapped[int]
    own: Mapped[int]
    fallback: Mapped[int]
    nobody: Mapped[int]
    open: Mapped[int]
    messages: Mapped[int]
    scored: Mapped[int]
    score_sum: Mapped[int]
    waits: Mapped[dict[str, int]] = mapped_column(DOCUMENT)
    firsts: Mapped[dict[str, int]] = mapped_column(DOCUMENT)


class DeskFigureDay(Base):
    """When a day of an account was last added up: as its requests were at `counted_at`.

    `wanted` counts what has changed on it long afterwards; with `built` below, it is to be added up again.
    """

    __tablename__ = "desk_figure_day"
    __scope__ = HEAD_OFFICE

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    wanted: Mapped[int]
    built: Mapped[int]
    counted_at: Mapped[datetime]
