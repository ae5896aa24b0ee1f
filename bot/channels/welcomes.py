"""What a channel says to whom: its variants are asked in their order, and its usual welcome last."""

import enum
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from bot.channels.models import Channel, ChannelState
from bot.fans.rows import FanRow
from bot.materials import documents
from bot.materials.documents import Answer
from bot.moments import missed

Document = dict[str, Any]
VARIANTS = 6


class Whom(enum.StrEnum):
    """Who comes through a code. A member is one of the first three as well."""

    NEW = "new"
    RETURNING = "returning"
    FOLLOWING = "following"
    MEMBER = "member"


def who_follows(fan: FanRow) -> frozenset[Whom]:
    """Tell whom we greet on a follow. Ask before the follow is noted on the fan."""
    was_here = fan.follow_count > 0 or fan.left_at is not None
    return _with_member(fan, Whom.RETURNING if was_here else Whom.NEW)


def who_scans(fan: FanRow) -> frozenset[Whom]:
    """Tell whom we greet when someone who follows scans."""
    return _with_member(fan, Whom.FOLLOWING)


def choose(channel: Channel, who: Collection[Whom], *, now: datetime) -> Answer | None:
    """Return what the channel says to them now; None for one that says nothing of its own.

    A retired channel says nothing: its campaign is over, though its picture may still hang somewhere.
    """
    if channel.state == ChannelState.RETIRED:
        return None
    place = chosen(channel.welcomes or (), who, now=now)
    document = channel.welcome if place is None else (channel.welcomes or [])[place]["reply"]
    return documents.read(document) if document is not None else None


def chosen(variants: Collection[Mapping[str, Any]], who: Collection[Whom], *, now: datetime) -> int | None:
    """Return the place of the first variant that is for one of `who` and holds now; None if none does."""
    for place, variant in enumerate(variants):
        wanted = variant.get("whom") or ()
        hours = {name: variant.get(name) for name in ("weekdays", "from_time", "until_time")}
        if (not wanted or not set(wanted).isdisjoint(who)) and missed(now, **hours) is None:
            return place
    return None


def _with_member(fan: FanRow, who: Whom) -> frozenset[Whom]:
    return frozenset({who, Whom.MEMBER} if fan.member_id is not None else {who})
