import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, Key, Name, Through
from bot.db.types import BIG
from bot.fans.models import Fan


class TagKind(enum.StrEnum):
    """Who puts a tag on: the server itself (fan, member, staff), people, or a rule."""

    SYSTEM = "system"
    MANUAL = "manual"
    AUTOMATIC = "automatic"


class RuleKind(enum.StrEnum):
    """What a rule goes by."""

    SHOP = "shop"
    CITY = "city"
    CHANNEL = "channel"
    LEVEL = "level"


class Tag(Base):
    """One tag of ours, the same at every account. There may be any number of them.

    A retired one stays on its fans and is put on nobody; one that was merged
    says into which.
    """

    __tablename__ = "tag"
    __scope__ = SHARED

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None]


class TagRule(Base):
    """Puts a tag on whoever comes through a shop, a city or a channel, or is on a level.

    `value` is the id, the city's name, or the level's key.
    """

    __tablename__ = "tag_rule"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("tag_id", "kind", "value"), Base.__table_args__)

    id: Mapped[Key]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[Name]


class FanTag(Base):
    """A tag on a fan. Which came last decides the menu they see (protocol §3.2)."""

    __tablename__ = "fan_tag"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_fan_tag_tag_id_fan_id", "tag_id", "fan_id"), Base.__table_args__)

    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, autoincrement=False)
    tagged_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(64))


class TagNeed(Base):
    """Why WeChat has to know a tag at an account: a menu shown by it, a mass send to it."""

    __tablename__ = "tag_need"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("account_id", "why", "tag_id"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    why: Mapped[str] = mapped_column(String(64))


class WeChatTag(Base):
    """A tag of ours as one account at WeChat knows it; `wechat_id` is empty until it has been made there.

    `name` is what it is called there: ours, cut to 30 bytes and made unique.
    `made_here` is false for one that somebody had made in the console: that one
    is used, and never deleted.  `trouble` says why WeChat has it not.
    """

    __tablename__ = "wechat_tag"
    __scope__ = SHARED
    __table_args__ = (
        UniqueConstraint("account_id", "tag_id"),
        UniqueConstraint("account_id", "wechat_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    wechat_id: Mapped[int | None]
    name: Mapped[str | None] = mapped_column(String(64))
    made_here: Mapped[bool]
    made_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(400))


class TagWish(Base):
    """The tags of a fan changed, or what WeChat has to know of them; gone once WeChat has them."""

    __tablename__ = "tag_wish"
    __scope__ = HEAD_OFFICE
    __table_args__ = (
        Index("ix_tag_wish_account_id_id", "account_id", "id"),
        # Fulfilled ones are deleted; a number given twice could be taken back by who had it first.
        {**Base.__table_args__, "sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    fan_id: Mapped[int]


class WeChatFanTag(Base):
    """What WeChat has on a fan, as far as it told us; with `trouble`, what it would not take and why.

    The fan's tag with the latest `applied_at` decides the menu (protocol §3.2).
    """

    __tablename__ = "wechat_fan_tag"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_wechat_fan_tag_tag_id_fan_id", "tag_id", "fan_id"), Base.__table_args__)

    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, autoincrement=False)
    applied_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(200))


class TagWatch(Base):
    """Somebody who wants to hear of it when a tag is put on a fan; `why` names them, such as "series"."""

    __tablename__ = "tag_watch"
    __scope__ = HEAD_OFFICE

    why: Mapped[str] = mapped_column(String(32), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, autoincrement=False)


class TagNews(Base):
    """A watched tag went on a fan; gone once whoever watches has read it. `source` is that of `FanTag`."""

    __tablename__ = "tag_news"
    __scope__ = HEAD_OFFICE
    __table_args__ = (
        # Read ones are deleted; a number given twice could be deleted by who had it first.
        {**Base.__table_args__, "sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    fan_id: Mapped[int]
    tag_id: Mapped[int]
    source: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
