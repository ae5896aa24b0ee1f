"""What the back office wants WeChat to do about an agent, until WeChat has."""

import enum
from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key, Through
from bot.desk.models import Agent


class ErrandKind(enum.StrEnum):
    """What WeChat is to do, in the order in which it is asked."""

    ADD = "add"
    RENAME = "rename"
    PICTURE = "picture"
    INVITE = "invite"
    DELETE = "delete"


class ErrandState(enum.StrEnum):
    """Where an errand stands."""

    WANTED = "wanted"
    DONE = "done"
    REFUSED = "refused"  # `code` is WeChat's; it is asked again when somebody says so


class AgentErrand(Base):
    """One thing wanted of WeChat for an agent; the latest of each kind.

    `value` is the nickname, or whose WeChat id is invited, which is forgotten
    once it is done; `file_id` the picture.  Who wants it once more, otherwise,
    changes the row and `asked_at`: what was asked of WeChat before then settles
    nothing (`bot.desk.errands`).
    """

    __tablename__ = "agent_errand"
    __scope__ = Through("agent_id", Agent)
    __table_args__ = (UniqueConstraint("agent_id", "kind"), Base.__table_args__)

    id: Mapped[Key]
    agent_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(64))
    file_id: Mapped[int | None]
    code: Mapped[int | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(64))
    done_at: Mapped[datetime | None]
