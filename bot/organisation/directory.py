"""The shops as every process remembers them: a few hundred rows, asked for with every greeting."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered
from bot.organisation import hours
from bot.organisation.hours import Schedule
from bot.organisation.models import Branch, Shop


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a reply may say of a shop, and what the desk goes by: its branch and when it is open."""

    id: int
    name: str
    branch: str
    address: str
    phone: str
    hours: str
    city: str = ""
    branch_id: int | None = None
    schedule: Schedule | None = None


def load(session: Session) -> Mapping[int, ShopFacts]:
    """Return every shop by id."""
    wanted = select(Shop, Branch.name.label("branch"), Branch.city).join(Branch, Branch.id == Shop.branch_id)
    return {row.Shop.id: _facts(row.Shop, row.branch, row.city) for row in session.execute(wanted)}


def _facts(shop: Shop, branch: str, city: str) -> ShopFacts:
    return ShopFacts(
        id=shop.id,
        name=shop.name,
        branch=branch,
        address=shop.address,
        phone=shop.phone,
        hours=shop.hours,
        city=city,
        branch_id=shop.branch_id,
        schedule=hours.from_document(shop.schedule) if shop.schedule else None,
    )


SHOPS: Remembered[Mapping[int, ShopFacts]] = Remembered("shops", load)
