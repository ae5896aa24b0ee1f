from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import HEAD_OFFICE, Base, Key, Name

SHA256 = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")


class User(Base):
    """One person of the back office. `password_hash` is argon2id and goes nowhere.

    `role` and `reach` are values of `bot.users.roles`.  `failures` counts the
    wrong passwords and codes since `failed_at` (`bot.users.attempts`), and
    `totp_step` is the last time step a code was taken for, so that none is taken twice.
    """

    __tablename__ = "user"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(32))
    reach: Mapped[str] = mapped_column(String(16), default="all")
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool]
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(String(200))
    totp_step: Mapped[int] = mapped_column(default=0)
    signed_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class UserBranch(Base):
    """A branch, with all below it, in a user's reach."""

    __tablename__ = "user_branch"
    __scope__ = HEAD_OFFICE

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id", ondelete="CASCADE"), primary_key=True)


class UserShop(Base):
    """A shop in a user's reach."""

    __tablename__ = "user_shop"
    __scope__ = HEAD_OFFICE

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"), primary_key=True)


class UserSession(Base):
    """One browser someone is signed in with; ending it deletes the row.

    The cookie holds the token, the row only its hash.  While `is_waiting` the
    password was right and the second factor is still asked for.
    """

    __tablename__ = "user_session"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(SHA256, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    is_waiting: Mapped[bool]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))


class RecoveryCode(Base):
    """A code that replaces the second factor once; using it deletes the row."""

    __tablename__ = "user_recovery_code"
    __scope__ = HEAD_OFFICE

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(SHA256)
