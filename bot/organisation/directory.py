"""The shops as every process remembers them: a few hundred rows, asked for with every greeting."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered
from bot.organisation.models import Branch, Shop


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a reply may say of a shop."""

    id: int
    name: str
    branch: str
    address: str
    phone: str
    hours: str


def load(session: Session) -> Mapping[int, ShopFacts]:
    """Return every shop by id."""
    rows = session.execute(
        select(Shop.id, Shop.name, Branch.name, Shop.address, Shop.phone, Shop.hours).join(
            Branch, Branch.id == Shop.branch_id
        )
    )
    return {row[0]: ShopFacts(*row) for row in rows}


SHOPS: Remembered[Mapping[int, ShopFacts]] = Remembered("shops", load)
