import enum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Name
from bot.db.types import DOCUMENT


class Trigger(enum.StrEnum):
    """What a rule waits for."""

    FOLLOW = "follow"
    KEYWORD = "keyword"
    EVENT_KEY = "event_key"
    DEFAULT = "default"


class Match(enum.StrEnum):
    """How a keyword is compared with what the traveller wrote."""

    EXACT = "exact"
    CONTAINS = "contains"
    REGEX = "regex"


class AutoReply(Base):
    """One rule. Without an account it holds for all of them.

    `words` are keywords, patterns or event keys, any of which fires it;
    `reply` is the answer and `follow_ups` what is sent after it, both as
    `bot.wechat.replies` documents. The highest priority wins.
    """

    __tablename__ = "auto_reply"
    __scope__ = SHARED

    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    title: Mapped[Name]
    trigger: Mapped[str] = mapped_column(String(16))
    match: Mapped[str] = mapped_column(String(16))
    words: Mapped[list[str]] = mapped_column(JSON)
    reply: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    follow_ups: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    priority: Mapped[int]
    enabled: Mapped[bool]
