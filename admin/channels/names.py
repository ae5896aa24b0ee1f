"""The shops, staff, groups, campaigns and tags that channels name, as the visitor may know them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from admin.choices import accounts
from bot.channels import groups
from bot.channels.groups import Place
from bot.channels.models import Campaign
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop, Staff
from bot.tags.models import Tag

MOST = 5000


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff."""

    id: int
    name: str
    shop_id: int
    shop: str


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id; of shops and staff only those of the visitor's scope are among them."""

    accounts: Mapping[int, str]
    shops: Mapping[int, str]
    staff: Mapping[int, Person]
    campaigns: Mapping[int, str]
    groups: Sequence[Place]
    tags: Mapping[int, str]

    @property
    def people(self) -> dict[int, str]:
        """The staff, each with their shop."""
        return {one.id: f"{one.name} · {one.shop}" for one in self.staff.values()}

    @property
    def paths(self) -> dict[int, str]:
        """The groups, each with what it stands below."""
        return {one.id: one.path for one in self.groups}

    @property
    def by_field(self) -> dict[str, Mapping[int, str]]:
        """The names by the field of a channel that holds their ids."""
        return {
            "account_id": self.accounts,
            "shop_id": self.shops,
            "desk_shop_id": self.shops,
            "staff_id": self.people,
            "campaign_id": self.campaigns,
            "group_id": self.paths,
            "fan_tags": self.tags,
            "member_tags": self.tags,
        }


def names_in(session: ScopedSession) -> Names:
    """Return the names the visitor may know."""
    shops = {row.id: row.name for row in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))}
    people = select(Staff).where(Staff.active.is_(True)).order_by(Staff.shop_id, Staff.id).limit(MOST)
    staff = {
        row.id: Person(row.id, row.name, row.shop_id, shops.get(row.shop_id, ""))
        for row in session.scalars(people)
    }
    campaigns = session.scalars(select(Campaign).order_by(Campaign.id.desc()))
    return Names(
        {one.id: one.name for one in accounts()},
        shops,
        staff,
        {row.id: row.name for row in campaigns},
        groups.tree(session),
        {row.id: row.name for row in session.scalars(select(Tag).order_by(Tag.name))},
    )
