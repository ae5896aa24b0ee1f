from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Digest, Key, Through
from bot.db.types import DIGEST, DOCUMENT
from bot.fans.models import Fan


class Message(Base):
    """One push and its answer, written in the transaction of its effects (design §3).

    `key` is unique: it is what makes a repeat a repeat.  WeChat's CreateTime,
    which is `sent_at`, is a part of it, so that a table cut by month tells
    repeats as well (`bot.partitions`).  Accounts and
    fans are named without foreign keys: they are never deleted under a message,
    and checking one would lock the account's row for every push.
    """

    __tablename__ = "message"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        Index("ix_message_fan_id_id", "fan_id", "id"),
        Index("ix_message_received_at_id", "received_at", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    key: Mapped[Digest] = mapped_column(unique=True)
    push: Mapped[bytes | None] = mapped_column(DIGEST, unique=True)  # of releases before `PlainPush`
    account_id: Mapped[int]
    fan_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(48))
    fields: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    answered_by: Mapped[str] = mapped_column(String(64))
    reply: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)


class PlainPush(Base):
    """A signed query of plain mode and the one message it was good for.

    There the signature does not cover the body: a second body under the same
    signature is a forgery.
    """

    __tablename__ = "plain_push"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    push: Mapped[Digest] = mapped_column(unique=True)
    key: Mapped[Digest]
    received_at: Mapped[datetime]
