"""Points paid out as money: on which terms, who wishes it each month, and each payout."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Name, Through
from bot.members.models import Member


class RebateState(enum.StrEnum):
    """How a payout stands. Points are held until it is paid, and go back when it is refused or fails."""

    WAITING = "waiting"
    PENDING = "pending"
    EXPORTED = "exported"
    PAID = "paid"
    FAILED = "failed"
    REFUSED = "refused"


class MallRebateTerms(Base):
    """How points become money; one row. While `is_monthly` the clock asks for everybody who wished it."""

    __tablename__ = "mall_rebate_terms"
    __scope__ = SHARED
    __table_args__ = (
        CheckConstraint("points_per_yuan > 0", name="points_per_yuan"),
        CheckConstraint("least_points > 0", name="least_points"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    points_per_yuan: Mapped[int]
    least_points: Mapped[int]
    is_monthly: Mapped[bool]
    changed_by: Mapped[Name]
    changed_at: Mapped[datetime]


class MallRebateWish(Base):
    """A member who wants their points paid out each month, once they have enough."""

    __tablename__ = "mall_rebate_wish"
    __scope__ = Through("member_id", Member)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, autoincrement=False)
    since: Mapped[datetime]


class MallRebate(Base):
    """One payout of `fen` for `points`. `once` names it for ever: a month's, or the form's it came with."""

    __tablename__ = "mall_rebate"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("once"),
        UniqueConstraint("hold_id"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("fen > 0", name="fen"),
        Index("ix_mall_rebate_member_id", "member_id"),
        Index("ix_mall_rebate_state_id", "state", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    points: Mapped[int]
    fen: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    once: Mapped[str] = mapped_column(String(64))
    hold_id: Mapped[int] = mapped_column(ForeignKey("point_hold.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("point_entry.id"))
    reason: Mapped[str] = mapped_column(String(200))
    asked_by_id: Mapped[int | None]
    asked_by: Mapped[Name]
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    exported_by: Mapped[str | None] = mapped_column(String(64))
    exported_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(64))
    settled_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(200))
