import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Key, Through
from bot.db.types import BIG, DOCUMENT
from bot.fans.models import Fan


class RunState(enum.StrEnum):
    """Where a run stands; the last three are for ever."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Phase(enum.StrEnum):
    """What a run does, in this order."""

    TAGS = "tags"  # which tags WeChat's console has
    LIST = "list"  # who follows
    PROFILES = "profiles"  # what WeChat says of each
    BLACKLIST = "blacklist"  # whom the account has blocked
    MISSING = "missing"  # who was thought to follow and is not in the list


class Kind(enum.StrEnum):
    """What a run found different about a fan."""

    ADDED = "added"
    RETURNED = "returned"
    LEFT = "left"
    UNIONID = "unionid"
    TAGS = "tags"
    BLACKLISTED = "blacklisted"
    RELEASED = "released"


class FanSyncRun(Base):
    """One reconciliation of an account's fans with WeChat, and how far it is.

    `open_account_id` is the account while the run is under way and empty
    afterwards: unique, so an account has one at a time.  Who works on it holds
    it until `held_until` under the name `held_by`, and every transaction of a
    slice asks for that: of two workers one goes on.  `next_openid`, the
    unread parts and `looked_up_to` (a fan's id) are where to go on.
    `not_before` is when a spent quota opens again.
    """

    __tablename__ = "fan_sync_run"
    __scope__ = HEAD_OFFICE
    __table_args__ = (Index("ix_fan_sync_run_account_id_id", "account_id", "id"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    open_account_id: Mapped[int | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(16))
    phase: Mapped[str] = mapped_column(String(16))
    asked_by: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    phase_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    held_by: Mapped[str | None] = mapped_column(String(36))
    held_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(400))
    failures: Mapped[int] = mapped_column(default=0)
    next_openid: Mapped[str] = mapped_column(String(64), default="")
    looked_up_to: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    listed: Mapped[int] = mapped_column(default=0)
    profiled: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    unionids: Mapped[int] = mapped_column(default=0)
    retagged: Mapped[int] = mapped_column(default=0)
    blacklisted: Mapped[int] = mapped_column(default=0)
    released: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    console_tags: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT, default=list)


class FanSyncPart(Base):
    """Some hundreds of the OpenIDs of a run's list, read in one transaction; all go when the run ends.

    Until it has been read it holds the OpenIDs, a line each; then the ids of
    those who follow, eight bytes each.  So a million followers are two thousand
    rows, and not a million.
    """

    __tablename__ = "fan_sync_part"
    __scope__ = HEAD_OFFICE
    __table_args__ = (Index("ix_fan_sync_part_run_id_read_id", "run_id", "read", "id"), Base.__table_args__)

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("fan_sync_run.id"))
    read: Mapped[bool]
    openids: Mapped[bytes] = mapped_column(LargeBinary)
    fan_ids: Mapped[bytes] = mapped_column(LargeBinary)


class FanSyncFinding(Base):
    """Something a run found different about a fan, once for each kind."""

    __tablename__ = "fan_sync_finding"
    __scope__ = Through("fan_id", Fan)

    run_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    noticed_at: Mapped[datetime]


class BlacklistedFan(Base):
    """A fan whom the account has blocked in WeChat, as the last run saw it (`run_id`)."""

    __tablename__ = "blacklisted_fan"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        Index("ix_blacklisted_fan_account_id_run_id", "account_id", "run_id"),
        Base.__table_args__,
    )

    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    account_id: Mapped[int]
    noticed_at: Mapped[datetime]
    run_id: Mapped[int]
