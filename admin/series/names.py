"""What a series names, as the visitor may know it: accounts, codes, campaigns, tags, shops, segments."""

from collections.abc import Collection, Mapping

from sqlalchemy import Select, or_, select

from admin.choices import accounts
from bot.channels.models import Campaign, Channel, ChannelState
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop
from bot.segments.models import Segment
from bot.tags.models import Tag

Names = Mapping[str, Mapping[int, str]]
OFFERED = 300  # codes; there may be a hundred thousand, and a campaign names many at once


def names_in(session: ScopedSession, *, channels: Collection[int] = ()) -> Names:
    """Return names by kind and id; of codes the newest, and those of `channels`."""
    codes = select(Channel.id, Channel.name).where(
        or_(Channel.state == ChannelState.ACTIVE.value, Channel.id.in_(sorted(channels)))
    )
    known = _pairs(session, codes.order_by(Channel.id.desc()).limit(OFFERED))
    if missing := set(channels) - set(known):
        more = select(Channel.id, Channel.name).where(Channel.id.in_(sorted(missing)))
        known.update(_pairs(session, more))
    live_tags = select(Tag.id, Tag.name).where(Tag.retired_at.is_(None)).order_by(Tag.name)
    shops = select(Shop.id, Shop.name).order_by(Shop.branch_id, Shop.id)
    segments = select(Segment.id, Segment.name).order_by(Segment.name, Segment.id)
    return {
        "accounts": {one.id: one.name for one in accounts()},
        "channels": known,
        "campaigns": _pairs(session, select(Campaign.id, Campaign.name).order_by(Campaign.id.desc())),
        "tags": _pairs(session, live_tags),
        "shops": _pairs(session, shops),
        "segments": _pairs(session, segments),
    }


def _pairs(session: ScopedSession, wanted: Select[int, str]) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(wanted)}
