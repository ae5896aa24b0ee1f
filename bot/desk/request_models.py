"""What a traveller who wants a person leaves behind: the request, the decisions about it, what is owed."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, ByShop, Key
from bot.db.types import BIG, DOCUMENT


class RequestState(enum.StrEnum):
    """Where a traveller's request for a person stands. The first four are open."""

    ASKED = "asked"  # nobody has been looked for yet
    WAITING = "waiting"  # in line
    CLAIMED = "claimed"  # an agent's seat is taken; WeChat is being asked
    SERVING = "serving"
    CLOSED = "closed"
    LEFT = "left"  # the traveller left the line
    MESSAGE = "message"  # taken down as a task
    GONE = "gone"  # the traveller can no longer be written to


OPEN = (RequestState.ASKED, RequestState.WAITING, RequestState.CLAIMED, RequestState.SERVING)


class DeskRequest(Base):
    """One time that a traveller wanted a person, from asking to the end. Of the shop that was wanted.

    `open_key` is the fan's id while the request is open, so that its unique
    index allows a traveller one.  `agent_id` is who has or had it, and
    `seat_agent_id` whose seat it holds: the seat is given back by a job after
    the state has moved on (`bot.desk.claims.settle`).  `passed` are agents not
    to be asked again, `expires_at` the end of the 48 hours in which the
    traveller may be written to.  `answered_at` is the agent's first word.
    """

    __tablename__ = "desk_request"
    __scope__ = ByShop()
    __table_args__ = (
        Index("ix_desk_request_account_id_state_asked_at", "account_id", "state", "asked_at"),
        Index("ix_desk_request_fan_id_id", "fan_id", "id"),
        Index("ix_desk_request_shop_id_asked_at", "shop_id", "asked_at"),
        Index("ix_desk_request_account_id_asked_at", "account_id", "asked_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    fan_id: Mapped[int]
    open_key: Mapped[int | None] = mapped_column(unique=True)
    shop_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=0)
    needs: Mapped[list[str] | None] = mapped_column(DOCUMENT)
    task_id: Mapped[int | None]
    rung: Mapped[str | None] = mapped_column(String(16))
    agent_id: Mapped[int | None] = mapped_column(index=True)
    seat_agent_id: Mapped[int | None] = mapped_column(index=True)
    passed: Mapped[list[int] | None] = mapped_column(DOCUMENT)
    asked_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str | None] = mapped_column(String(16))
    expires_at: Mapped[datetime | None]
    told: Mapped[str | None] = mapped_column(String(64))
    score: Mapped[int | None]
    scored_at: Mapped[datetime | None]


class DeskDecision(Base):
    """Why a request went where it went: who was looked at, their load, and why each was passed over.

    Written once. `candidates` are the documents of `bot.desk.decisions.to_document`.
    """

    __tablename__ = "desk_decision"
    __scope__ = ByShop()
    __table_args__ = (
        Index("ix_desk_decision_request_id_id", "request_id", "id"),
        Index("ix_desk_decision_fan_id_at", "fan_id", "at"),
        Index("ix_desk_decision_at_id", "at", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    request_id: Mapped[int]
    fan_id: Mapped[int]
    shop_id: Mapped[int | None]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    rung: Mapped[str | None] = mapped_column(String(16))
    agent_id: Mapped[int | None]
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)


class TaskKind(enum.StrEnum):
    """A message that was taken down, or a complaint that a low score opened."""

    MESSAGE = "message"
    COMPLAINT = "complaint"


class TaskState(enum.StrEnum):
    """A task is offered to an agent, or done by somebody."""

    OPEN = "open"
    OFFERED = "offered"
    DONE = "done"


class DeskTask(Base):
    """Something a shop owes a traveller by `due_at`; one of a kind for each request."""

    __tablename__ = "desk_task"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("request_id", "kind"),
        Index("ix_desk_task_account_id_state_due_at", "account_id", "state", "due_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    request_id: Mapped[int]
    fan_id: Mapped[int] = mapped_column(index=True)
    shop_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(64))


class DeskPoll(Base):
    """When an account's presence was last asked for."""

    __tablename__ = "desk_poll"
    __scope__ = HEAD_OFFICE

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    polled_at: Mapped[datetime]
