"""Whose goods and orders are whose: a merchant's people see their merchant's, shops what they hand over."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from bot.db import Base, Scope
from bot.db.scope import values


@dataclass(frozen=True, slots=True)
class OfMerchant:
    """Rows of the merchant in `column`, for those who see only what is theirs; `users` says who is whose.

    Others see what is of their shops, where `shop` names a column; without it they read every row, and
    the head office alone writes.
    """

    users: type[Base]
    column: str = "merchant_id"
    shop: str | None = None

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Their merchant's; else their shops'; else all."""
        if scope.owner is not None:
            # On the bare table, as `Through` does: criteria on a model would be added to it in turn.
            own: Any = self.users.__table__
            theirs = select(own.c.merchant_id).where(own.c.user_id == scope.owner)
            return getattr(model, self.column).in_(theirs)  # type: ignore[no-any-return]
        if self.shop is None:
            return true()
        return getattr(model, self.shop).in_(sorted(scope.shops))  # type: ignore[no-any-return]

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """What is of their shops; a merchant's users change nothing but through what the mall does."""
        del session
        if scope.owner is not None or self.shop is None:
            return False
        return values(row, self.shop) <= scope.shops

    def columns(self) -> frozenset[str]:
        """Return the merchant's, and the shop's where there is one."""
        return frozenset({self.column, self.shop} - {None})  # type: ignore[arg-type]
