from datetime import date, datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Key
from bot.db.types import BIG


class PlatformDay(Base):
    """One day (in Beijing) of an account, as WeChat counts it; numbers are empty until WeChat has told them.

    A `…_at` says when that part was told last: who came and left, how many
    follow in all, what travellers wrote, how our server did (calls, failures,
    milliseconds), and what was written in each hour.
    """

    __tablename__ = "platform_day"
    __scope__ = HEAD_OFFICE
    __table_args__ = (UniqueConstraint("account_id", "day"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    day: Mapped[date]
    came: Mapped[int | None]
    went: Mapped[int | None]
    users_at: Mapped[datetime | None]
    followers: Mapped[int | None]
    followers_at: Mapped[datetime | None]
    messages: Mapped[int | None]
    messages_at: Mapped[datetime | None]
    calls: Mapped[int | None]
    failures: Mapped[int | None]
    milliseconds: Mapped[int | None]
    slowest: Mapped[int | None]
    calls_at: Mapped[datetime | None]
    hours_at: Mapped[datetime | None]


class PlatformSource(Base):
    """From where in WeChat (its `user_source`) fans came on a day, and how many of such left."""

    __tablename__ = "platform_source"
    __scope__ = HEAD_OFFICE
    __table_args__ = (UniqueConstraint("account_id", "day", "source"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    day: Mapped[date]
    source: Mapped[int]
    came: Mapped[int]
    went: Mapped[int]


class PlatformMessages(Base):
    """What travellers wrote on a day, by WeChat's `msg_type`, and how many of them."""

    __tablename__ = "platform_messages"
    __scope__ = HEAD_OFFICE
    __table_args__ = (UniqueConstraint("account_id", "day", "kind"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    day: Mapped[date]
    kind: Mapped[int]
    people: Mapped[int]
    messages: Mapped[int]


class PlatformHour(Base):
    """How many messages travellers wrote in an hour of a day."""

    __tablename__ = "platform_hour"
    __scope__ = HEAD_OFFICE
    __table_args__ = (UniqueConstraint("account_id", "day", "hour"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    day: Mapped[date]
    hour: Mapped[int]
    messages: Mapped[int]


class PlatformLook(Base):
    """When an account's figures were asked for last, and what kept them from coming, if anything did."""

    __tablename__ = "platform_look"
    __scope__ = HEAD_OFFICE

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    looked_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(400))
