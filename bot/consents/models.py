import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Through
from bot.db.types import BIG
from bot.members.models import Member

LONG = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class PolicyVersion(Base):
    """A privacy policy as it was published. Its text is never changed: people agreed to these words."""

    __tablename__ = "policy_version"
    __scope__ = SHARED

    version: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(LONG)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(64))


class ConsentKind(enum.StrEnum):
    """What was agreed to. Marketing is asked separately, and nothing depends on it."""

    PRIVACY = "privacy"
    MARKETING = "marketing"


class Consent(Base):
    """One agreement, with the policy of that day; withdrawn, it stays, with when and how."""

    __tablename__ = "consent"
    __scope__ = Through("member_id", Member)
    __table_args__ = (Index("ix_consent_member_id_kind", "member_id", "kind"), Base.__table_args__)

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str] = mapped_column(String(16))
    policy_version: Mapped[int] = mapped_column(ForeignKey("policy_version.version"))
    fan_id: Mapped[int | None]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_how: Mapped[str | None] = mapped_column(String(32))
