"""The accounts, shops and codes that rules name, as the visitor may know them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from admin.choices import accounts
from admin.replies import words
from bot.channels.models import Channel, ChannelState
from bot.db.scoped import ScopedSession
from bot.materials.models import Material
from bot.organisation.models import Shop
from bot.replies.models import AutoReply

MOST_CHANNELS = 300  # to choose from


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id; only the shops and codes of the visitor's scope are among them."""

    accounts: Mapping[int, str]
    shops: Mapping[int, str]
    materials: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)

    def whose(self, row: AutoReply) -> str:
        """Say for which account, shop and code the rule is; empty for all."""
        parts = []
        if row.account_id is not None:
            parts.append(self.accounts.get(row.account_id, f"#{row.account_id}"))
        if row.shop_id is not None:
            parts.append(self.shops.get(row.shop_id) or words.hidden_shop())
        if row.channel_id is not None:
            parts.append(self.channels.get(row.channel_id) or words.hidden_code())
        return " · ".join(parts)

    @property
    def by_field(self) -> dict[str, Mapping[int, str]]:
        """The names by the field of a rule that holds their ids."""
        return {
            "account_id": self.accounts,
            "shop_id": self.shops,
            "channel_id": self.channels,
            "materials": self.materials,
        }


def names_in(session: ScopedSession) -> Names:
    """Return the names the visitor may know."""
    shops = session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id)).all()
    titles = session.execute(select(Material.id, Material.title).order_by(Material.id.desc()).limit(5000))
    return Names(
        {one.id: one.name for one in accounts()},
        {one.id: one.name for one in shops},
        {row.id: row.title for row in titles},
        _channels(session),
    )


def _channels(session: ScopedSession) -> dict[int, str]:
    """Return the newest codes in use, and those that rules name already."""
    columns = (Channel.id, Channel.name, Channel.scene)
    in_use = select(*columns).where(Channel.state == ChannelState.ACTIVE.value)
    named = select(AutoReply.channel_id).where(AutoReply.channel_id.is_not(None))
    found = [
        *session.execute(in_use.order_by(Channel.id.desc()).limit(MOST_CHANNELS)),
        *session.execute(select(*columns).where(Channel.id.in_(named))),
    ]
    return {row.id: f"{row.name} ({row.scene})" for row in sorted(found, key=lambda row: -row.id)}
