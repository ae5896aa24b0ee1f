"""The tables of the ledger. What each promises is checked by the database, and again by `reconciling`."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key, Through
from bot.db.types import DOCUMENT
from bot.members.models import Member

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
CAUSE = 40


class EntryKind(enum.StrEnum):
    """What happened to points; the sign of an entry follows from it, `ADJUST` alone goes either way.

    `REPAY` and `RENEW` are worth nothing in sum: one pays debt out of lots, the
    other gives points a later end.
    """

    EARN = "earn"
    SPEND = "spend"
    REFUND = "refund"
    CLAW_BACK = "claw_back"
    EXPIRE = "expire"
    ADJUST = "adjust"
    REPAY = "repay"
    RENEW = "renew"


SIGNS = (
    "(kind IN ('earn', 'refund') AND points > 0)"
    " OR (kind IN ('spend', 'expire') AND points < 0)"
    " OR (kind = 'claw_back' AND points <= 0)"
    " OR (kind IN ('repay', 'renew') AND points = 0)"
    " OR (kind = 'adjust' AND points <> 0)"
)


class PointAccount(Base):
    """The points of one member. Whoever changes anything below locks this row first, in the order of ids.

    `balance` is what all lots hold less `debt`: a cache that `reconciling`
    checks.  It counts what is held and what has expired since the last run of
    the job; `ledger.balance` tells what may be spent.  A merged member keeps
    their account: who took them in reaches it for as long as they are one.
    `erased_at` says that what was written about an erased member is gone.
    """

    __tablename__ = "point_account"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("member_id"),
        CheckConstraint("debt >= 0", name="debt"),
        Index("ix_point_account_balance", "balance"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    balance: Mapped[int] = mapped_column(default=0)
    debt: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class PointEntry(Base):
    """Something that happened to points, never changed afterwards.

    `source` and `key` name it for ever: the same key again is the same answer,
    if `input_hash` agrees.  `account_id` is of the member it was asked for; the
    allocations say whose lots it touched.  `about_id` is the spend of a refund,
    the earning of a claw-back.  `reason` is Chinese, as the traveller reads it.
    """

    __tablename__ = "point_entry"
    __scope__ = Through("account_id", PointAccount)
    __table_args__ = (
        UniqueConstraint("source", "key"),
        CheckConstraint(SIGNS, name="sign"),
        Index("ix_point_entry_account_id_id", "account_id", "id"),
        Index("ix_point_entry_about_id", "about_id"),
        Index("ix_point_entry_recorded_at", "recorded_at"),
        Index("ix_point_entry_reference", "reference"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("point_account.id"))
    kind: Mapped[str] = mapped_column(String(16))
    points: Mapped[int]
    source: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(128))
    input_hash: Mapped[bytes] = mapped_column(SHA256)
    reason: Mapped[str] = mapped_column(String(200))
    about_id: Mapped[int | None]
    shop_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    reference: Mapped[str | None] = mapped_column(String(128))
    facts: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class PointLot(Base):
    """Points that were given together for one cause and end together; `remaining` less `held` is free.

    `cause` is what they were given for, as reports tell apart: `rule:` and its
    code, or the source of the entry.  `renews_id` is the lot whose points these
    were before it expired.
    """

    __tablename__ = "point_lot"
    __scope__ = Through("account_id", PointAccount)
    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("remaining >= 0 AND remaining <= points", name="remaining"),
        CheckConstraint("held >= 0 AND held <= remaining", name="held"),
        Index("ix_point_lot_account_id_remaining", "account_id", "remaining"),
        # Lots that are used up pile up for ever: where the database can, they are not in it.
        Index(
            "ix_point_lot_expires_at_id",
            "expires_at",
            "id",
            "remaining",
            postgresql_where=text("remaining > 0"),
            sqlite_where=text("remaining > 0"),
        ),
        Index("ix_point_lot_entry_id", "entry_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("point_account.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("point_entry.id"))
    renews_id: Mapped[int | None]
    cause: Mapped[str] = mapped_column(String(CAUSE))
    points: Mapped[int]
    remaining: Mapped[int]
    held: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    shop_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    created_at: Mapped[datetime]


class PointAllocation(Base):
    """What an entry did to one lot, or without a lot to the debt of an account; the sum is the entry."""

    __tablename__ = "point_allocation"
    __scope__ = Through("account_id", PointAccount)
    __table_args__ = (
        CheckConstraint("points <> 0", name="points"),
        Index("ix_point_allocation_entry_id", "entry_id"),
        Index("ix_point_allocation_account_id_entry_id", "account_id", "entry_id"),
        Index("ix_point_allocation_lot_id", "lot_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(ForeignKey("point_entry.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("point_account.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("point_lot.id"))
    points: Mapped[int]


class HoldState(enum.StrEnum):
    """How a hold stands; all but the first are for ever."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class PointHold(Base):
    """Points set aside for an order until it is confirmed, released, or `expires_at`."""

    __tablename__ = "point_hold"
    __scope__ = Through("account_id", PointAccount)
    __table_args__ = (
        UniqueConstraint("source", "key"),
        CheckConstraint("points > 0", name="points"),
        Index("ix_point_hold_account_id", "account_id"),
        Index("ix_point_hold_state_expires_at", "state", "expires_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("point_account.id"))
    points: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(128))
    input_hash: Mapped[bytes] = mapped_column(SHA256)
    reason: Mapped[str] = mapped_column(String(200))
    shop_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    reference: Mapped[str | None] = mapped_column(String(128))
    facts: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PointHoldLot(Base):
    """How much of a lot a hold set aside, decided when it was made."""

    __tablename__ = "point_hold_lot"
    __scope__ = Through("hold_id", PointHold)
    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        Index("ix_point_hold_lot_lot_id", "lot_id"),
        Base.__table_args__,
    )

    hold_id: Mapped[int] = mapped_column(ForeignKey("point_hold.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("point_lot.id"), primary_key=True, autoincrement=False)
    points: Mapped[int]
