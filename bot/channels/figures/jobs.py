"""Keeping the figures of channels current: which days have changed, and adding those up."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.figures import days, facts
from bot.channels.figures.models import ChannelMark
from bot.channels.models import FOLLOWS, ChannelEvent, Deed
from bot.db import Database, utc_now
from bot.moments import first_day

if TYPE_CHECKING:
    from bot.runtime import Runtime

ONE = 1
BATCH = 5_000
SECONDS = 15.0  # a job may take thirty
# An event whose transaction began earlier may commit after one with a higher key.
SETTLED = timedelta(seconds=30)
FANS_AT_ONCE = 500


def add_up(runtime: "Runtime") -> None:
    """Find the days that events have changed, and add up as many of them as time allows, the newest first.

    Run twice: the mark moves in the transaction that notes the days, and a day
    is replaced as a whole, so the second run writes the same or nothing.
    """
    # A purchase told years later is of a day whose other events are gone: its figures are all there is.
    since = first_day(runtime.config.privacy.event_months, now=utc_now())
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with runtime.db.transaction() as session:
            if not note(session, now=utc_now(), since=since):
                break
    rebuild(runtime.db, seconds=until - time.monotonic())


def rebuild(db: Database, *, seconds: float) -> int:
    """Add up stale days until none is left or the time is over; return how many were.

    Counting is outside of the transaction that writes (`bot.channels.figures.days`).
    """
    until = time.monotonic() + seconds
    with db.reading() as session:
        waiting = days.stale(session)
    for number, day in enumerate(waiting):
        if time.monotonic() >= until:
            return number
        rebuild_day(db, day, now=utc_now())
    return len(waiting)


def rebuild_day(db: Database, day: date, *, now: datetime) -> None:
    """Add one day up and replace its figures."""
    with db.reading() as session:
        counted = days.count(session, day)
    with db.transaction() as session:
        days.replace(session, counted, now=now)


def note(session: Session, *, now: datetime, since: date = date.min) -> bool:
    """Note the days from `since` that the next events have changed; True if there may be more."""
    mark = session.get(ChannelMark, ONE, with_for_update=True)
    if mark is None:
        mark = ChannelMark(id=ONE, event_id=0)
        session.add(mark)
        session.flush()  # a second one at it for the first time fails here, and comes back
    columns = (
        ChannelEvent.id,
        ChannelEvent.fan_id,
        ChannelEvent.at,
        ChannelEvent.deed,
        ChannelEvent.noted_at,
    )
    wanted = select(*columns).where(ChannelEvent.id > mark.event_id).order_by(ChannelEvent.id).limit(BATCH)
    rows = session.execute(wanted).all()
    settled = [row for row in rows if row.noted_at <= now - SETTLED]
    first_unsettled = next((row.id for row in rows if row.noted_at > now - SETTLED), None)
    if first_unsettled is not None:
        settled = [row for row in settled if row.id < first_unsettled]
    if not settled:
        return False
    days.want(session, {day for day in _changed_by(session, settled) if day >= since})
    mark.event_id = settled[-1].id
    return len(settled) == BATCH


def skip_to_end(session: Session, *, now: datetime) -> None:
    """Move the mark past every event that is settled, for whoever has all days counted anew."""
    # The newest few are looked at one by one: nothing else is asked by `noted_at`, so it has no index.
    newest = select(ChannelEvent.id, ChannelEvent.noted_at).order_by(ChannelEvent.id.desc())
    last = 0
    for key, noted_at in session.execute(newest.limit(BATCH)):
        last = (last or key) if noted_at <= now - SETTLED else 0
    mark = session.get(ChannelMark, ONE, with_for_update=True)
    if mark is None:
        mark = ChannelMark(id=ONE, event_id=0)
        session.add(mark)
    mark.event_id = max(mark.event_id, last)
    session.flush()


def _changed_by(session: Session, rows: Sequence[Any]) -> set[date]:
    """Return the days whose figures these events change.

    Their own; for a leave, those of the follows it may end; and for one that
    comes late, those of what the fan did after it.
    """
    changed = {facts.day_of(row.at) for row in rows}
    by_fan: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_fan[row.fan_id].append(row)
    longest = timedelta(max(facts.LOST))
    fan_ids = sorted(by_fan)
    for place in range(0, len(fan_ids), FANS_AT_ONCE):
        some = fan_ids[place : place + FANS_AT_ONCE]
        since = min(row.at for fan_id in some for row in by_fan[fan_id]) - longest
        others = select(ChannelEvent.fan_id, ChannelEvent.at, ChannelEvent.deed).where(
            ChannelEvent.fan_id.in_(some), ChannelEvent.at >= since
        )
        for other in session.execute(others):
            is_follow = other.deed in FOLLOWS
            for row in by_fan[other.fan_id]:
                ends = row.deed == Deed.LEAVE and is_follow and row.at - longest <= other.at <= row.at
                if ends or other.at > row.at:
                    changed.add(facts.day_of(other.at))
    return changed
