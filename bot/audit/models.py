from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Name
from bot.db.types import BIG

LONG = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class AuditEntry(Base):
    """One thing somebody did. Never changed, never deleted.

    `id` is the place in the chain, without gaps.  `before` and `after` are
    JSON as text, kept letter for letter, because `hash` seals the letters.
    `actor_id` has no foreign key: an entry outlives the user.
    """

    __tablename__ = "audit_entry"
    __scope__ = HEAD_OFFICE
    __table_args__ = (
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_actor", "actor"),
        Index("ix_audit_entry_subject", "subject_kind", "subject_id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor: Mapped[Name]
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[Name]
    subject_kind: Mapped[Name]
    subject_id: Mapped[Name]
    subject_name: Mapped[str] = mapped_column(String(200))
    before: Mapped[str | None] = mapped_column(LONG)
    after: Mapped[str | None] = mapped_column(LONG)
    reason: Mapped[str | None] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain: one row, which every writer locks."""

    __tablename__ = "audit_head"
    __scope__ = HEAD_OFFICE

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
