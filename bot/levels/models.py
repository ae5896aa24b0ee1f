import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.members.models import Member

CODE = 32


class LevelVersion(Base):
    """A ladder that was published: never changed, in force from its moment until the next one's."""

    __tablename__ = "level_version"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("number"), Base.__table_args__)

    id: Mapped[Key]
    number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    note: Mapped[str] = mapped_column(String(200))
    in_force_from: Mapped[datetime]
    published_by: Mapped[Name]


class LevelDraft(Base):
    """The one ladder that is being written."""

    __tablename__ = "level_draft"
    __scope__ = SHARED

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    changed_by: Mapped[Name]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class Stage(enum.StrEnum):
    """How far a period has come for a member who has not reached what keeps their level."""

    RUNNING = "running"
    WARNED = "warned"
    GRACE = "grace"


class MemberLevel(Base):
    """Where a member stands; who has no row is on the lowest level, as nearly everybody once was.

    `level` is what counts everywhere: the higher of what is `earned` and what
    was `given` by hand until a day.  Of the earned one the period goes from
    `period_first` to the day before `period_end`; it falls on `falls_on`, if
    that is set and nothing comes.  `next_at` is when somebody has to look
    again.  `turn` counts the changes: whoever writes names the one they read.
    """

    __tablename__ = "member_level"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        CheckConstraint("period_end IS NULL OR period_first < period_end", name="period"),
        CheckConstraint("turn >= 0", name="turn"),
        Index("ix_member_level_level_member_id", "level", "member_id"),
        Index("ix_member_level_next_at", "next_at"),
        Base.__table_args__,
    )

    member_id: Mapped[int] = mapped_column(
        BIG, ForeignKey("member.id"), primary_key=True, autoincrement=False
    )
    level: Mapped[str] = mapped_column(String(CODE))
    since: Mapped[datetime]
    earned: Mapped[str] = mapped_column(String(CODE))
    period_first: Mapped[date | None]
    period_end: Mapped[date | None]
    stage: Mapped[str] = mapped_column(String(16))
    falls_on: Mapped[date | None]
    given: Mapped[str | None] = mapped_column(String(CODE))
    given_until: Mapped[date | None]
    next_at: Mapped[datetime | None]
    version_id: Mapped[int] = mapped_column(ForeignKey("level_version.id"))
    turn: Mapped[int]


class Why(enum.StrEnum):
    """Why a level is what it is now."""

    EARNED = "earned"
    KEPT = "kept"
    FELL = "fell"
    LADDER = "ladder"
    GIVEN = "given"
    GIVEN_OVER = "given_over"
    MERGED = "merged"
    PARTED = "parted"


class LevelChange(Base):
    """One step of a member's history, never changed; `before` and `after` are what counted, perhaps the same.

    `reason` and `by` are of people; `about_id` is the member who was merged.
    """

    __tablename__ = "level_change"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("member_id", "turn"),
        Index("ix_level_change_member_id_at", "member_id", "at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    turn: Mapped[int]
    before: Mapped[str] = mapped_column(String(CODE))
    after: Mapped[str] = mapped_column(String(CODE))
    why: Mapped[str] = mapped_column(String(16))
    score: Mapped[int]
    version_id: Mapped[int] = mapped_column(ForeignKey("level_version.id"))
    reason: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(64))
    about_id: Mapped[int | None]
    at: Mapped[datetime]
