from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Name


class Account(Base):
    """One official account. Its secrets stay in the settings; this row is what others refer to."""

    __tablename__ = "account"
    __scope__ = SHARED

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    app_id: Mapped[Name] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    original_id: Mapped[Name]
