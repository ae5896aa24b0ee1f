import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, ByShop, Digest, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.fans.models import Fan


class Tier(enum.StrEnum):
    """How an agent stands by a shop: asked first, or only when all of those are full or away."""

    OWN = "own"
    SPARE = "spare"


class Duty(enum.StrEnum):
    """What an agent says of themselves; being online is WeChat's to say."""

    ON = "on"
    BREAK = "break"  # until `duty_until`, or until they come back
    AWAY = "away"  # until they come back
    FINISHING = "finishing"  # keeps the travellers at hand, takes no new ones


class Agent(Base):
    """One `kf_account`. Of a shop, else of a branch's desk, else of the head office's default desk.

    `online`, `seen_at` (when last seen online) and `accepted` (conversations)
    are what WeChat last told us (`getonlinekflist`); `nickname`, `picture_url`,
    `bound`, `invited`, `invited_until` and `gone_at` as well (`getkflist`).  `open_count` is the number of
    seats taken: requests whose `seat_agent_id` names this agent.  It is moved
    in the transaction that moves those, and by nothing else (`bot.desk.claims`).
    `schedule` are hours of their own, in place of their shop's; `weight` a
    share of the work, 100 a full one.  `staff_id` is who they are among the staff.
    """

    __tablename__ = "agent"
    __scope__ = ByShop()
    __table_args__ = (UniqueConstraint("account_id", "kf_account"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kf_account: Mapped[str] = mapped_column(String(64))
    nickname: Mapped[Name]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"), index=True)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(index=True)
    tier: Mapped[str] = mapped_column(String(16), default=Tier.OWN.value)
    seats: Mapped[int]
    weight: Mapped[int] = mapped_column(default=100)
    skills: Mapped[list[str] | None] = mapped_column(DOCUMENT)
    schedule: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    duty: Mapped[str] = mapped_column(String(16), default=Duty.ON.value)
    duty_until: Mapped[datetime | None]
    open_count: Mapped[int] = mapped_column(default=0)
    last_taken_at: Mapped[datetime | None]
    online: Mapped[bool]
    seen_at: Mapped[datetime | None]
    accepted: Mapped[int] = mapped_column(default=0)
    picture_url: Mapped[str] = mapped_column(String(400), default="")
    bound: Mapped[bool] = mapped_column(default=True)
    invited: Mapped[str] = mapped_column(String(16), default="")
    invited_until: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]


class AgentShop(Base):
    """A further shop an agent serves, beside that of `Agent.shop_id`."""

    __tablename__ = "agent_shop"
    __scope__ = ByShop()

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True, index=True)
    tier: Mapped[str] = mapped_column(String(16))


class Desk(Base):
    """What differs at one desk of an account: a shop's, a branch's, or the head office's.

    `place` is `shop:<id>`, `branch:<id>` or `head`; a desk without a row is as
    the head office's, and what is empty there is as `bot.desk.desks.DEFAULTS`
    says.  `schedule` are the desk's hours; a shop's desk without any keeps its shop's.
    """

    __tablename__ = "desk"
    __scope__ = ByShop()
    __table_args__ = (UniqueConstraint("account_id", "place"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    place: Mapped[str] = mapped_column(String(32))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    schedule: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    settings: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class DeskSession(Base):
    """One stay of a fan with one agent, as WeChat's events tell it.

    Either end is None while, or because, its event has not reached us.
    `moved_to` is the agent a colleague handed the fan on to.
    """

    __tablename__ = "desk_session"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_desk_session_fan_id_kf_account", "fan_id", "kf_account"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    fan_id: Mapped[int]
    kf_account: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    moved_to: Mapped[str | None] = mapped_column(String(64))


class AgentRecord(Base):
    """One thing an agent said, from WeChat's chat records. Written once, never changed.

    WeChat gives a record no number; `key` is the digest of all it says, so that
    reading the same minutes again adds nothing (`bot.desk.records`).
    """

    __tablename__ = "agent_record"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_agent_record_fan_id_said_at", "fan_id", "said_at"), Base.__table_args__)

    id: Mapped[Key]
    key: Mapped[Digest] = mapped_column(unique=True)
    account_id: Mapped[int]
    fan_id: Mapped[int]
    kf_account: Mapped[str] = mapped_column(String(64))
    said_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)


class AgentRecordMark(Base):
    """Until when an account's chat records have been read."""

    __tablename__ = "agent_record_mark"
    __scope__ = HEAD_OFFICE

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    read_until: Mapped[datetime]


class DeskAnswer(Base):
    """How long a traveller waited at the desk: from the first message handed over to an agent's first word.

    Made of messages and records by `bot.desk.waits`, which may make it anew.
    """

    __tablename__ = "desk_answer"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        Index("ix_desk_answer_asked_at_id", "asked_at", "id"),
        Index("ix_desk_answer_fan_id_asked_at", "fan_id", "asked_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(unique=True)
    account_id: Mapped[int]
    fan_id: Mapped[int]
    kf_account: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime]
    seconds: Mapped[int]


class NoteState(enum.StrEnum):
    """What became of a message the desk was to hear of."""

    TOLD = "told"  # an agent has it
    OPEN = "open"  # nobody took it, somebody must
    DONE = "done"


class DeskNote(Base):
    """A message that a rule answered and the desk was to hear of as well; one for each message.

    `kf_account` is who was told, `reason` why nobody could be (`bot.desk.notices`).
    """

    __tablename__ = "desk_note"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_desk_note_state_id", "state", "id"), Base.__table_args__)

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(unique=True)
    account_id: Mapped[int]
    fan_id: Mapped[int] = mapped_column(index=True)
    rule_id: Mapped[int]
    rule_title: Mapped[Name]
    state: Mapped[str] = mapped_column(String(16))
    kf_account: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(64))
