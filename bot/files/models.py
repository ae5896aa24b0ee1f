from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Key
from bot.db.types import BIG

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
CONTENT = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


class File(Base):
    """One file. It is reached through the row it belongs to, never by its own id, and so has no scope.

    `size` and `sha256` are there once it is whole.  After `keep_until` the clock deletes it.
    """

    __tablename__ = "file"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int | None]
    sha256: Mapped[bytes | None] = mapped_column(SHA256)
    created_at: Mapped[datetime]
    keep_until: Mapped[datetime | None] = mapped_column(index=True)


class FilePart(Base):
    """At most half a megabyte of a file: below what any of the databases takes in one packet."""

    __tablename__ = "file_part"
    __scope__ = HEAD_OFFICE

    file_id: Mapped[int] = mapped_column(
        ForeignKey("file.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(CONTENT)
