import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, Key, Name
from bot.db.types import BIG, DOCUMENT


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


class Choosing(enum.StrEnum):
    """Which of several answers is given."""

    RANDOM = "random"
    SEQUENCE = "sequence"


class AutoReply(Base):
    """One rule. Without an account it holds for all of them, without a shop for all fans.

    `words` are keywords, patterns or event keys, any of which fires it;
    `reply` is the answer, `variants` others in its place, `follow_ups` what is
    sent after it, all as `bot.wechat.replies` documents. A fan's shop's own
    rule comes first, then the highest priority. `bot.replies.conditions` reads
    weekdays, times and dates. Order and on/off move without a new `version`:
    nobody's open form is spoilt by them.
    """

    __tablename__ = "auto_reply"
    __scope__ = SHARED

    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    title: Mapped[Name]
    trigger: Mapped[str] = mapped_column(String(16))
    match: Mapped[str] = mapped_column(String(16))
    words: Mapped[list[str]] = mapped_column(JSON)
    reply: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    variants: Mapped[list[dict[str, Any]] | None] = mapped_column(DOCUMENT)
    choosing: Mapped[str | None] = mapped_column(String(16))
    follow_ups: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    priority: Mapped[int]
    enabled: Mapped[bool]
    weekdays: Mapped[str | None] = mapped_column(String(7))
    from_time: Mapped[str | None] = mapped_column(String(5))
    until_time: Mapped[str | None] = mapped_column(String(5))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class ReplyHits(Base):
    """How often a rule answered on one day in Shanghai, and when last."""

    __tablename__ = "auto_reply_hits"
    __scope__ = SHARED

    rule_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hits: Mapped[int]
    last_at: Mapped[datetime]


class ReplyHitsMark(Base):
    """The last message whose hit is counted; one row."""

    __tablename__ = "auto_reply_hits_mark"
    __scope__ = HEAD_OFFICE

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    message_id: Mapped[int]
