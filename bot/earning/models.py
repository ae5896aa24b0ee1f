from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, ByShop, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.members.models import Member

CODE = 32


class EarningVersion(Base):
    """A rule book that was published: never changed, it judges what happens from `in_force_from` on.

    Of two that begin at the same moment the one with the greater `number` is in force.
    """

    __tablename__ = "earning_version"
    __scope__ = SHARED
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_earning_version_in_force_from", "in_force_from"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    note: Mapped[str] = mapped_column(String(200))
    in_force_from: Mapped[datetime]
    published_by: Mapped[Name]
    published_at: Mapped[datetime]


class EarningDraft(Base):
    """The one rule book that is being written. `problems` are not kept: whoever reads it reckons them."""

    __tablename__ = "earning_draft"
    __scope__ = SHARED

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    changed_by: Mapped[Name]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class EarningOccasion(Base):
    """Something that may earn points, once under its `key`. `facts` are what the rules are asked about.

    What the member was at the time (level, tags, whether it was their birthday)
    is in the facts, so that a refund is judged as the purchase was.  From
    `withdrawn_at` on it counts no more, for somebody said that it had not happened.
    """

    __tablename__ = "earning_occasion"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        Index("ix_earning_occasion_member_id_day", "member_id", "day"),
        Index("ix_earning_occasion_purchase_id", "purchase_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(96), unique=True)
    trigger: Mapped[str] = mapped_column(String(16))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    day: Mapped[date]
    occurred_at: Mapped[datetime]
    shop_id: Mapped[int | None]
    purchase_id: Mapped[int | None]
    version_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class EarningDay(Base):
    """What a member's day came to by one version, as last judged. `turn` counts the judgements."""

    __tablename__ = "earning_day"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("member_id", "day", "version_id"),
        CheckConstraint("points >= 0", name="points_never_negative"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    day: Mapped[date]
    version_id: Mapped[int] = mapped_column(ForeignKey("earning_version.id"))
    points: Mapped[int]
    turn: Mapped[int]


class EarningJudgement(Base):
    """One judgement of a day: what it came to before and after, and the trace that says why. Append-only."""

    __tablename__ = "earning_judgement"
    __scope__ = Through("day_id", EarningDay)
    __table_args__ = (UniqueConstraint("day_id", "turn"), Base.__table_args__)

    id: Mapped[Key]
    day_id: Mapped[int] = mapped_column(ForeignKey("earning_day.id"))
    turn: Mapped[int]
    cause: Mapped[str] = mapped_column(String(32))
    before: Mapped[int]
    after: Mapped[int]
    trace: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)
    judged_at: Mapped[datetime]


class EarningAward(Base):
    """What a rule gives for an occasion as the day was last judged: what limits and reports count."""

    __tablename__ = "earning_award"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("occasion_id", "rule"),
        Index("ix_earning_award_member_id_rule_day", "member_id", "rule", "day"),
        Index("ix_earning_award_day_rule", "day", "rule"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    day_id: Mapped[int] = mapped_column(ForeignKey("earning_day.id"), index=True)
    occasion_id: Mapped[int] = mapped_column(ForeignKey("earning_occasion.id"))
    rule: Mapped[str] = mapped_column(String(CODE))
    member_id: Mapped[int]
    day: Mapped[date]
    shop_id: Mapped[int | None]
    points: Mapped[int]


class EarningGrant(Base):
    """Points that went into the ledger for a day, and how many of them were taken back since.

    Rules whose points end together are one grant; `rule` is that of them which gave the most.
    """

    __tablename__ = "earning_grant"
    __scope__ = Through("day_id", EarningDay)
    __table_args__ = (
        Index("ix_earning_grant_day_id", "day_id"),
        CheckConstraint("taken >= 0 AND taken <= points", name="taken_within"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    day_id: Mapped[int] = mapped_column(ForeignKey("earning_day.id"))
    judgement_id: Mapped[int] = mapped_column(ForeignKey("earning_judgement.id"))
    rule: Mapped[str] = mapped_column(String(CODE))
    occasion_id: Mapped[int]
    entry_id: Mapped[int]
    points: Mapped[int]
    taken: Mapped[int]


class EarningBudget(Base):
    """What a rule has given to everybody, in all (`span` is `total`) or on a day (its date)."""

    __tablename__ = "earning_budget"
    __scope__ = HEAD_OFFICE
    __table_args__ = (CheckConstraint("spent >= 0", name="spent_never_negative"), Base.__table_args__)

    rule: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    span: Mapped[str] = mapped_column(String(16), primary_key=True)
    spent: Mapped[int] = mapped_column(BIG)
