from sqlalchemy import Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, Name
from bot.db.scope import TheBranch, TheShop


class Branch(Base):
    """One branch of the group, or its head office. Branches may hang below one another."""

    __tablename__ = "branch"
    __scope__ = TheBranch()

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id", ondelete="SET NULL"))
    name: Mapped[Name] = mapped_column(unique=True)
    city: Mapped[Name]


class Shop(Base):
    """One shop. What stands here is what travellers are told, so it is public."""

    __tablename__ = "shop"
    __scope__ = TheShop()

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    name: Mapped[Name] = mapped_column(unique=True)
    address: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(32))
    hours: Mapped[str] = mapped_column(String(64))
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)


class Staff(Base):
    """Someone who works in a shop."""

    __tablename__ = "staff"
    __scope__ = ByShop()

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    name: Mapped[Name]
    role: Mapped[Name]
    active: Mapped[bool]
