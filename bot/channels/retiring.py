"""Taking a code out of use, and giving it to somebody else once it is known what still hangs on walls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels.models import TOUCHES, Channel, ChannelEvent, ChannelState
from bot.errors import YizhanError

LOOKED_BACK = timedelta(days=30)
SHOWN = 10


class StillInUse(YizhanError):
    """The asker's move: a code is retired before it is given away."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """What tells that pictures of the code still hang somewhere."""

    scans: int
    last: Sequence[ChannelEvent]

    @property
    def last_at(self) -> datetime | None:
        """When somebody last came through the code."""
        return self.last[0].at if self.last else None


def hanging(session: Session, channel: Channel, *, now: datetime) -> Hanging:
    """Return who came through the code in the last thirty days, and the last ten who ever did."""
    through = (ChannelEvent.channel_id == channel.id, ChannelEvent.deed.in_(TOUCHES))
    recent = select(func.count(ChannelEvent.id)).where(*through, ChannelEvent.at > now - LOOKED_BACK)
    last = select(ChannelEvent).where(*through).order_by(ChannelEvent.at.desc()).limit(SHOWN)
    return Hanging(session.scalar(recent) or 0, session.scalars(last).all())


def retire(channel: Channel, *, now: datetime) -> None:
    """Take the code out of use. Whoever scans it is still counted for it, and greeted as by no code."""
    channel.state, channel.retired_at = ChannelState.RETIRED.value, now


def reassign(channel: Channel, *, name: str, shop_id: int | None, staff_id: int | None) -> None:
    """Give a retired code to a shop and its staff, and put it into use; raise `StillInUse` for one in use.

    What it was for goes with whom it was of: it belongs to no campaign now.
    """
    if channel.state != ChannelState.RETIRED:
        raise StillInUse(f"channel {channel.id} is in use")
    channel.name, channel.shop_id, channel.staff_id = name, shop_id, staff_id
    channel.desk_shop_id = channel.campaign_id = None
    channel.state, channel.retired_at = ChannelState.ACTIVE.value, None
