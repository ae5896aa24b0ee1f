import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, ByShop, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.organisation.models import Staff

KEY = 32


class DesignState(enum.StrEnum):
    """Only active designs are offered. An archived built-in is hidden; nothing is ever deleted."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class PosterDesign(Base):
    """A design of the office's own, or what the office says about a built-in one.

    `key` names a design everywhere: a built-in's is the engine's, one of our
    own is `own-<id>`.  A built-in without a row is offered as it comes, so a row is
    made when the office first has something to say (docs/decisions/0022-staff-posters.md).
    An empty `name` is the built-in's title.  Days are Shanghai's, the last
    included.  `published` is the number of the version that is drawn; None draws the
    built-in as it comes, and nothing of a design of one's own.
    """

    __tablename__ = "poster_design"
    __scope__ = SHARED

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(KEY), unique=True)
    name: Mapped[Name] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(16), default=DesignState.DRAFT.value)
    position: Mapped[int] = mapped_column(default=0)
    begins_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    published: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class PosterDesignVersion(Base):
    """One template of a design, never changed. `assets` are the files its pictures are: name → file."""

    __tablename__ = "poster_design_version"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("design_id", "number"), Base.__table_args__)

    id: Mapped[Key]
    design_id: Mapped[int] = mapped_column(ForeignKey("poster_design.id"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    assets: Mapped[dict[str, int]] = mapped_column(DOCUMENT)
    note: Mapped[str] = mapped_column(String(200), default="")
    author_id: Mapped[int | None]
    author: Mapped[Name]
    created_at: Mapped[datetime]


class PosterDesignShop(Base):
    """A shop, or a branch with all below it, that may use the design. A design without any is for all."""

    __tablename__ = "poster_design_shop"
    __scope__ = SHARED
    __table_args__ = (
        UniqueConstraint("design_id", "shop_id"),
        UniqueConstraint("design_id", "branch_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    design_id: Mapped[int] = mapped_column(ForeignKey("poster_design.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))


class StaffPoster(Base):
    """Somebody's own code in a shop at an account: one, by its key. `design_key` is what they chose last."""

    __tablename__ = "staff_poster"
    __scope__ = ByShop()

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), unique=True)
    design_key: Mapped[str | None] = mapped_column(String(KEY))


class StaffPortrait(Base):
    """The picture of somebody of the staff: a file of ours, gone when they work here no longer."""

    __tablename__ = "staff_portrait"
    __scope__ = Through("staff_id", Staff)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    file_id: Mapped[int]
    changed_at: Mapped[datetime]


class OrderState(enum.StrEnum):
    """How a poster that was asked for in the chat stands; `NOTE` waits for what the fan does next."""

    DRAWING = "drawing"
    SENDING = "sending"
    SENT = "sent"
    NOTE = "note"
    TOLD = "told"
    REFUSED = "refused"


class PosterOrder(Base):
    """A poster that was asked for in the chat.

    `digest` is what was drawn and `media_id` where WeChat has it until `media_until`:
    the same picture is not brought there again.  `reason` is why it was not sent.
    """

    __tablename__ = "poster_order"
    __scope__ = ByShop()
    __table_args__ = (
        Index("ix_poster_order_fan_id_state", "fan_id", "state"),
        Index("ix_poster_order_staff_id_id", "staff_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    shop_id: Mapped[int]
    staff_id: Mapped[int]
    fan_id: Mapped[int]
    design_key: Mapped[str | None] = mapped_column(String(KEY))
    state: Mapped[str] = mapped_column(String(16), default=OrderState.DRAWING.value)
    digest: Mapped[str | None] = mapped_column(String(64))
    media_id: Mapped[str | None] = mapped_column(String(200))
    media_until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]


class ShopPosterRank(Base):
    """A shop whose staff may see where each of them stands among the others."""

    __tablename__ = "shop_poster_rank"
    __scope__ = ByShop()

    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True, autoincrement=False)
