import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, ByShop, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.fans.models import Fan

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
SEALED = 400  # characters a sealed text of ours may take


class MemberState(enum.StrEnum):
    """A member is merged or erased, never deleted: what they earned is kept under their number."""

    ACTIVE = "active"
    MERGED = "merged"
    ERASED = "erased"


class Member(Base):
    """One person. `number` is the pseudonym that ledgers keep, `M` and ten letters.

    `data_key` is sealed by the keys of the settings and seals `name`,
    `birthday`, `city`, `interests` and the values of the identities in turn; erasing a member is
    destroying it (docs/decisions/0018-members.md).  `verified_at` is empty for
    someone we know from an import only.  A merged member points at who took
    them in and keeps everything that is theirs.
    """

    __tablename__ = "member"
    __scope__ = ByShop("home_shop_id")
    __table_args__ = (
        Index("ix_member_home_shop_id_id", "home_shop_id", "id"),
        Index("ix_member_state", "state"),  # of the erased, who are few, jobs ask every few minutes
        Base.__table_args__,
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[str] = mapped_column(String(16), default=MemberState.ACTIVE.value)
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="SET NULL"), index=True
    )
    home_shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    data_key: Mapped[str | None] = mapped_column(String(SEALED))
    name: Mapped[str | None] = mapped_column(String(SEALED))
    birthday: Mapped[str | None] = mapped_column(String(SEALED))
    city: Mapped[str | None] = mapped_column(String(SEALED))
    interests: Mapped[str | None] = mapped_column(String(SEALED))
    source: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class IdentityKind(enum.StrEnum):
    """By what a member is known."""

    PHONE = "phone"
    OPENID = "openid"
    UNIONID = "unionid"
    CUSTOMER = "customer"


class MemberIdentity(Base):
    """Something a member is known by. It stays with the member it came to, even once they are merged.

    `issuer` is the account of an OpenID, the source of a customer number, else
    empty.  `lookup` is the blind index, unique while the identity is theirs and
    empty once it was released: then another may have it.  `value` is sealed
    with the member's own key.
    """

    __tablename__ = "member_identity"
    __scope__ = Through("member_id", Member)
    __table_args__ = (Index("ix_member_identity_member_id", "member_id"), Base.__table_args__)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str] = mapped_column(String(16))
    issuer: Mapped[str] = mapped_column(String(64), default="")
    value: Mapped[str] = mapped_column(String(SEALED))
    lookup: Mapped[bytes | None] = mapped_column(SHA256, unique=True)
    added_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_why: Mapped[str | None] = mapped_column(String(32))


class MemberMerge(Base):
    """Two members found to be one person. `fan_ids` are those who were moved, so that it can be undone."""

    __tablename__ = "member_merge"
    __scope__ = Through("kept_id", Member)
    __table_args__ = (
        Index("ix_member_merge_kept_id", "kept_id"),
        Index("ix_member_merge_merged_id", "merged_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    kept_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    merged_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    why: Mapped[str] = mapped_column(String(200))
    fan_ids: Mapped[list[int]] = mapped_column(DOCUMENT)
    merged_by: Mapped[Name]
    merged_at: Mapped[datetime]
    undone_by: Mapped[str | None] = mapped_column(String(64))
    undone_at: Mapped[datetime | None]


class ClaimState(enum.StrEnum):
    """How a claim stands; all but the first are for ever."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    TAKEN_OVER = "taken_over"


class MemberClaim(Base):
    """A fan who proved the number of a member whose other WeChat still follows: both have to be proved."""

    __tablename__ = "member_claim"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        Index("ix_member_claim_fan_id", "fan_id"),
        Index("ix_member_claim_member_id", "member_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    fan_id: Mapped[int]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    identity_id: Mapped[int] = mapped_column(ForeignKey("member_identity.id"))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Referral(Base):
    """Who brought a member: another member, or someone of the staff through a code.

    Once per member, and once per fan: whoever is erased and binds again is not brought again.
    `earns` is what the points will be counted by (`{"whom", "reason"}`).
    `told_at` is when it was planned to tell the referrer.
    """

    __tablename__ = "referral"
    __scope__ = Through("member_id", Member)
    __table_args__ = (
        UniqueConstraint("member_id"),
        Index("ix_referral_fan_id", "fan_id", unique=True),
        Index("ix_referral_referrer_member_id", "referrer_member_id"),
        Index("ix_referral_referrer_staff_id", "referrer_staff_id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    fan_id: Mapped[int | None]
    referrer_member_id: Mapped[int | None]
    referrer_staff_id: Mapped[int | None]
    channel_id: Mapped[int | None]
    via: Mapped[str] = mapped_column(String(16))
    earns: Mapped[list[dict[str, str]]] = mapped_column(DOCUMENT)
    counted_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class PhoneCode(Base):
    """A code that was asked for: found by number and fan, kept as a hash, gone after a day."""

    __tablename__ = "phone_code"
    __scope__ = HEAD_OFFICE
    __table_args__ = (
        Index("ix_phone_code_fan_id_phone", "fan_id", "phone"),
        Index("ix_phone_code_asked_at", "asked_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    fan_id: Mapped[int]
    phone: Mapped[bytes] = mapped_column(SHA256)
    purpose: Mapped[str] = mapped_column(String(16))
    salt: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[bytes] = mapped_column(SHA256)
    tries: Mapped[int]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Tally(Base):
    """How often something was done by someone in one window; `what` is an index that tells nothing."""

    __tablename__ = "tally"
    __scope__ = HEAD_OFFICE
    __table_args__ = (Index("ix_tally_ends_at", "ends_at"), Base.__table_args__)

    what: Mapped[bytes] = mapped_column(SHA256, primary_key=True)
    count: Mapped[int] = mapped_column(BIG)
    ends_at: Mapped[datetime]


class Reminder(Base):
    """That a fan was reminded to bind at one point, how often, and when last."""

    __tablename__ = "reminder"
    __scope__ = Through("fan_id", Fan)

    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    moment: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BIG)
    said_at: Mapped[datetime]


class RequestState(enum.StrEnum):
    """How far a member's request has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class PrivacyRequest(Base):
    """What a member asked of their data. A finished export is a file, sealed with the member's key."""

    __tablename__ = "privacy_request"
    __scope__ = Through("member_id", Member)
    __table_args__ = (Index("ix_privacy_request_member_id", "member_id"), Base.__table_args__)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    fan_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    file_id: Mapped[int | None]
