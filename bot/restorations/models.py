from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Key


class Restoration(Base):
    """One time that the database was put back to how it was at `taken_at`.

    What happened between then and `restored_at` is not in it.  Until `ended_at`
    somebody has yet to look at what may have been said already (decision 41).
    `source` is where it came from, in words.
    """

    __tablename__ = "restoration"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    taken_at: Mapped[datetime]
    restored_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(200))
