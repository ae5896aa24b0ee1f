"""What a channel's picture, label and line in a spreadsheet say: the row with the names around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import Campaign, Channel, ChannelGroup
from bot.organisation.models import Shop, Staff


@dataclass(frozen=True, slots=True)
class Facts:
    """One channel as it is printed."""

    id: int
    scene: str
    name: str
    kind: str
    state: str
    url: str
    expires_at: datetime | None
    purpose: str
    place: str
    note: str
    shop: str
    staff: str
    campaign: str
    group: str

    @classmethod
    def gone(cls, key: int) -> Self:
        """Stand for a channel that is no longer there."""
        return cls(key, f"c:{key}", "", "", "", "", None, *([""] * 7))

    @property
    def title(self) -> str:
        """How problems name it."""
        return f"{self.name} ({self.scene})" if self.name else self.scene

    @property
    def detail(self) -> str:
        """The small line of a label: its scene, by which it is found again, and where it hangs."""
        return " · ".join(part for part in (self.scene, self.place) if part)


def of(session: Session, ids: Sequence[int]) -> dict[int, Facts]:
    """Return the facts of those channels the session may see, in one query."""
    wanted = (
        select(
            Channel.id,
            Channel.scene,
            Channel.name,
            Channel.kind,
            Channel.state,
            Channel.url,
            Channel.expires_at,
            Channel.purpose,
            Channel.place,
            Channel.note,
            Shop.name,
            Staff.name,
            Campaign.name,
            ChannelGroup.name,
        )
        .select_from(Channel)
        .outerjoin(Shop, Shop.id == Channel.shop_id)
        .outerjoin(Staff, Staff.id == Channel.staff_id)
        .outerjoin(Campaign, Campaign.id == Channel.campaign_id)
        .outerjoin(ChannelGroup, ChannelGroup.id == Channel.group_id)
        .where(Channel.id.in_(ids))
    )
    found = {}
    for row in session.execute(wanted):
        found[row[0]] = Facts(*row[:5], row[5] or "", row[6], *(value or "" for value in row[7:]))
    return found
