"""What the events of a day mean, decided from the events alone, whatever order they came in.

- A scan within ten seconds of the same fan's last touch of the same code is a repeat.
- Of several follows of a fan the earliest is the new fan; all others are returns.
- A leave counts against the channel of the fan's last touch before it; where the events know none, and not
  how the fan came, against what the fan's row said.
- A follow is lost when the fan's next leave comes within 1, 7 or 30 days.

All of it is found through the index `(fan_id, at)`, a day's events at a time.  Each question is worded once,
and asked with the `moments` of a day: to word it takes longer than to answer it of a quiet day.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement

from bot.channels.events import AGAIN
from bot.channels.models import FOLLOWS, TOUCHES, ChannelEvent, Deed, Who
from bot.db.types import UtcDateTime, table_of

HERE = ZoneInfo("Asia/Shanghai")
EVENT = table_of(ChannelEvent)
OTHERS = {"staff_scans": Who.STAFF.value, "test_scans": Who.TEST.value}
OURS = tuple(OTHERS.values())
LOST = (1, 7, 30)  # days
DAY = 86400
SOURCE = ("account_id", "channel_id", "shop_id", "staff_id", "campaign_id")
COUNTS = (
    "scans",
    "repeats",
    "follows",
    "returns",
    "leaves",
    "lost_1",
    "lost_7",
    "lost_30",
    "binds",
    "buys",
    "amount",
    "staff_scans",
    "test_scans",
)


# The moments of the day that is asked about.
START, END = (bindparam(name, type_=UtcDateTime()) for name in ("start", "end"))
SINCE, LONGEST = (bindparam(name, type_=UtcDateTime()) for name in ("since", "longest"))


class Elapsed(FunctionElement[int]):
    """Whole seconds from the second moment to the first."""

    type = Integer()
    inherit_cache = True


@compiles(Elapsed, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"floor(extract(epoch FROM {later} - {earlier}))"


@compiles(Elapsed, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"(strftime('%s', {later}) - strftime('%s', {earlier}))"


@compiles(Elapsed, "mysql", "mariadb")
def _mysql(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"timestampdiff(SECOND, {earlier}, {later})"


def day_of(at: datetime) -> date:
    """Return the day of a moment, here."""
    return at.astimezone(HERE).date()


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the moments at which the day begins and ends."""
    return datetime.combine(day, time(), HERE), datetime.combine(day + timedelta(1), time(), HERE)


def moments(day: date) -> dict[str, datetime]:
    """Return what `counted`, `left` and `visited` are executed with to ask about `day`."""
    start, end = bounds(day)
    return {"start": start, "end": end, "since": start - AGAIN, "longest": end + timedelta(max(LOST))}


@cache
def counted() -> Select[Any]:
    """Select a day's counts by source and hour, `COUNTS` in their order behind `SOURCE` and the hour.

    Leaves are counted by `left`, because where they belong has to be looked up.
    """
    facts = _facts().c
    hour = cast(func.floor(Elapsed(facts.at, START) / 3600), Integer)
    is_ours = facts.who.in_(OURS)
    seconds = int(AGAIN.total_seconds())
    gap = func.coalesce(Elapsed(facts.at, facts.touched_before), seconds + 1)
    is_repeat = and_(facts.deed == Deed.SCAN.value, gap <= seconds)
    is_scan = and_(facts.deed.in_(TOUCHES), facts.channel_id.is_not(None), ~is_repeat)
    is_follow = facts.deed.in_(FOLLOWS)
    is_new = and_(facts.deed == Deed.FOLLOW.value, facts.followed_before.is_(None))
    conditions: dict[str, Any] = {
        "scans": and_(~is_ours, is_scan),
        "repeats": and_(~is_ours, is_repeat),
        "follows": and_(~is_ours, is_new),
        "returns": and_(~is_ours, is_follow, ~is_new),
        "leaves": false(),
        **{
            f"lost_{days}": and_(~is_ours, is_follow, Elapsed(facts.left_at, facts.at) <= days * DAY)
            for days in LOST
        },
        "binds": and_(~is_ours, facts.deed == Deed.BIND.value),
        "buys": and_(~is_ours, facts.deed == Deed.BUY.value),
        **{name: and_(facts.who == other, is_scan) for name, other in OTHERS.items()},
    }
    amount = func.coalesce(func.sum(case((~is_ours, facts.amount))), 0)
    summed = [
        amount if name == "amount" else func.sum(case((conditions[name], 1), else_=0)) for name in COUNTS
    ]
    source = [facts[name] for name in SOURCE]
    return select(*source, hour, *summed).group_by(*source, hour)


@cache
def left() -> Select[Any]:
    """Select a day's leaves by source: that of the fan's last touch before, and their number.

    Where the events know no touch, nor how the fan came, it is what the fan's
    row said; where they know how, and no touch, the fan came through no code.
    """
    leaves = _leaves().c
    touch = EVENT.alias("touch")
    is_from_nowhere = and_(leaves.touch_id.is_(None), leaves.followed_before.is_not(None))
    source: list[ColumnElement[Any]] = [leaves.account_id]
    for name in SOURCE[1:]:
        found = case(
            (leaves.touch_id.is_not(None), touch.c[name]), (is_from_nowhere, null()), else_=leaves[name]
        )
        source.append(found.label(name))
    # Whether it is one of a test is up to the touch, too.
    by_touch = and_(leaves.touch_id.is_not(None), leaves.who != Who.STAFF.value)
    is_no_test = and_(is_from_nowhere, leaves.who == Who.TEST.value)
    who = case((by_touch, touch.c.who), (is_no_test, Who.FAN.value), else_=leaves.who)
    joined = leaves.touch_id.table.outerjoin(touch, touch.c.id == leaves.touch_id)
    return select(*source, func.count()).select_from(joined).where(who.not_in(OURS)).group_by(*source)


@cache
def visited() -> Select[Any]:
    """Select who came through a code on a day, by source and fan, each once; our own people left out."""
    e = EVENT.c
    return (
        select(*[e[name] for name in SOURCE], e.fan_id)
        .where(
            e.at >= START,
            e.at < END,
            e.deed.in_(TOUCHES),
            e.channel_id.is_not(None),
            e.who.not_in(OURS),
        )
        .distinct()
    )


def _facts() -> Subquery:
    """Return the day's events but leaves, each with what is to be known of the fan's others.

    The window function keeps databases from folding this into the query around
    it, where each answer would be looked up again for every count that asks.
    """
    e, after = EVENT.c, EVENT.alias("after")
    is_touch = case((e.deed.in_(TOUCHES), 1), else_=0)
    touched_before = func.lag(e.at).over(
        partition_by=(e.fan_id, e.channel_id, is_touch), order_by=(e.at, e.deed, e.id)
    )
    left_at = (
        select(func.min(after.c.at))
        .where(
            after.c.fan_id == e.fan_id,
            after.c.deed == Deed.LEAVE.value,
            after.c.at >= e.at,
            after.c.at <= LONGEST,
        )
        .scalar_subquery()
    )
    found = (
        select(
            *[e[name] for name in (*SOURCE, "at", "deed", "who", "amount")],
            touched_before.label("touched_before"),
            case((e.deed == Deed.FOLLOW.value, _followed_before()), else_=null()).label("followed_before"),
            case((e.deed.in_(FOLLOWS), left_at), else_=null()).label("left_at"),
        )
        .where(e.at >= SINCE, e.at < END, e.deed != Deed.LEAVE.value)
        .subquery("around")
    )
    return select(found).where(found.c.at >= START).subquery("facts")


def _leaves() -> Subquery:
    """Return the day's leaves, each with the fan's last touch before; a window function here, too."""
    e, before = EVENT.c, EVENT.alias("before")
    touch_id = (
        select(before.c.id)
        .where(
            before.c.fan_id == e.fan_id,
            before.c.at <= e.at,
            before.c.deed.in_(TOUCHES),
            before.c.channel_id.is_not(None),
        )
        .order_by(before.c.at.desc(), before.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            *[e[name] for name in (*SOURCE, "who")],
            touch_id.label("touch_id"),
            _followed_before().label("followed_before"),
            func.row_number().over(order_by=e.id).label("number"),
        )
        .where(e.at >= START, e.at < END, e.deed == Deed.LEAVE.value)
        .subquery("leaves")
    )


def _followed_before() -> Any:
    """Return the key of a follow of the same fan before the event; NULL where there is none."""
    e, earlier = EVENT.c, EVENT.alias("earlier")
    is_earlier = or_(earlier.c.at < e.at, and_(earlier.c.at == e.at, earlier.c.id < e.id))
    return (
        select(earlier.c.id)
        .where(earlier.c.fan_id == e.fan_id, earlier.c.at <= e.at, earlier.c.deed.in_(FOLLOWS), is_earlier)
        .limit(1)
        .scalar_subquery()
    )
