"""A day's figures: replaced as a whole, in a short transaction, by what its events say.

Counting reads and may take seconds; writing takes milliseconds, so SQLite's
other writers do not wait.  `wanted` and `built` of the day decide between two
that counted at once: figures counted earlier never replace later ones.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pyroaring import BitMap
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from bot.channels.figures import facts
from bot.channels.figures.models import ChannelDay, ChannelFigure, ChannelHour, ShopVisitors
from bot.channels.models import ChannelEvent
from bot.db.bulk import BulkInsert, Row
from bot.db.types import table_of

Source = tuple[int | None, ...]
GATHERED = {"yield_per": 50_000}
HOURLY = ("scans", "follows")
_figures = BulkInsert(table_of(ChannelFigure), ("day", *facts.SOURCE, *facts.COUNTS, "visitors"))
_hours = BulkInsert(table_of(ChannelHour), ("day", "hour", *facts.SOURCE, *HOURLY))
_shops = BulkInsert(table_of(ShopVisitors), ("day", "account_id", "shop_id", "visitors"))


@dataclass(slots=True)
class Counted:
    """A day as its events were when `wanted` was read: the rows of its three tables."""

    day: date
    wanted: int
    figures: list[Row] = field(default_factory=list)
    hours: list[Row] = field(default_factory=list)
    shops: list[Row] = field(default_factory=list)


def want(session: Session, days: Collection[date]) -> None:
    """Note that the events of these days have changed."""
    table = table_of(ChannelDay)
    rows = [{"day": day, "wanted": 1, "built": 0} for day in sorted(days)]
    if not rows:
        return
    connection = session.connection()
    name = connection.dialect.name
    if name in {"mysql", "mariadb"}:
        add = mysql.insert(table).values(rows)
        connection.execute(add.on_duplicate_key_update(wanted=table.c.wanted + 1))
        return
    put = (postgresql.insert if name == "postgresql" else sqlite.insert)(table).values(rows)
    connection.execute(put.on_conflict_do_update(index_elements=["day"], set_={"wanted": table.c.wanted + 1}))


def want_all(session: Session, *, since: date | None = None) -> int:
    """Note that every day between the first and the last event is to be added up; return how many.

    Days before `since` stay as they are: their events are gone, or are just going.
    """
    first, last = session.execute(select(func.min(ChannelEvent.at), func.max(ChannelEvent.at))).one()
    known = set(session.scalars(select(ChannelDay.day)))
    if first is not None:
        begin, end = facts.day_of(first), facts.day_of(last)
        known |= {begin + timedelta(number) for number in range((end - begin).days + 1)}
    known = {day for day in known if since is None or day >= since}
    want(session, known)
    return len(known)


def stale(session: Session) -> list[date]:
    """Return the days whose figures are older than their events, the newest day first."""
    wanted = select(ChannelDay.day).where(ChannelDay.built < ChannelDay.wanted)
    return list(session.scalars(wanted.order_by(ChannelDay.day.desc())))


def count(session: Session, day: date) -> Counted:
    """Add a day up. Reads only."""
    counted = Counted(day, session.scalar(select(ChannelDay.wanted).filter_by(day=day)) or 0)
    size, moments = len(facts.SOURCE), facts.moments(day)
    place = {name: number for number, name in enumerate(facts.COUNTS)}
    sums: dict[Source, list[int]] = defaultdict(lambda: [0] * len(facts.COUNTS))
    for row in session.execute(facts.counted(), moments):
        source, hour, values = tuple(row[:size]), row[size], [int(value) for value in row[size + 1 :]]
        sums[source] = [one + more for one, more in zip(sums[source], values, strict=True)]
        came = values[place["follows"]] + values[place["returns"]]
        if values[place["scans"]] or came:
            counted.hours.append((day, hour, *source, values[place["scans"]], came))
    for row in session.execute(facts.left(), moments):
        sums[tuple(row[:size])][place["leaves"]] += row[size]
    people = _visitors(session, day)
    for source, values in sums.items():
        visitors = people[source].serialize() if source in people else None
        counted.figures.append((day, *source, *values, visitors))
    counted.shops = [(day, *shop, found.serialize()) for shop, found in _by_shop(people).items()]
    return counted


def replace(session: Session, counted: Counted, *, now: datetime) -> bool:
    """Put the day's figures in the place of the old; False if a later count was there first."""
    mine = (
        update(ChannelDay)
        .where(ChannelDay.day == counted.day, ChannelDay.built < counted.wanted)
        .values(built=counted.wanted, rebuilt_at=now)
    )
    connection = session.connection()
    if not connection.execute(mine).rowcount:
        return False
    for model, into, rows in (
        (ChannelFigure, _figures, counted.figures),
        (ChannelHour, _hours, counted.hours),
        (ShopVisitors, _shops, counted.shops),
    ):
        table = table_of(model)
        connection.execute(delete(table).where(table.c.day == counted.day))
        into.run(connection, rows)
    return True


def _visitors(session: Session, day: date) -> dict[Source, BitMap]:
    gathered: dict[Source, list[int]] = defaultdict(list)
    for *source, fan_id in session.execute(facts.visited(), facts.moments(day), execution_options=GATHERED):
        gathered[tuple(source)].append(fan_id)
    return {source: BitMap(ids) for source, ids in gathered.items()}


def _by_shop(people: dict[Source, BitMap]) -> dict[Source, BitMap]:
    account, shop = facts.SOURCE.index("account_id"), facts.SOURCE.index("shop_id")
    gathered: dict[Source, list[BitMap]] = defaultdict(list)
    for source, found in people.items():
        gathered[source[account], source[shop]].append(found)
    return {key: BitMap.union(*found) for key, found in gathered.items()}
