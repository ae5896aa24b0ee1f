import enum
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key, Name, Through
from bot.db.scope import ByPlace
from bot.db.types import DOCUMENT
from bot.fans.models import Fan


class BroadcastState(enum.StrEnum):
    """Where a broadcast stands; the last two are for ever."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class Way(enum.StrEnum):
    """How it reaches people: one by one through the planner, or by WeChat's mass send (protocol §8.3)."""

    PLANNER = "planner"
    MASS_TAG = "mass_tag"
    MASS_OPENIDS = "mass_openids"


class Broadcast(Base):
    """One message to many fans of one account.

    Of a shop's fans (`shop_id`), of a branch's with all below (`branch_id`), or
    of the whole group's: whoever else the conditions fit is not in it.
    `audience` are the segment's conditions as they were when it was submitted.
    `content` is what `bot.reach` says: `{"answer", "fields", "url", "links", "coupon"}`.
    `written_by` are the users who ever changed it, none of whom may approve it.
    While it is sent, `newest` is the last fan who is in it, `reached` how far
    recipients have been laid down, and `laid` how many there are.
    """

    __tablename__ = "broadcast"
    __scope__ = ByPlace()
    __table_args__ = (Index("ix_broadcast_state_send_at", "state", "send_at"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"), index=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    name: Mapped[Name]
    state: Mapped[str] = mapped_column(String(16))
    way: Mapped[str] = mapped_column(String(16))
    intent: Mapped[str] = mapped_column(String(32))
    segment_id: Mapped[int | None]
    audience: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    tag_id: Mapped[int | None]
    content: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    rate: Mapped[int | None]
    send_at: Mapped[datetime | None]
    written_by: Mapped[list[int]] = mapped_column(DOCUMENT)
    created_by: Mapped[Name]
    created_at: Mapped[datetime]
    submitted_by: Mapped[str | None] = mapped_column(String(64))
    submitted_by_id: Mapped[int | None]
    submitted_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(64))
    approved_at: Mapped[datetime | None]
    sent_back_why: Mapped[str | None] = mapped_column(String(400))
    started_at: Mapped[datetime | None]
    laid_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    newest: Mapped[int | None]
    reached: Mapped[int] = mapped_column(default=0)
    laid: Mapped[int] = mapped_column(default=0)
    effect: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape

    @property
    def batch(self) -> str:
        """What its notices are called together in `bot.reach`, and its links in `bot.links`."""
        return f"broadcast:{self.id}"


class MassState(enum.StrEnum):
    """Where one call of WeChat's mass send stands; from `done` on for ever.

    `calling`: we asked and have no answer yet; asking again with the same
    clientmsgid is safe for a day.  `confirming`: the account's administrator
    has to agree on their phone.  `unsure`: no answer in time to ask again.
    """

    PLANNED = "planned"
    CALLING = "calling"
    CONFIRMING = "confirming"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    UNSURE = "unsure"
    CANCELLED = "cancelled"


# Calls that WeChat has not taken, as far as we know.
UNANSWERED: Final = (MassState.PLANNED, MassState.CALLING, MassState.CONFIRMING)


class MassSend(Base):
    """One call of WeChat's mass send, to a tag or to as many as ten thousand OpenIDs.

    `client_id` is the clientmsgid.  The counts are those of MASSSENDJOBFINISH.
    """

    __tablename__ = "mass_send"
    __scope__ = Through("broadcast_id", Broadcast)
    __table_args__ = (
        UniqueConstraint("broadcast_id", "number"),
        Index("ix_mass_send_account_id_msg_id", "account_id", "msg_id"),
        Index("ix_mass_send_state_called_at", "state", "called_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id"))
    account_id: Mapped[int]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    client_id: Mapped[str] = mapped_column(String(32), unique=True)
    recipients: Mapped[int]
    msg_id: Mapped[int | None]
    called_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    status: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(400))
    total: Mapped[int | None]
    filtered: Mapped[int | None]
    sent: Mapped[int | None]
    failed: Mapped[int | None]


class MassRecipient(Base):
    """A fan of a mass send by OpenIDs. Without a `mass_send_id` a rule of ours left them out: `reason`."""

    __tablename__ = "mass_recipient"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        UniqueConstraint("broadcast_id", "fan_id"),
        Index("ix_mass_recipient_mass_send_id_fan_id", "mass_send_id", "fan_id"),
        Index("ix_mass_recipient_fan_id_laid_at", "fan_id", "laid_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    broadcast_id: Mapped[int]
    fan_id: Mapped[int]
    mass_send_id: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(32))
    laid_at: Mapped[datetime]
