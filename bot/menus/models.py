import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key
from bot.db.types import DOCUMENT


class MenuState(enum.StrEnum):
    """Whether WeChat has the menu."""

    WANTED = "wanted"
    PUBLISHED = "published"
    REFUSED = "refused"


class Menu(Base):
    """One version of an account's default menu, as WeChat's JSON. The newest is the one wanted."""

    __tablename__ = "menu"
    __scope__ = SHARED

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
