"""A day at the desk added up from its requests, and replaced as a whole.

A request changes for some days: it is answered, ends, is scored, and an
agent's first word may be read from WeChat late.  So today is added up every
minute, the four days before it every ten minutes, and then no more, unless a score comes
later still and says so (`touched`).  Counting reads and may take a second;
writing takes milliseconds.  Of two that counted at once, the one who
looked earlier writes nothing.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.db import Database
from bot.db.bulk import BulkInsert
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.desk import sketches
from bot.desk.figure_models import DeskFigure, DeskFigureDay
from bot.desk.figures import COUNTS, Figures
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.requests import STILL_OPEN, UNASKED, moved
from bot.desk.routing import Rung
from bot.moments import HERE

OWN = frozenset({Rung.OWN.value, Rung.SPARE.value})
FALLBACK = frozenset({Rung.BRANCH.value, Rung.HEAD.value})
SETTLES = timedelta(days=4)  # after the end of a day
OFTEN, SELDOM = timedelta(seconds=50), timedelta(minutes=10)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
AT_A_TIME = 5_000
TABLE = table_of(DeskFigure)
_insert = BulkInsert(TABLE, ("account_id", "day", "shop_id", "agent_id", *COUNTS, "waits", "firsts"))


@dataclass(slots=True)
class Counted:
    """A day as its requests were at `at`; `figures` by shop and agent."""

    account_id: int
    day: date
    at: datetime
    wanted: int = 0
    figures: dict[tuple[int | None, int | None], Figures] = field(default_factory=dict)


def day_of(at: datetime) -> date:
    """Return the day in Shanghai."""
    return at.astimezone(HERE).date()


def begins(day: date) -> datetime:
    """Return when a day begins in Shanghai."""
    return datetime.combine(day, time_of_day(), HERE)


def rebuild(db: Database, account_id: int, *, now: datetime, seconds: float) -> int:
    """Add up the days that are due, the newest first, until the time is over; return how many were.

    Again: the same requests come to the same figures.
    """
    until = time.monotonic() + seconds
    with db.reading() as session:
        waiting = due(session, account_id, now=now)
    done = 0
    for day in waiting:
        if done and time.monotonic() >= until:
            break
        with db.reading() as session:
            counted = count(session, account_id, day, now=now)
        with db.transaction() as session:
            replace(session, counted)
        done += 1
    return done


def due(session: Session, account_id: int, *, now: datetime) -> list[date]:
    """Return the days that are to be added up, the newest first."""
    first = session.scalar(select(func.min(DeskRequest.asked_at)).where(DeskRequest.account_id == account_id))
    if first is None:
        return []
    known = {row.day: row for row in session.scalars(select(DeskFigureDay).filter_by(account_id=account_id))}
    today, begin = day_of(now), day_of(first)
    days = [today - timedelta(back) for back in range((today - begin).days + 1)]
    return [day for day in days if day not in known or _is_due(known[day], today, now)]


def touched(session: Session, account_id: int, at: datetime) -> None:
    """Note that a request asked for at that moment has changed, however long ago that was."""
    mine = update(DeskFigureDay).where(
        DeskFigureDay.account_id == account_id, DeskFigureDay.day == day_of(at)
    )
    moved(session, mine.values(wanted=DeskFigureDay.wanted + 1))


def count(session: Session, account_id: int, day: date, *, now: datetime) -> Counted:
    """Add a day up. Reads only."""
    key = {"account_id": account_id, "day": day}
    wanted = session.scalar(select(DeskFigureDay.wanted).filter_by(**key)) or 0
    counted = Counted(account_id, day, now, wanted)
    figures: dict[tuple[int | None, int | None], Figures] = defaultdict(Figures)
    known = select(Agent.id, Agent.shop_id).where(Agent.account_id == account_id)
    shops = {row.id: row.shop_id for row in session.execute(known)}
    rows = select(
        DeskRequest.shop_id,
        DeskRequest.agent_id,
        DeskRequest.state,
        DeskRequest.rung,
        DeskRequest.why,
        DeskRequest.asked_at,
        DeskRequest.opened_at,
        DeskRequest.answered_at,
        DeskRequest.score,
    ).where(
        DeskRequest.account_id == account_id,
        DeskRequest.asked_at >= begins(day),
        DeskRequest.asked_at < begins(day + timedelta(1)),
    )
    for row in session.execute(rows, execution_options={"yield_per": AT_A_TIME}):
        if row.why == "message":
            # The traveller asked once, as they left the message: there they are counted.
            if row.score is not None:
                _add_score(figures[row.shop_id, row.agent_id], row.score)
        elif row.why not in UNASKED or _is_greeted(row):
            _add(figures[row.shop_id, row.agent_id], row, shops)
    counted.figures = dict(figures)
    return counted


def replace(session: Session, counted: Counted) -> bool:
    """Put the day's figures in the place of the old; False if who looked later was there first."""
    session.flush()
    facts = {"account_id": counted.account_id, "day": counted.day}
    fresh = {**facts, "wanted": 0, "built": 0, "counted_at": NEVER}
    insert_where_free(session.connection(), table_of(DeskFigureDay), [fresh])
    mine = update(DeskFigureDay).where(
        DeskFigureDay.account_id == counted.account_id,
        DeskFigureDay.day == counted.day,
        DeskFigureDay.built <= counted.wanted,
        DeskFigureDay.counted_at < counted.at,
    )
    if not moved(session, mine.values(built=counted.wanted, counted_at=counted.at)):
        return False
    connection = session.connection()
    connection.execute(
        delete(TABLE).where(TABLE.c.account_id == counted.account_id, TABLE.c.day == counted.day)
    )
    _insert.run(connection, _rows(counted))
    return True


def _rows(counted: Counted) -> Sequence[tuple[Any, ...]]:
    return [
        (
            counted.account_id,
            counted.day,
            shop_id,
            agent_id,
            *(getattr(one, name) for name in COUNTS),
            sketches.to_document(one.waits),
            sketches.to_document(one.first),
        )
        for (shop_id, agent_id), one in counted.figures.items()
    ]


def _is_due(known: DeskFigureDay, today: date, now: datetime) -> bool:
    if known.built < known.wanted:
        return True
    is_settled = known.counted_at >= begins(known.day + timedelta(1)) + SETTLES
    return not is_settled and now - known.counted_at >= (OFTEN if known.day == today else SELDOM)


def _add(one: Figures, row: Any, shops: dict[int, int | None]) -> None:
    """Add one request."""
    if row.answered_at is not None:
        how = "own" if _is_own(row, shops) else "fallback"
    else:
        how = "open" if row.state in STILL_OPEN else "nobody"
    one.asked += 1
    setattr(one, how, getattr(one, how) + 1)
    one.messages += row.state == RequestState.MESSAGE
    if row.opened_at is not None:
        sketches.add(one.waits, (row.opened_at - row.asked_at).total_seconds())
    if row.answered_at is not None:
        sketches.add(one.first, (row.answered_at - row.asked_at).total_seconds())
    if row.score is not None:
        _add_score(one, row.score)


def _add_score(one: Figures, score: int) -> None:
    one.scored += 1
    one.score_sum += score


def _is_greeted(row: Any) -> bool:
    """Tell whether who had not asked was given a person; an agent who was told of something owes no word."""
    return bool(row.answered_at if row.why == "notice" else row.opened_at)


def _is_own(row: Any, shops: dict[int, int | None]) -> bool:
    """Tell whether the traveller's own shop answered; who has no shop is answered by the default desk."""
    if row.shop_id is None or row.rung in FALLBACK:
        return False
    return row.rung in OWN or shops.get(row.agent_id) == row.shop_id
