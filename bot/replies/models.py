import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.fans.models import Fan


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
    """One rule. Without an account it holds for all of them, without a shop or a code for all fans.

    `words` are keywords, patterns or event keys, any of which fires it;
    `reply` is the answer, `variants` others in its place, `follow_ups` what is
    sent after it, all as `bot.wechat.replies` documents. A rule of the code a fan
    last came through comes first, then one of their shop, then the highest
    priority. `bot.replies.conditions` reads weekdays, times and dates. With
    `notify_desk` the desk hears of what was asked as well (`bot.desk.notices`),
    with `asks_helped` the fan is asked whether the answer helped
    (`bot.desk.helping`). Order and on/off move without a new `version`: nobody's
    open form is spoilt by them.
    """

    __tablename__ = "auto_reply"
    __scope__ = SHARED

    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
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
    notify_desk: Mapped[bool] = mapped_column(default=False)
    asks_helped: Mapped[bool] = mapped_column(default=False)
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


class ReplyVerdict(Base):
    """Whether an answer helped: one for each message that a rule answered and the fan was asked about.

    `helped` is None until they say, and what they say first stands.
    """

    __tablename__ = "auto_reply_verdict"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        Index("ix_auto_reply_verdict_rule_id_helped", "rule_id", "helped"),
        Index("ix_auto_reply_verdict_fan_id_asked_at", "fan_id", "asked_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(unique=True)
    rule_id: Mapped[int]
    fan_id: Mapped[int]
    asked_at: Mapped[datetime]
    helped: Mapped[bool | None]
    said_at: Mapped[datetime | None]


class ReplyHitsMark(Base):
    """The last message whose hit is counted; one row."""

    __tablename__ = "auto_reply_hits_mark"
    __scope__ = HEAD_OFFICE

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    message_id: Mapped[int]
