"""Which tables may be cut by month, and what PostgreSQL says of one that is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, text

from bot.channels.models import ChannelEvent
from bot.db.types import table_of
from bot.errors import YizhanError
from bot.links.models import LinkClick
from bot.messages.models import Message
from bot.moments import HERE

_BOUNDS = re.compile(r"FROM \('?([^')]+)'?\) TO \('?([^')]+)'?\)")


class CannotPartition(YizhanError):
    """The operator's move: this table, or this database, cannot be cut. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A table that is only appended to, and the moment its months are told apart by.

    Every unique key of a cut table has to hold that moment, so it must be one
    that the key decides: a message's key is made of WeChat's CreateTime among
    others, so the same key always has the same `sent_at`.  `released` are keys
    of which that is not true, and which nothing leans on any more.
    """

    model: Any
    by: str
    released: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table's name."""
        return table_of(self.model).name

    @property
    def rest(self) -> str:
        """The name of the partition for moments that no other one is for."""
        return f"{self.table}_rest"

    def month(self, first: date) -> str:
        """Return the name of the partition of the month that begins on `first`."""
        return f"{self.table}_{first:%Y_%m}"

    def before(self, first: date) -> str:
        """Return the name that the whole table has as the first partition, up to `first`."""
        return f"{self.table}_before_{first:%Y_%m}"


TABLES: Sequence[Parted] = (
    # Which signed queries were used is kept in `plain_push` since migration 0031.
    Parted(Message, "sent_at", released=("uq_message_push",)),
    Parted(ChannelEvent, "at"),
    Parted(LinkClick, "at"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One partition: from `low` (None: the beginning) up to `high`. The rest has neither."""

    name: str
    low: datetime | None
    high: datetime | None

    @property
    def is_rest(self) -> bool:
        """Whether it takes what no other one is for."""
        return self.high is None

    def holds(self, moment: datetime) -> bool:
        """Tell whether rows of that moment go here."""
        return self.high is not None and moment < self.high and (self.low is None or self.low <= moment)


def parts(connection: Connection, parted: Parted) -> list[Part]:
    """Return the partitions of the table, oldest first; none if it is whole, or not PostgreSQL's."""
    if connection.dialect.name != "postgresql":
        return []
    rows = connection.execute(
        text(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(:name) AND c.relispartition"
        ),
        {"name": parted.table},
    ).all()
    found = [_part(name, bounds) for name, bounds in rows]
    return sorted(found, key=lambda part: (part.is_rest, part.high, part.name))


def outside_months(parted: Parted, found: Sequence[Part]) -> ColumnElement[bool] | None:
    """Return the condition on rows that lie in no partition of one month; None if there is no such one.

    These are deleted row by row: their partitions do not end for years, or never.
    """
    months = [part for part in found if part.low is not None]
    if not months:
        return None
    by = getattr(parted.model, parted.by)
    return or_(by < months[0].low, by >= months[-1].high)


def month_of(moment: datetime) -> date:
    """Return the first day of the month, here, in which `moment` lies."""
    return moment.astimezone(HERE).date().replace(day=1)


def following(first: date, months: int = 1) -> date:
    """Return the first day of the month that is so many after that of `first`."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def midnight(day: date) -> datetime:
    """Return the moment at which the day begins, here."""
    return datetime.combine(day, time(), HERE)


def _part(name: str, bounds: str) -> Part:
    told = _BOUNDS.search(bounds)
    if told is None:
        return Part(name, None, None)
    low, high = told.groups()
    return Part(
        name, None if low == "MINVALUE" else datetime.fromisoformat(low), datetime.fromisoformat(high)
    )
