"""The tables of coupons. Whose turn it is, is decided by unique keys and conditional updates."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, ByShop, Key, Name, Through
from bot.db.types import DOCUMENT
from bot.members.models import Member

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


class TemplateState(enum.StrEnum):
    """How a template stands. Only open ones are issued; what was issued stays good."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"


class CouponTemplate(Base):
    """A kind of coupon the group offers. `version` is the number of the terms in force.

    `issued` counts all that were ever issued, and never exceeds `total`: the
    conditional update that takes one is the only writer.  None is no limit.
    `edits` counts what the back office changed, so that nobody saves over what they have not seen.
    """

    __tablename__ = "coupon_template"
    __scope__ = SHARED
    __table_args__ = (
        CheckConstraint("issued >= 0 AND (total IS NULL OR issued <= total)", name="issued_within"),
        CheckConstraint("per_member IS NULL OR per_member > 0", name="per_member_positive"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    edits: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    per_member: Mapped[int | None]
    issued: Mapped[int]
    created_by: Mapped[Name]
    created_at: Mapped[datetime]
    changed_by: Mapped[Name]
    changed_at: Mapped[datetime]


class CouponVersion(Base):
    """What a template said from a moment on; never changed. A coupon keeps the one it was issued under."""

    __tablename__ = "coupon_version"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("template_id", "number"), Base.__table_args__)

    id: Mapped[Key]
    template_id: Mapped[int] = mapped_column(ForeignKey("coupon_template.id"))
    number: Mapped[int]
    name: Mapped[Name]
    terms: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    made_by: Mapped[Name]
    made_at: Mapped[datetime]


class CouponState(enum.StrEnum):
    """How a coupon stands. `RETURNED` may be used again, as `ISSUED` may; the last two are for ever."""

    ISSUED = "issued"
    OFFERED = "offered"
    HELD = "held"
    USED = "used"
    RETURNED = "returned"
    EXPIRED = "expired"
    VOID = "void"


USABLE = (CouponState.ISSUED.value, CouponState.RETURNED.value)


class Coupon(Base):
    """One coupon of a member's. It is good from `valid_from` until before `valid_until`.

    `source` and `key` name its issue for ever: the same again is the same
    coupon.  `seq` counts those `issued_to_id` had of the template, and is what a
    race for the last one a member may have breaks on.  Given on, it is of
    another `member_id`, whose limit it does not touch.  `number` is the public
    half of its code (`bot.coupons.codes`).
    """

    __tablename__ = "coupon"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("source", "key"),
        UniqueConstraint("template_id", "issued_to_id", "seq"),
        CheckConstraint("seq > 0", name="seq_positive"),
        Index("ix_coupon_member_id_state", "member_id", "state"),
        Index("ix_coupon_state_valid_until_id", "state", "valid_until", "id"),
        Index("ix_coupon_template_id_id", "template_id", "id"),
        Index("ix_coupon_issued_at", "issued_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    template_id: Mapped[int] = mapped_column(ForeignKey("coupon_template.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("coupon_version.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    issued_to_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    seq: Mapped[int]
    number: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(128))
    shop_id: Mapped[int | None]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]


class EventKind(enum.StrEnum):
    """What happened to a coupon."""

    ISSUED = "issued"
    HELD = "held"
    RELEASED = "released"
    USED = "used"
    RETURNED = "returned"
    OFFERED = "offered"
    TAKEN_BACK = "taken_back"
    GIVEN = "given"
    EXPIRED = "expired"
    VOIDED = "voided"


class CouponEvent(Base):
    """Something that happened to a coupon, in the order of `id`. Append-only.

    `reason` is what a person wrote; it goes when the member is erased.
    """

    __tablename__ = "coupon_event"
    __scope__ = Through("coupon_id", Coupon)
    __table_args__ = (Index("ix_coupon_event_coupon_id_id", "coupon_id", "id"), Base.__table_args__)

    id: Mapped[Key]
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by: Mapped[Name]
    shop_id: Mapped[int | None]
    amount: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200))


class UseState(enum.StrEnum):
    """How a use stands; `HELD` and `USED` have the coupon."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"
    RETURNED = "returned"


class CouponUse(Base):
    """A coupon set against a receipt, once under its `source` and `key`, whoever asks how often.

    While it has the coupon `open_coupon_id` names it, and `place` the receipt
    with the group of coupons of which it takes one: both unique, and empty once
    it is over.  `turn` counts the uses of a receipt, so that two at once do not
    both reckon with the whole of it.  `lines` are `{"amount", "discount"}`.
    """

    __tablename__ = "coupon_use"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("source", "key"),
        UniqueConstraint("open_coupon_id"),
        UniqueConstraint("place"),
        UniqueConstraint("shop_id", "receipt", "turn"),
        CheckConstraint("discount >= 0 AND discount <= subtotal", name="discount_within"),
        Index("ix_coupon_use_coupon_id", "coupon_id"),
        Index("ix_coupon_use_shop_id_used_at", "shop_id", "used_at"),
        Index("ix_coupon_use_state_held_until", "state", "held_until"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    open_coupon_id: Mapped[int | None]
    template_id: Mapped[int]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(128))
    input_hash: Mapped[bytes] = mapped_column(SHA256)
    receipt: Mapped[str] = mapped_column(String(64))
    place: Mapped[str | None] = mapped_column(String(128))
    turn: Mapped[int]
    subtotal: Mapped[int]
    discount: Mapped[int]
    lines: Mapped[list[dict[str, int]]] = mapped_column(DOCUMENT)
    by: Mapped[Name]
    made_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CouponHandout(Base):
    """A link or a code by which every member takes one coupon, once, until it ends or `most` have."""

    __tablename__ = "coupon_handout"
    __scope__ = SHARED
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("taken >= 0 AND (most IS NULL OR taken <= most)", name="taken_within"),
        Index("ix_coupon_handout_template_id", "template_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    template_id: Mapped[int] = mapped_column(ForeignKey("coupon_template.id"))
    name: Mapped[Name]
    code: Mapped[str] = mapped_column(String(16))
    most: Mapped[int | None]
    taken: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_by: Mapped[Name]
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class GiftState(enum.StrEnum):
    """How an offer to a friend stands; only the first can still change."""

    OPEN = "open"
    TAKEN = "taken"
    TAKEN_BACK = "taken_back"
    OVER = "over"


class CouponGift(Base):
    """A coupon offered to a friend by a word that is only kept hashed; taken once, or taken back."""

    __tablename__ = "coupon_gift"
    __scope__ = Through("coupon_id", Coupon)
    __table_args__ = (
        UniqueConstraint("word_hash"),
        UniqueConstraint("open_coupon_id"),
        Index("ix_coupon_gift_coupon_id", "coupon_id"),
        Index("ix_coupon_gift_state_ends_at", "state", "ends_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    open_coupon_id: Mapped[int | None]
    word_hash: Mapped[bytes] = mapped_column(SHA256)
    from_member_id: Mapped[int]
    to_member_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
