from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, Key
from bot.db.scope import ByMaker


class SheetUpload(Base):
    """A sheet somebody sent, between the look at it and their yes. Its file is kept for an hour, sealed."""

    __tablename__ = "sheet_upload"
    __scope__ = ByMaker("created_by_id")

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    file_id: Mapped[int]
    created_by_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
