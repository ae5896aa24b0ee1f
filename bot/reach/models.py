import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, SHARED, Base, Digest, Key, Through
from bot.db.types import BIG, DOCUMENT
from bot.fans.models import Fan


class NoticeState(enum.StrEnum):
    """How a notice stands; from `SENT` on it is for ever, but that one sent may still bounce.

    `HELD` waits until its batch goes on, `NOTE` for what the fan does next.
    `CALLING` was given to WeChat, whose answer we do not have yet.  `UNSURE`
    had no answer, and is not said again: once too few is better than twice.
    `SKIPPED` is a rule of ours, `UNREACHED` WeChat's no at every route.
    """

    WAITING = "waiting"
    HELD = "held"
    CALLING = "calling"
    NOTE = "note"
    SENT = "sent"
    UNSURE = "unsure"
    BOUNCED = "bounced"
    SKIPPED = "skipped"
    UNREACHED = "unreached"
    CANCELLED = "cancelled"


class RouteName(enum.StrEnum):
    """The ways to a traveller, from the kindest to the last."""

    CUSTOM = "custom"
    SUBSCRIPTION = "subscription"
    TEMPLATE = "template"
    SMS = "sms"
    NOTE = "note"


class Lane(enum.StrEnum):
    """Service goes first, always; marketing takes what is left of the rate."""

    SERVICE = "service"
    MARKETING = "marketing"


class Reason(enum.StrEnum):
    """Why a notice was not sent, or not yet: one word, said in the back office in both languages."""

    # Rules of ours.
    OPTED_OUT = "opted_out"
    NO_CONSENT = "no_consent"
    NOT_MEMBER = "not_member"
    CAPPED = "capped"
    GONE = "gone"
    NO_COUPON = "no_coupon"
    # What WeChat says, or would say.
    LEFT = "left"
    NOT_FOLLOWING = "not_following"
    BLACKLISTED = "blacklisted"
    REFUSED = "refused"
    WINDOW_CLOSED = "window_closed"
    WINDOW_USED = "window_used"
    NO_TEMPLATE = "no_template"
    NO_ACCEPT = "no_accept"
    NO_PHONE = "no_phone"
    NO_ROUTE = "no_route"
    NOT_PERMITTED = "not_permitted"
    NOT_TAKEN = "not_taken"
    # Not yet.
    QUIET_HOURS = "quiet_hours"
    QUOTA = "quota"
    BUSY = "busy"
    # What became of it.
    NO_ANSWER = "no_answer"
    KILLED = "killed"
    RESTORED = "restored"
    NOTE_OVER = "note_over"
    FAILED_LATER = "failed_later"
    BLOCKED_LATER = "blocked_later"


class ReachContent(Base):
    """What is said, kept once however many it is said to.

    `document` holds `answer` (a document of `bot.materials.documents`), `fields`
    for templates, `url` where a template leads, `links` (ids of short links).
    """

    __tablename__ = "reach_content"
    __scope__ = SHARED

    id: Mapped[Key]
    digest: Mapped[Digest] = mapped_column(unique=True)
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    created_at: Mapped[datetime]


class ReachNotice(Base):
    """One thing to tell one fan, once: unique by fan, intent and key.

    It may be taken up from `due_at` on, by one pump at a time: `leased_until` is
    when a pump that was killed has lost it, `claims` the token that tells pumps
    apart.  `attempts` counts calls.  Fans are named without a foreign key, as in
    the other large tables.
    """

    __tablename__ = "reach_notice"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        UniqueConstraint("fan_id", "intent", "key"),
        Index("ix_reach_notice_due", "account_id", "lane", "state", "due_at"),
        Index("ix_reach_notice_batch_state", "batch", "state"),
        Index("ix_reach_notice_platform", "account_id", "platform_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    fan_id: Mapped[int]
    intent: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    lane: Mapped[str] = mapped_column(String(16))
    content_id: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    batch: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    route: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str | None] = mapped_column(String(200))
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    claims: Mapped[int]
    attempts: Mapped[int]
    called_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    note_until: Mapped[datetime | None]
    platform_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class BatchHold(enum.StrEnum):
    """What is to become of the notices of a batch that are not sent yet."""

    OPEN = "open"
    HELD = "held"
    CANCELLED = "cancelled"


class ReachBatch(Base):
    """A batch that was held or cancelled. The row stops it at once; its notices follow in slices."""

    __tablename__ = "reach_batch"
    __scope__ = HEAD_OFFICE

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    hold: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]


class ReachStanding(Base):
    """What we have learnt of writing to a fan. Refusals count until the fan acts again.

    `sent_count` are our customer-service messages since `sent_since`, the deed that opened the window.
    """

    __tablename__ = "reach_standing"
    __scope__ = Through("fan_id", Fan)

    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    sent_since: Mapped[datetime | None]
    sent_count: Mapped[int]
    closed_at: Mapped[datetime | None]
    used_up_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_why: Mapped[str | None] = mapped_column(String(32))
    opted_out_at: Mapped[datetime | None]
    opted_out_how: Mapped[str | None] = mapped_column(String(32))


class ReachPace(Base):
    """When the account may be called next. All processes take turns here, whether Redis is there or not.

    `closed` says until when WeChat has closed a route (ISO moments by name); of
    templates a day takes only so many, `templates` on `templates_day`.
    """

    __tablename__ = "reach_pace"
    __scope__ = HEAD_OFFICE

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    free_at: Mapped[datetime]
    closed: Mapped[dict[str, str]] = mapped_column(DOCUMENT)
    templates_day: Mapped[date | None]
    templates: Mapped[int]


class ReachSettings(Base):
    """The account's rules for reaching people; without a row, those of `bot.reach.settings`."""

    __tablename__ = "reach_settings"
    __scope__ = SHARED

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    quiet_from: Mapped[str] = mapped_column(String(5))
    quiet_until: Mapped[str] = mapped_column(String(5))
    cap: Mapped[int]
    fans_too: Mapped[bool]
    templates_a_day: Mapped[int]
    calls_per_second: Mapped[int | None]


class TemplateKind(enum.StrEnum):
    """The two kinds of templates; a subscription notice needs the traveller's accept."""

    TEMPLATE = "template"
    SUBSCRIPTION = "subscription"


class ReachTemplate(Base):
    """A template as WeChat lists it; `gone_at` since it no longer does.

    `type` is a subscription's: 2 for one notice an accept, 3 for as many as there are.
    """

    __tablename__ = "reach_template"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("account_id", "template_id"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    template_id: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(120))
    content: Mapped[str] = mapped_column(String(2000))
    example: Mapped[str] = mapped_column(String(2000))
    industry: Mapped[str] = mapped_column(String(120))
    type: Mapped[int | None]
    seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class ReachMapping(Base):
    """Which template says an intent, and what stands in its fields: words with `{names}` of facts."""

    __tablename__ = "reach_mapping"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("account_id", "intent", "kind"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int]
    intent: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    template_id: Mapped[str] = mapped_column(String(64))
    fields: Mapped[dict[str, str]] = mapped_column(DOCUMENT)
    changed_at: Mapped[datetime]


class ReachAccept(Base):
    """How many notices of a template a fan still accepts, as WeChat's events tell it."""

    __tablename__ = "reach_accept"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (UniqueConstraint("fan_id", "template_id"), Base.__table_args__)

    id: Mapped[Key]
    fan_id: Mapped[int]
    template_id: Mapped[str] = mapped_column(String(64))
    remaining: Mapped[int]
    refused_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class ReachIndustry(Base):
    """The account's industry for templates, as WeChat tells it."""

    __tablename__ = "reach_industry"
    __scope__ = SHARED

    account_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    first: Mapped[str] = mapped_column(String(120))
    second: Mapped[str] = mapped_column(String(120))
    seen_at: Mapped[datetime]
    trouble: Mapped[str | None] = mapped_column(String(300))
