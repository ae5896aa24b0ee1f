from datetime import date, datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.models import Channel
from bot.db import HEAD_OFFICE, SHARED, Base, ByShop, Key, Through

SET = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


class ChannelFigure(Base):
    """One day (in Shanghai) of one channel, with the shop, staff and campaign it had at the time.

    What each number means stands in docs/channels-figures.md.  `visitors` is the set of
    fans who came through the code that day (a Roaring bitmap of their ids): the
    union over days is who came in a longer period, each counted once.  Leaves
    within 1, 7 and 30 days are counted on the day of the follow.
    """

    __tablename__ = "channel_figure"
    __scope__ = ByShop(through=Through("channel_id", Channel))
    __table_args__ = (
        Index("ix_channel_figure_day", "day"),
        Index("ix_channel_figure_channel_id_day", "channel_id", "day"),
        Index("ix_channel_figure_shop_id_day", "shop_id", "day"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    day: Mapped[date]
    account_id: Mapped[int]
    channel_id: Mapped[int | None]
    shop_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    scans: Mapped[int]
    repeats: Mapped[int]
    follows: Mapped[int]
    returns: Mapped[int]
    leaves: Mapped[int]
    lost_1: Mapped[int]
    lost_7: Mapped[int]
    lost_30: Mapped[int]
    binds: Mapped[int]
    buys: Mapped[int]
    amount: Mapped[int]
    staff_scans: Mapped[int]
    test_scans: Mapped[int]
    visitors: Mapped[bytes | None] = mapped_column(SET)


class ShopVisitors(Base):
    """Who came through any code of a shop that day: what the sets of its channels come to, united once."""

    __tablename__ = "shop_visitors"
    __scope__ = ByShop()
    __table_args__ = (Index("ix_shop_visitors_day", "day"), Base.__table_args__)

    id: Mapped[Key]
    day: Mapped[date]
    account_id: Mapped[int]
    shop_id: Mapped[int | None]
    visitors: Mapped[bytes] = mapped_column(SET)


class ChannelHour(Base):
    """Scans and follows of one hour of one day of one channel, for the heat map."""

    __tablename__ = "channel_hour"
    __scope__ = ByShop(through=Through("channel_id", Channel))
    __table_args__ = (Index("ix_channel_hour_day", "day"), Base.__table_args__)

    id: Mapped[Key]
    day: Mapped[date]
    hour: Mapped[int]
    account_id: Mapped[int]
    channel_id: Mapped[int | None]
    shop_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    scans: Mapped[int]
    follows: Mapped[int]


class ChannelDay(Base):
    """How current a day's figures are: `wanted` grows with every change to the day, `built` follows it."""

    __tablename__ = "channel_day"
    __scope__ = SHARED

    day: Mapped[date] = mapped_column(primary_key=True)
    wanted: Mapped[int]
    built: Mapped[int]
    rebuilt_at: Mapped[datetime | None]


class ChannelMark(Base):
    """The last event whose day is known to need adding up."""

    __tablename__ = "channel_mark"
    __scope__ = HEAD_OFFICE

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int]
