"""A scan: which channel it came through, and what it leaves on the fan."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import Channel
from bot.fans.rows import FanRow


def find(session: Session, *, account_id: int, scene: str) -> Channel | None:
    """Return the channel whose code carries `scene`; None for a code that is not ours or was deleted."""
    return session.scalar(select(Channel).filter_by(account_id=account_id, scene=scene))


def touch(fan: FanRow, *, channel: Channel, at: datetime) -> None:
    """Note that `fan` came through `channel`: first touch stays, last touch moves (design §7).

    Pushes may arrive in any order; an older one never overwrites a younger.  A
    code of nobody's is no touch: it would take the fan from their shop.
    """
    scene, channel_id, shop_id = channel.scene, channel.id, channel.shop_id
    if fan.first_touch_at is None:
        fan.first_touch_at, fan.first_scene = at, scene
        fan.first_channel_id, fan.first_shop_id = channel_id, shop_id
    if fan.last_touch_at is None or at >= fan.last_touch_at:
        fan.last_touch_at, fan.last_scene = at, scene
        fan.last_channel_id, fan.last_shop_id = channel_id, shop_id
