import enum
from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, ByShop, Key, OpenId, Through
from bot.db.types import BIG


class Standing(enum.StrEnum):
    """What we know of a fan's following. `UNKNOWN` is someone who was there before us."""

    UNKNOWN = "unknown"
    FOLLOWING = "following"
    LEFT = "left"


class Fan(Base):
    """One OpenID at one account, from the first push we ever saw of it.

    The rows are hot: webhooks lock and write them through `bot.fans.rows`.
    In the back office a fan is of the shop of the last touch, and of no shop the head office's.
    First touch is set once and never changed; last touch always is (design §7).
    `member_id` and `staff_id` are there once the fan has bound a telephone, and
    are set with the row locked, as everything is that the webhook writes, too.
    """

    __tablename__ = "fan"
    __scope__ = ByShop("last_shop_id")
    __table_args__ = (
        UniqueConstraint("account_id", "openid"),
        Index("ix_fan_unionid", "unionid"),
        Index("ix_fan_last_shop_id_id", "last_shop_id", "id"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    openid: Mapped[OpenId]
    unionid: Mapped[str | None] = mapped_column(String(64))
    standing: Mapped[str] = mapped_column(String(16))
    subscribe_scene: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    followed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    follow_count: Mapped[int]
    first_touch_at: Mapped[datetime | None]
    first_scene: Mapped[str | None] = mapped_column(String(64))
    first_channel_id: Mapped[int | None]
    first_shop_id: Mapped[int | None]
    last_touch_at: Mapped[datetime | None]
    last_scene: Mapped[str | None] = mapped_column(String(64))
    last_channel_id: Mapped[int | None]
    last_shop_id: Mapped[int | None]
    last_interaction_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    message_count: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(index=True)
    note_until: Mapped[datetime | None]


class UnionidWithheld(Base):
    """A fan whose UnionID was given up on their word (erased, or a grant taken back) while they still follow.

    WeChat goes on telling it to whoever asks; it is not taken from there again
    until they follow anew.
    """

    __tablename__ = "unionid_withheld"
    __scope__ = Through("fan_id", Fan)

    fan_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    withheld_at: Mapped[datetime]


def last_heard_from(fan: Fan) -> tuple[float, float, int]:
    """Return what sorts fans by whom we can most likely write to: who wrote last, then who acted last."""
    wrote, did = fan.last_message_at, fan.last_interaction_at
    return wrote.timestamp() if wrote else 0.0, did.timestamp() if did else 0.0, fan.id
