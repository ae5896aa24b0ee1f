"""What people do with points at a desk: adjustments by hand, days added up, and runs of the check."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, ByShop, Key, Name, Through
from bot.db.types import DOCUMENT
from bot.members.models import Member
from bot.points.models import CAUSE


class AdjustmentState(enum.StrEnum):
    """How a wish to adjust stands; only the first can still change."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


class PointAdjustment(Base):
    """A wish to give or take points by hand; above the limit of one's role a second person decides.

    `once` is the word of the form it was sent with: sent twice, it is one wish.
    What `counts` counts towards the level of the member.
    """

    __tablename__ = "point_adjustment"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("once"),
        CheckConstraint("points <> 0", name="points"),
        Index("ix_point_adjustment_member_id", "member_id"),
        Index("ix_point_adjustment_state_id", "state", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    points: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    asked_by_id: Mapped[int]
    asked_by: Mapped[Name]
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(200))
    entry_id: Mapped[int | None]
    once: Mapped[str | None] = mapped_column(String(32))
    counts: Mapped[bool] = mapped_column(default=False)


class PointLimit(Base):
    """How many points a role may adjust without a second person, in one go."""

    __tablename__ = "point_limit"
    __scope__ = SHARED
    __table_args__ = (CheckConstraint("points >= 0", name="points"), Base.__table_args__)

    role: Mapped[str] = mapped_column(String(32), primary_key=True)
    points: Mapped[int]


class PointDay(Base):
    """What became of points on one day here, by the shop, the cause and the campaign they were given for.

    Points are of the shop that issued them, wherever they are spent; points of
    no shop are the head office's (`shop_key` 0), as those of no campaign have
    `campaign_key` 0.  `moved` is by how much the day changed what is
    outstanding.  Rows without a cause only say in `spent_here` what was spent
    in the shop, whoever issued it.
    """

    __tablename__ = "point_day"
    __scope__ = ByShop("shop_id")
    __table_args__ = (UniqueConstraint("day", "shop_key", "cause", "campaign_key"), Base.__table_args__)

    id: Mapped[Key]
    day: Mapped[date]
    shop_key: Mapped[int]
    shop_id: Mapped[int | None]
    cause: Mapped[str] = mapped_column(String(CAUSE))
    campaign_key: Mapped[int]
    issued: Mapped[int]
    spent: Mapped[int]
    clawed_back: Mapped[int]
    expired: Mapped[int]
    adjusted: Mapped[int]
    repaid: Mapped[int]
    moved: Mapped[int]
    spent_here: Mapped[int]
    added_up_at: Mapped[datetime]


class PointCheck(Base):
    """One run of the reconciliation: how far it came (`above`) and what it found."""

    __tablename__ = "point_check"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    above: Mapped[int]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)
