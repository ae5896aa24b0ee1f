from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key, Name


class User(Base):
    """One person of the back office. `password_hash` is argon2id and goes nowhere."""

    __tablename__ = "user"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(32))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool]
    created_at: Mapped[datetime]
