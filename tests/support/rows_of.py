"""A row of every table, made from what the tables say of themselves: whose it is, and nothing else about it.

    Rows(connection, "乙密", number=777).make_all()

Every row has the same number for a key, and words nobody else's row has, so that one can ask any address
for the number and look for the words in any answer.  What is nobody's (`SHARED`, `HEAD_OFFICE`) is made once.
"""

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, LargeBinary, String, Table, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.types import JSON

from bot.accounts.models import Account
from bot.db import HEAD_OFFICE, SHARED, Base, utc_now
from bot.db.scope import ByMakerOrShared, Through
from bot.db.types import UtcDateTime, table_of
from bot.demo.levels import LADDER
from bot.levels import ladder
from bot.mall.models import MallItem, MallItemShop, MallMerchant, MallPicture
from bot.tables import TABLES

NOBODYS = 555
MODELS: dict[Table, type[Base]] = {table_of(model): model for model in TABLES}
# What a column's type does not say.
MEANT = {
    "member_level.period_end": date(2026, 12, 31),
    "coupon_version.terms": {"kind": "amount", "amount": 100, "dates": {"days": 3}},
    "earning_day_rule.taken": 0,
    "earning_version.definition": {"rules": [], "groups": []},
    "level_version.definition": ladder.write(LADDER),
    "point_entry.kind": "adjust",
    "purchase.refunded": 0,
    "tag.kind": "manual",
}


# One shelf for all shops: whoever works for a shop reads all of it, a merchant's people only what is theirs.
SHELF = {MallItem, MallItemShop, MallMerchant, MallPicture}


def is_somebodys(model: type[Base]) -> bool:
    """Tell whether rows of the model belong to a shop or a person."""
    return model.__scope__ not in {SHARED, HEAD_OFFICE} and model not in SHELF


class Rows:
    """The rows of one side."""

    def __init__(self, connection: Connection, mark: str, *, number: int) -> None:
        self._connection = connection
        self.mark = mark
        self.number = number
        self._under_way: set[Table] = set()
        self._made: set[Table] = set()

    def make_all(self, *, nobodys: bool = True) -> None:
        """Make this side's rows, and nobody's; without `nobodys` only those of them that somebody's point at."""
        for model in TABLES:
            if nobodys or is_somebodys(model):
                self.make(table_of(model))

    def make(self, table: Table) -> None:
        """Make this side's row of the table, and first what it points at."""
        model = MODELS[table]
        if table in self._made or table in self._under_way or self._is_there(table):
            return
        self._under_way.add(table)
        values = {column.key: self._value(model, column) for column in table.c if self._is_given(column)}
        self._connection.execute(insert(table).values(values))
        self._under_way.remove(table)
        self._made.add(table)

    def key(self, table: Table) -> int:
        """Return the key of this side's row of the table."""
        if table is table_of(Account):
            return 1
        return self.number if is_somebodys(MODELS[table]) else NOBODYS

    def _is_there(self, table: Table) -> bool:
        """Tell whether somebody else made nobody's row; a database begins with some rows of its own."""
        if is_somebodys(MODELS[table]):
            return False
        wanted = select(func.count()).select_from(table)
        return bool(
            self._connection.scalar(
                wanted.where(table.c.id == self.key(table)) if "id" in table.c else wanted
            )
        )

    def _is_given(self, column: Any) -> bool:
        if column.primary_key or column.foreign_keys or not column.nullable:
            return True
        return isinstance(column.type, String) or column.key.endswith("_id")

    def _value(self, model: type[Base], column: Any) -> Any:
        if column.foreign_keys:
            return self._reference(column)
        rule = model.__scope__
        if isinstance(rule, Through) and column.key == rule.column:
            self.make(table_of(rule.model))
            return self.key(table_of(rule.model))
        if isinstance(rule, ByMakerOrShared) and column.key == rule.shared:
            return None  # their own, and not shared
        if column.key == "account_id":
            return 1
        is_number = not isinstance(column.type, (String, LargeBinary, Date, UtcDateTime, Boolean))
        if is_number and (column.key.endswith(("_id", "_key")) or column.primary_key):
            return self.key(table_of(model))
        return self._plain(model, column)

    def _reference(self, column: Any) -> Any:
        [foreign] = column.foreign_keys
        target = foreign.column.table
        if column.nullable and (target is column.table or target in self._under_way):
            return None  # a circle of tables ends here
        self.make(target)
        return self.key(target)

    def _plain(self, model: type[Base], column: Any) -> Any:
        kind = column.type
        if str(column) in MEANT:
            return MEANT[str(column)]
        if isinstance(kind, UtcDateTime):
            return utc_now()
        if isinstance(kind, Date):
            return date(2026, 6, 1)
        if isinstance(kind, String):
            words = f"{self.mark if is_somebodys(model) else ''}{column.key}"
            return words[: kind.length or 60]
        if isinstance(kind, LargeBinary):
            return self.number.to_bytes(kind.length or 16, "big")
        if isinstance(kind, Boolean):
            return False
        return {} if isinstance(kind, JSON) else 1
