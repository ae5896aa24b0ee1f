"""The accounts and shops that rules name, as the visitor may know them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from admin.choices import accounts
from admin.replies import words
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop
from bot.replies.models import AutoReply


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id; only the shops of the visitor's scope are among them."""

    accounts: Mapping[int, str]
    shops: Mapping[int, str]

    def whose(self, row: AutoReply) -> str:
        """Say for which account and shop the rule is; empty for all."""
        parts = []
        if row.account_id is not None:
            parts.append(self.accounts.get(row.account_id, f"#{row.account_id}"))
        if row.shop_id is not None:
            parts.append(self.shops.get(row.shop_id) or words.hidden_shop())
        return " · ".join(parts)

    @property
    def by_field(self) -> dict[str, Mapping[int, str]]:
        """The names by the field of a rule that holds their ids."""
        return {"account_id": self.accounts, "shop_id": self.shops}


def names_in(session: ScopedSession) -> Names:
    """Return the names the visitor may know."""
    shops = session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id)).all()
    return Names({one.id: one.name for one in accounts()}, {one.id: one.name for one in shops})
