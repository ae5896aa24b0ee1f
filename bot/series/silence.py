"""Noticing that nothing was heard of fans for days: all of them, a window of their keys at a time."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.fans.models import Fan, Standing
from bot.series import entering
from bot.series.book import Book, Cause
from bot.series.models import SeriesRun, Trigger

WINDOW = 5_000


def newest(session: Session) -> int:
    """Return the key of the newest fan: a look ends there."""
    return session.scalar(select(func.max(Fan.id))) or 0


def look(session: Session, book: Book, *, after: int, now: datetime) -> int:
    """Take in the silent ones among the next fans after the key `after`; return the last key looked at.

    Looked at again: the same silence takes nobody in twice.
    """
    until = after + WINDOW
    entries = book.entries.get(Trigger.SILENCE, ())
    ripe = []
    for one in entries:
        silent = Fan.last_interaction_at <= now - timedelta(days=one.days)
        # Who entered since then has been noticed; most silences are old ones, and stay.
        noticed = select(SeriesRun.id).where(
            SeriesRun.series_id == one.id,
            SeriesRun.fan_id == Fan.id,
            SeriesRun.entered_at > Fan.last_interaction_at,
            SeriesRun.tempo == 1,
        )
        mine = (Fan.account_id == one.account_id) & silent & ~noticed.exists()
        if one.silent_since is not None:  # only those whose days were full after the series was switched on
            mine &= Fan.last_interaction_at > one.silent_since - timedelta(days=one.days)
        ripe.append(mine)
    if not ripe:
        return until
    columns = (Fan.id, Fan.account_id, Fan.last_shop_id, Fan.last_interaction_at, Fan.staff_id)
    wanted = select(*columns).where(
        Fan.id > after, Fan.id <= until, Fan.standing != Standing.LEFT.value, or_(*ripe)
    )
    rows = session.execute(wanted).all()
    for one in entries:
        causes = [
            Cause(
                row.account_id,
                row.id,
                Trigger.SILENCE,
                row.last_interaction_at,
                shop_id=row.last_shop_id,
                is_test=row.staff_id is not None,
            )
            for row in rows
            if _is_silent(row.last_interaction_at, one.days, one.silent_since, now)
        ]
        entering.enter(session, Book({Trigger.SILENCE: [one]}), causes, now=now)
    return until


def _is_silent(since: datetime, days: int, counted_from: datetime | None, now: datetime) -> bool:
    full_at = since + timedelta(days=days)
    return full_at <= now and (counted_from is None or full_at > counted_from)
