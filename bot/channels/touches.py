"""A scan: which channel it came through, and what it leaves on the fan."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import Channel
from bot.fans.rows import FanRow

SCENE_LENGTH = 64


def find(session: Session, *, account_id: int, scene: str) -> Channel | None:
    """Return the channel whose code carries `scene`; None for a code that is not ours or was deleted."""
    return session.scalar(select(Channel).filter_by(account_id=account_id, scene=scene))


def touch(fan: FanRow, *, scene: str, channel: Channel | None, at: datetime) -> None:
    """Note that `fan` came through `scene`: first touch stays, last touch moves (design §7).

    Pushes may arrive in any order; an older one never overwrites a younger.
    """
    scene = scene[:SCENE_LENGTH]
    channel_id = channel.id if channel else None
    shop_id = channel.shop_id if channel else None
    if fan.first_touch_at is None:
        fan.first_touch_at, fan.first_scene = at, scene
        fan.first_channel_id, fan.first_shop_id = channel_id, shop_id
    if fan.last_touch_at is None or at >= fan.last_touch_at:
        fan.last_touch_at, fan.last_scene = at, scene
        fan.last_channel_id, fan.last_shop_id = channel_id, shop_id
