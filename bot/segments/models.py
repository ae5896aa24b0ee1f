from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key, Name
from bot.db.scope import ByMakerOrShared
from bot.db.types import DOCUMENT


class Segment(Base):
    """Conditions under a name (`bot.segments.conditions`); it holds no fans.

    Whom it reaches is asked anew each time, in the scope of whoever asks: the
    same segment is a shop's own fans for its manager and everyone's for the
    head office.  With `shared_at` everybody may use it, and only its maker and
    the head office change it.
    """

    __tablename__ = "segment"
    __scope__ = ByMakerOrShared("created_by_id", "shared_at")

    id: Mapped[Key]
    name: Mapped[Name]
    note: Mapped[str] = mapped_column(String(200), default="")
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    created_by_id: Mapped[int | None] = mapped_column(index=True)
    created_by: Mapped[Name]
    created_at: Mapped[datetime]
    shared_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape
