"""What conditions may name: tags, shops, branches, cities, channels, campaigns in the visitor's sight."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from bot.channels.models import Campaign, Channel
from bot.db.scoped import ScopedSession
from bot.levels import versions
from bot.organisation.models import Branch, Shop
from bot.tags.models import Tag

MOST_CHANNELS = 2_000
# Of what conditions name, what not everybody sees.
SCOPED = {"branch": Branch, "channel": Channel, "shop": Shop}


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, for each thing that a field's keys may be of; cities by themselves."""

    of: Mapping[str, Mapping[int | str, str]]

    def name(self, what: str, key: int | str) -> str:
        """Return what it is called; its number where the visitor does not know it."""
        return self.of.get(what, {}).get(key, f"#{key}")


def names_in(session: ScopedSession) -> Names:
    """Return the names the visitor may know."""
    tags = select(Tag.id, Tag.name).where(Tag.retired_at.is_(None)).order_by(Tag.name)
    channels = select(Channel.id, Channel.name).order_by(Channel.id.desc()).limit(MOST_CHANNELS)
    branches = session.execute(select(Branch.id, Branch.name, Branch.city).order_by(Branch.id)).all()
    shops = select(Shop.id, Shop.name).order_by(Shop.branch_id, Shop.id)
    campaigns = select(Campaign.id, Campaign.name).order_by(Campaign.id.desc())
    found: dict[str, Mapping[int | str, str]] = {
        "branch": {row.id: row.name for row in branches},
        "city": {row.city: row.city for row in branches},
        "level": versions.names(session),  # type: ignore[dict-item]
    }
    for what, wanted in (("tag", tags), ("channel", channels), ("shop", shops), ("campaign", campaigns)):
        found[what] = {row.id: row.name for row in session.execute(wanted)}
    return Names(found)
