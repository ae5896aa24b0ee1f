"""Turns at calling WeChat: so many a second for an account, whatever the number of processes.

The row is the clock that all of them share, so no Redis is needed for it; who
has it locked is alone in claiming the account's notices, too.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.moments import HERE
from bot.reach.models import ReachPace, RouteName

TABLE = table_of(ReachPace)


def lock(session: Session, account_id: int, *, now: datetime) -> ReachPace:
    """Return the account's row, locked until the transaction ends."""
    wanted = (
        select(ReachPace)
        .where(ReachPace.account_id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = session.scalar(wanted)
    if row is None:
        new = {"account_id": account_id, "free_at": now, "closed": {}, "templates": 0}
        insert_where_free(session.connection(), TABLE, [new])
        row = session.scalars(wanted).one()
    return row


def take(pace: ReachPace, turns: int, *, calls_per_second: float, now: datetime) -> datetime:
    """Take so many turns and return when the first of them is; the others follow at the account's rate."""
    first = max(now, pace.free_at)
    pace.free_at = first + timedelta(seconds=turns / calls_per_second)
    return first


def pause(session: Session, account_id: int, *, until: datetime) -> None:
    """Call nobody of the account before `until`."""
    mine = TABLE.c.account_id == account_id
    session.connection().execute(update(TABLE).where(mine, TABLE.c.free_at < until).values(free_at=until))


def close(session: Session, account_id: int, route: RouteName, *, until: datetime, now: datetime) -> None:
    """Note that WeChat takes nothing by this route until then."""
    pace = lock(session, account_id, now=now)
    open_again = {name: at for name, at in pace.closed.items() if datetime.fromisoformat(at) > now}
    pace.closed = {**open_again, route.value: until.isoformat()}


def templates_today(pace: ReachPace, *, now: datetime) -> int:
    """Return how many templates were sent today, by the calendar of WeChat's quotas."""
    return pace.templates if pace.templates_day == today(now) else 0


def count_template(pace: ReachPace, *, now: datetime) -> None:
    """Count one template that is about to be sent."""
    pace.templates, pace.templates_day = templates_today(pace, now=now) + 1, today(now)


def today(now: datetime) -> date:
    """Return the day in Beijing."""
    return now.astimezone(HERE).date()
