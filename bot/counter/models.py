import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, Name


class CounterLimit(Base):
    """What somebody of the staff may do alone: of one shop, or (`shop_key` 0) where a shop says nothing.

    Money in fen.  A receipt above a limit waits for the back office; points
    above one are not spent.
    """

    __tablename__ = "counter_limit"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("shop_key"),
        CheckConstraint(
            "receipt_amount >= 0 AND day_amount >= 0 AND spend_points >= 0 AND day_points >= 0",
            name="not_negative",
        ),
        Base.__table_args__,
    )

    id: Mapped[Key]
    shop_key: Mapped[int]
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    receipt_amount: Mapped[int]
    day_amount: Mapped[int]
    spend_points: Mapped[int]
    day_points: Mapped[int]
    changed_by: Mapped[Name]
    changed_at: Mapped[datetime]


class CounterDay(Base):
    """What somebody did alone in a shop on a day here; moved by conditional updates only."""

    __tablename__ = "counter_day"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("staff_id", "shop_id", "day"),
        CheckConstraint("amount >= 0 AND points >= 0", name="not_negative"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    day: Mapped[date]
    amount: Mapped[int]
    points: Mapped[int]


class SpendState(enum.StrEnum):
    """How a question stands; all but the first are for ever."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CounterSpend(Base):
    """A member is asked on their own phone whether points are to be spent; the hold is theirs meanwhile.

    `open_key` is the member while the question waits, so that there is one at a
    time.  `once` is the word of the form it came with.
    """

    __tablename__ = "counter_spend"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("once"),
        UniqueConstraint("open_key"),
        CheckConstraint("points > 0", name="points"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    open_key: Mapped[int | None]
    points: Mapped[int]
    number: Mapped[str] = mapped_column(String(64))
    hold_id: Mapped[int] = mapped_column(ForeignKey("point_hold.id"))
    once: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ActionKind(enum.StrEnum):
    """What was done at a counter."""

    VISIT = "visit"
    AWARD = "award"
    SPEND = "spend"
    UNDO = "undo"


class CounterAction(Base):
    """Something that was done at a counter, for good: rows are added and never changed.

    `amount` is money (fen) and `points` what they came to at that moment; what
    the purchase or the entry says is how things stand.  `about_id` is what an
    undoing is of, and unique: nothing is undone twice.  Undone is done in the
    back office, so that such a row has a user and no staff.
    """

    __tablename__ = "counter_action"
    __scope__ = ByShop()
    __table_args__ = (
        UniqueConstraint("once"),
        UniqueConstraint("about_id"),
        Index("ix_counter_action_shop_id_id", "shop_id", "id"),
        Index("ix_counter_action_staff_id_id", "staff_id", "id"),
        Index("ix_counter_action_member_id_id", "member_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    user_id: Mapped[int | None]
    who: Mapped[Name]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    number: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int]
    points: Mapped[int]
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchase.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("point_entry.id"))
    about_id: Mapped[int | None] = mapped_column(ForeignKey("counter_action.id"))
    once: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
