import enum
from typing import Any

from sqlalchemy import Float, ForeignKey, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, Name
from bot.db.scope import TheBranch, TheShop
from bot.db.types import DOCUMENT

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


class ShopState(enum.StrEnum):
    """A shop is closed, never deleted: travellers, codes and figures point at it."""

    OPEN = "open"
    CLOSED = "closed"


class Branch(Base):
    """One branch of the group, or its head office. Branches may hang below one another."""

    __tablename__ = "branch"
    __scope__ = TheBranch()

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id", ondelete="SET NULL"))
    name: Mapped[Name] = mapped_column(unique=True)
    city: Mapped[Name]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class Shop(Base):
    """One shop. What stands here is what travellers are told, so it is public.

    `hours` is the sentence of `schedule` (`bot.organisation.hours`); a shop that
    was there before schedules has the sentence alone. `picture_id` is a file.
    """

    __tablename__ = "shop"
    __scope__ = TheShop()

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    name: Mapped[Name] = mapped_column(unique=True)
    address: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(32))
    hours: Mapped[str] = mapped_column(String(400))
    schedule: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16), default=ShopState.OPEN.value)
    picture_id: Mapped[int | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class Staff(Base):
    """Someone who works in a shop.

    `phone` is sealed (docs/decisions/0011-phone-numbers.md); `phone_index` finds it
    again, and is kept only while they work here, so one number is one person's.
    """

    __tablename__ = "staff"
    __scope__ = ByShop()

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    name: Mapped[Name]
    role: Mapped[Name]
    active: Mapped[bool]
    phone: Mapped[str | None] = mapped_column(String(200))
    phone_index: Mapped[bytes | None] = mapped_column(SHA256, unique=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape
