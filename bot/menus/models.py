import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key
from bot.db.types import BIG, DOCUMENT


class MenuState(enum.StrEnum):
    """Where a version stands. Of those published, one is in force; the others were replaced by it."""

    SCHEDULED = "scheduled"
    WANTED = "wanted"
    PUBLISHED = "published"
    REPLACED = "replaced"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Menu(Base):
    """One version of an account's menu book (`bot.menus.books`), as it was handed over to be published.

    Versions are never changed: publishing an older one again makes a new row
    of the same document.  `due_at` is when it shall be in force; of the rows
    that wait or are published, the one due last is wanted.  `code` and
    `reason` are what WeChat had against it.
    """

    __tablename__ = "menu"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("account_id", "number"), Base.__table_args__)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    state: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[int | None]
    author: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(200))
    code: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class MenuDraft(Base):
    """What an account's editors work on: one draft, shared. It stays when it was published."""

    __tablename__ = "menu_draft"
    __scope__ = SHARED

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    author: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape
