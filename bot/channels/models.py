import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, ByShop, Key, Name, Through
from bot.db.types import BIG, DOCUMENT


class CodeKind(enum.StrEnum):
    """Permanent codes are for ever, and an account has 100,000; temporary ones end within thirty days."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"


class Purpose(enum.StrEnum):
    """What a code is for; the first three are printed, and what is printed outlives what is shown."""

    WALL = "wall"
    HANDOUT = "handout"
    PRODUCT = "product"
    SCREEN = "screen"
    ONLINE = "online"
    STAFF = "staff"
    EVENT = "event"

    @property
    def is_printed(self) -> bool:
        """Whether somebody has to go and take it down when it ends."""
        return self in {Purpose.WALL, Purpose.HANDOUT, Purpose.PRODUCT}


class ChannelState(enum.StrEnum):
    """A channel is retired, never deleted: its code may still hang on a wall."""

    ACTIVE = "active"
    RETIRED = "retired"


class ChannelGroup(Base):
    """A place in the tree in which channels are kept."""

    __tablename__ = "channel_group"
    __scope__ = SHARED

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("channel_group.id"))
    name: Mapped[Name]
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class Campaign(Base):
    """What several channels are for, such as an off-season sale. Days are Shanghai's, the last included."""

    __tablename__ = "campaign"
    __scope__ = SHARED

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    begins_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(400), default="")
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class Channel(Base):
    """One code on a wall: the shop it belongs to, and the welcome of whoever comes through it.

    `scene` is what WeChat carries inside the code, prefixed by its kind
    (design §7).  `ticket` and `url` are WeChat's and empty until it has made
    the code; `url` is what the picture encodes.  `welcome` is said to whom none
    of `welcomes` is for (`bot.channels.welcomes`).  `is_test` keeps its scans
    out of every figure.  `place` is where the printed picture hangs; of a
    temporary code, pictures taken before its last renewal lead here until
    `previous_ends_at`.  `trouble` is why WeChat has not made the code, or not
    renewed it, and `refused_at` when it said so last.
    """

    __tablename__ = "channel"
    __scope__ = ByShop(owner="created_by_id")
    __table_args__ = (
        UniqueConstraint("account_id", "scene"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    scene: Mapped[str] = mapped_column(String(64))
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(16), default=CodeKind.PERMANENT.value)
    state: Mapped[str] = mapped_column(String(16), default=ChannelState.ACTIVE.value)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("channel_group.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    desk_shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    purpose: Mapped[str] = mapped_column(String(64), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(400), default="")
    is_test: Mapped[bool] = mapped_column(default=False)
    welcome: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    welcomes: Mapped[list[dict[str, Any]] | None] = mapped_column(DOCUMENT)
    ticket: Mapped[str | None] = mapped_column(String(256))
    url: Mapped[str | None] = mapped_column(String(256))
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    previous_ends_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(400))
    refused_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class ChannelTag(Base):
    """A tag that a channel puts on whoever comes through it: on fans, or on members only."""

    __tablename__ = "channel_tag"
    __scope__ = Through("channel_id", Channel)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True, autoincrement=False)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, autoincrement=False)
    for_members: Mapped[bool] = mapped_column(primary_key=True)


class Deed(enum.StrEnum):
    """What a fan did through a channel."""

    FOLLOW = "follow"
    RETURN = "return"
    SCAN = "scan"
    LEAVE = "leave"
    BIND = "bind"
    BUY = "buy"


FOLLOWS = (Deed.FOLLOW.value, Deed.RETURN.value)
TOUCHES = (*FOLLOWS, Deed.SCAN.value)


class Who(enum.StrEnum):
    """Who did it; figures count travellers, and tell the others apart."""

    NEW = "new"
    FAN = "fan"
    MEMBER = "member"
    STAFF = "staff"
    TEST = "test"


class ChannelEvent(Base):
    """One thing a fan did: written once, with its message, and never changed, but that a buyer is forgotten.

    Channel, shop, staff and campaign are those of that moment; a follow without
    a code has none of them, and a leave has those of the last touch.  `deed`
    and `again` (a scan within seconds of the same fan's last one of the same
    code) say what was known when it was written: figures decide anew, because
    pushes come in any order (`bot.channels.figures.facts`).  `at` is WeChat's
    time of it, `noted_at` ours; `amount` is in fen.
    """

    __tablename__ = "channel_event"
    __scope__ = ByShop(through=Through("channel_id", Channel))
    __table_args__ = (
        Index("ix_channel_event_at_id", "at", "id"),
        Index("ix_channel_event_fan_id_at", "fan_id", "at"),
        Index("ix_channel_event_channel_id_at", "channel_id", "at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    noted_at: Mapped[datetime]
    account_id: Mapped[int]
    channel_id: Mapped[int | None]
    fan_id: Mapped[int]
    shop_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    deed: Mapped[str] = mapped_column(String(16))
    who: Mapped[str] = mapped_column(String(16))
    again: Mapped[bool]
    amount: Mapped[int | None]
