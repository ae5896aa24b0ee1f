"""Saved views: the filters of a list under a name, one's own or shared with one's role."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key, Name
from bot.db.scope import ByMakerOrShared


class SavedView(Base):
    """The filters of one page, as its address has them. With `role`, everyone of that role sees them, too."""

    __tablename__ = "saved_view"
    __scope__ = ByMakerOrShared("user_id", "role")
    __table_args__ = (UniqueConstraint("user_id", "page", "name"), Base.__table_args__)

    id: Mapped[Key]
    user_id: Mapped[int]
    role: Mapped[str | None] = mapped_column(String(32))
    page: Mapped[Name]
    name: Mapped[Name]
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]
