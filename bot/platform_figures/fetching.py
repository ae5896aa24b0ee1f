"""Asking WeChat for the days that are missing, a call and a transaction at a time."""

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.db import Database, utc_now
from bot.db.types import table_of
from bot.db.upsert import insert_or_set, insert_where_free
from bot.errors import BadRequest
from bot.moments import HERE
from bot.platform_figures.models import PlatformDay, PlatformLook
from bot.platform_figures.parts import PARTS, Part, Told, window

READY: Final = 8  # o'clock in Beijing: then yesterday's figures are there
BEGINNING: Final = date(2014, 12, 1)  # WeChat has no older ones
OUT_OF_RANGE: Final = 61501
DAY, LOOK = table_of(PlatformDay), table_of(PlatformLook)


class Line(Protocol):
    """What is asked of WeChat (`bot.wechat.gateway.AccountGateway`)."""

    def figures(self, name: str, first: date, last: date) -> list[dict[str, Any]]: ...  # noqa: D102


def newest(now: datetime) -> date:
    """Return the last day WeChat has figures of: yesterday, and before eight o'clock the day before."""
    there = now.astimezone(HERE)
    return there.date() - timedelta(1 if there.hour >= READY else 2)


class Fetching:
    """One account's missing days."""

    def __init__(self, db: Database, line: Line, account_id: int) -> None:
        self._db = db
        self._line = line
        self._account_id = account_id

    def run(self, *, seconds: float, now: datetime) -> bool:
        """Make calls until nothing is missing (True) or the time is over (False); raise what WeChat answers.

        The newest days of every part come first, then a year back, a call of
        each part in turn.  What was told is written at once, so the next run
        asks only for the rest; run twice, the second finds nothing missing.
        """
        until = time.monotonic() + seconds
        yesterday = newest(now)
        oldest = BEGINNING
        while True:
            is_done = True
            for part in PARTS:
                days = self._missing(part, yesterday, oldest)
                if days is None:
                    continue
                if time.monotonic() >= until:
                    return False
                is_done = False
                oldest = max(oldest, self._ask(part, *days))
            if is_done:
                return True

    def _missing(self, part: Part, yesterday: date, oldest: date) -> tuple[date, date] | None:
        first = yesterday - timedelta(part.back)
        wanted = select(DAY.c.day).where(
            DAY.c.account_id == self._account_id, DAY.c.day >= first, DAY.c[part.mark].is_not(None)
        )
        with self._db.reading() as session:
            known = set(session.execute(wanted).scalars())
        return window(part, known, yesterday=yesterday, oldest=oldest)

    def _ask(self, part: Part, first: date, last: date) -> date:
        """Ask for these days and keep them; return the first day that there is any use in asking for."""
        days = [first + timedelta(number) for number in range((last - first).days + 1)]
        oldest = BEGINNING
        try:
            told = part.read(self._line.figures(part.call, first, last), days)
        except BadRequest as error:
            if error.code != OUT_OF_RANGE or last == newest(utc_now()):
                raise
            # From before there was an account: it is noted as told, so that it is not asked for every hour.
            told, oldest = Told({}), last + timedelta(1)
        now = utc_now()
        with self._db.transaction() as session:
            keep(session, self._account_id, part, days, told, now=now)
        return oldest


def keep(
    session: Session, account_id: int, part: Part, days: Sequence[date], told: Told, *, now: datetime
) -> None:
    """Replace what was known of these days by what was told. Run twice: the same stands there."""
    connection = session.connection()
    # In the order of the days, so that two who write the same wait for each other in no circle.
    insert_where_free(connection, DAY, [{"account_id": account_id, "day": day} for day in sorted(days)])
    for day in sorted(days):
        numbers = {part.mark: now, **told.days.get(day, {})}
        connection.execute(
            update(DAY).where(DAY.c.account_id == account_id, DAY.c.day == day).values(numbers)
        )
    if part.table is not None:
        table = table_of(part.table)
        connection.execute(delete(table).where(table.c.account_id == account_id, table.c.day.in_(days)))
        if told.rows:
            connection.execute(table.insert(), [{"account_id": account_id, **row} for row in told.rows])


def note(session: Session, account_id: int, trouble: str | None, *, now: datetime) -> None:
    """Keep that the figures were asked for, and what kept them from coming."""
    values = {"account_id": account_id, "looked_at": now, "trouble": trouble and trouble[:400]}
    insert_or_set(session.connection(), LOOK, values, key="account_id", changed="looked_at")
    session.connection().execute(
        update(LOOK).where(LOOK.c.account_id == account_id).values(trouble=values["trouble"])
    )
