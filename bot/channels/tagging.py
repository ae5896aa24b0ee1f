"""What a touch puts on fans: system tags, those of rules, and those the channel names; a batch at a time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bot.channels.models import Channel, ChannelTag
from bot.db.types import table_of
from bot.fans.rows import FanRow
from bot.tags import automatic, known, system
from bot.tags.automatic import Tagging
from bot.tags.models import Tag

CHANNEL_TAG = table_of(ChannelTag)
TAG = table_of(Tag)


@dataclass(frozen=True, slots=True)
class Touched:
    """A fan who came through a channel (or none), of a shop in a city."""

    fan: FanRow
    channel_id: int | None
    shop_id: int | None
    city: str | None
    is_follow: bool


class Touches:
    """Who came in one batch of messages, until their tags are put on together."""

    def __init__(self) -> None:
        self.rows: list[Touched] = []
        self.left: list[FanRow] = []

    def followed(self, fan: FanRow, channel: Channel | None, *, city: str | None) -> None:
        """Remember that the fan follows. WeChat has forgotten the tags of one who comes back."""
        self._add(fan, channel, city, is_follow=True)

    def scanned(self, fan: FanRow, channel: Channel | None, *, city: str | None) -> None:
        """Remember that the fan came through a channel."""
        self._add(fan, channel, city, is_follow=False)

    def went(self, fan: FanRow) -> None:
        """Remember that the fan left, and that WeChat forgets the tags of who leaves."""
        self.left.append(fan)

    def _add(self, fan: FanRow, channel: Channel | None, city: str | None, *, is_follow: bool) -> None:
        shop_id = channel.shop_id if channel else None
        self.rows.append(Touched(fan, channel.id if channel else None, shop_id, city, is_follow))

    def write(self, connection: Connection, tagging: Tagging, *, now: datetime) -> set[int]:
        """Put every tag on in one statement; return the accounts at which WeChat must hear of one.

        Test channels and our own people are tagged as well: their tags can be
        looked at, and figures are what leaves them out.
        """
        channels = of_channels(connection, {row.channel_id for row in self.rows if row.channel_id})
        wanted = [(row.fan.id, self._tags(row, tagging, channels)) for row in self.rows]
        put = automatic.put(connection, wanted, source="touch", now=now, watched=tagging.watched)
        is_news = put > 0
        changed = {
            (row.fan.account_id, row.fan.id)
            for row, (_fan_id, tag_ids) in zip(self.rows, wanted, strict=True)
            if row.is_follow or (is_news and tag_ids & tagging.needed.get(row.fan.account_id, frozenset()))
        }
        changed |= {(fan.account_id, fan.id) for fan in self.left}
        changed = {one for one in changed if tagging.needed.get(one[0])}
        known.wish(connection, changed)
        return {account_id for account_id, _fan_id in changed}

    @staticmethod
    def _tags(row: Touched, tagging: Tagging, channels: dict[tuple[int, bool], set[int]]) -> set[int]:
        is_member = row.fan.member_id is not None
        name = system.MEMBER if is_member else system.FAN
        found = {tagging.system[name]} if name in tagging.system else set()
        found |= tagging.by_rule(channel_id=row.channel_id, shop_id=row.shop_id, city=row.city)
        return found | channels.get((row.channel_id or 0, is_member), set())


def of_channels(connection: Connection, channel_ids: Iterable[int]) -> dict[tuple[int, bool], set[int]]:
    """Return the tags that channels themselves name: by channel, and whether they are for members."""
    found: dict[tuple[int, bool], set[int]] = defaultdict(set)
    ids = sorted(set(channel_ids))
    if ids:
        columns = (CHANNEL_TAG.c.channel_id, CHANNEL_TAG.c.for_members, CHANNEL_TAG.c.tag_id)
        wanted = select(*columns).join(TAG, TAG.c.id == CHANNEL_TAG.c.tag_id)
        asked = wanted.where(CHANNEL_TAG.c.channel_id.in_(ids), TAG.c.retired_at.is_(None))
        for channel_id, for_members, tag_id in connection.execute(asked):
            found[channel_id, bool(for_members)].add(tag_id)
    return found
