"""What holds at every desk of every account, as a process remembers it: settings, hours, branches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.desk import desks, hours
from bot.desk.desks import Book, Settings
from bot.organisation import directory
from bot.organisation.directory import ShopFacts
from bot.organisation.hours import Schedule


@dataclass(frozen=True, slots=True)
class House:
    """The desks and the shops; a decision needs no statement for them."""

    desks: Book
    shops: Mapping[int, ShopFacts]

    def branch_of(self, shop_id: int | None) -> int | None:
        """Return the shop's branch."""
        shop = self.shops.get(shop_id or 0)
        return shop.branch_id if shop else None

    def settings(self, account_id: int, shop_id: int | None) -> Settings:
        """Return what holds at that desk."""
        return self.desks.of(account_id, shop_id)

    def schedule(self, account_id: int, shop_id: int | None) -> Schedule | None:
        """Return the hours of the shop's desk, else of the shop; without a shop the head office's."""
        own = self.desks.schedules.get((account_id, desks.place_of(shop_id=shop_id)))
        if own is not None or shop_id is None:
            return own
        shop = self.shops.get(shop_id)
        return shop.schedule if shop else None

    def who_is_open(self, account_id: int, shop_id: int | None, now: datetime) -> Mapping[str, bool]:
        """Tell of the `shop`, its `branch` and the `head` office which are there; who keeps no hours is."""
        branch = desks.place_of(branch_id=self.branch_of(shop_id) or 0)
        schedules = {
            "shop": self.schedule(account_id, shop_id) if shop_id is not None else None,
            "branch": self.desks.schedules.get((account_id, branch)),
            "head": self.desks.schedules.get((account_id, desks.HEAD)),
        }
        return {place: hours.is_open(kept, now) for place, kept in schedules.items()}


def load(session: Session) -> House:
    """Return the house as the database has it now."""
    return House(desks.load(session), directory.load(session))
