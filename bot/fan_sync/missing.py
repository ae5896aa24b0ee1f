"""The last phase: who was thought to follow, and is not in the list.

The list is asked for page by page while people come and go, so not being in it
proves nothing; WeChat is asked of each of them, and has the last word.
"""

import time
from array import array
from typing import Final

from sqlalchemy import func, select

from bot.fan_sync import runs, writing
from bot.fan_sync.models import FanSyncRun, RunState
from bot.fan_sync.runs import PART, RUN
from bot.fan_sync.turn import Turn
from bot.fans.models import Standing
from bot.fans.rows import TABLE as FAN

WINDOW: Final = 20_000  # keys looked through in one statement
AT_ONCE: Final = 100  # fans asked for, and written, at once
MOST_UNREAD: Final = 2_000


class Seen:
    """The fans a run met, a bit each: a million are 125 kilobytes."""

    def __init__(self, last: int) -> None:
        self._bits = bytearray(last // 8 + 1)
        self._last = last

    def add(self, ids: bytes) -> None:
        """Add the ids of a part; those beyond the last are of rows newer than the look."""
        for one in array("q", ids):
            if one <= self._last:
                self._bits[one >> 3] |= 1 << (one & 7)

    def __contains__(self, fan_id: int) -> bool:
        return bool(self._bits[fan_id >> 3] & 1 << (fan_id & 7))


def look_up_some(turn: Turn, run: FanSyncRun) -> bool:
    """Ask after those who are missing until the turn is over; True when the run has ended.

    Whom WeChat does not know at all is left as they are, and counted as not
    read: a server with another account's key would know nobody.  After
    thousands of them no more are asked for.
    """
    with turn.db.reading() as session:
        last = session.scalar(select(func.max(FAN.c.id))) or 0
        seen = Seen(last)
        parts = select(PART.c.fan_ids).where(PART.c.run_id == turn.run_id, PART.c.read.is_(True))
        for ids in session.connection().execution_options(yield_per=200).scalars(parts):
            seen.add(ids)
    low, unread = run.looked_up_to, run.unread
    while time.monotonic() < turn.until:
        low, missing = _missing(turn, run, seen, low, last)
        if missing:
            unread += _ask_after(turn, missing, low)
            turn.tell()
        if low >= last or unread >= MOST_UNREAD:
            now = turn.db.time()
            with turn.db.transaction() as session:
                turn.own(session, now=now)
                return runs.end(session, turn.run_id, RunState.DONE, now=now)
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        turn.keep(session, now=now, looked_up_to=low)
    return False


def _missing(turn: Turn, run: FanSyncRun, seen: Seen, low: int, last: int) -> tuple[int, list[str]]:
    """Return how far was looked, and the OpenIDs of the next fans who are missing."""
    missing: list[str] = []
    with turn.db.reading() as session:
        while low < last and time.monotonic() < turn.until:
            wanted = select(FAN.c.id, FAN.c.openid).where(
                FAN.c.id > low,
                FAN.c.id <= min(last, low + WINDOW),
                FAN.c.account_id == turn.account_id,
                FAN.c.standing == Standing.FOLLOWING.value,
                FAN.c.created_at < run.started_at,
            )
            for fan_id, openid in session.execute(wanted.order_by(FAN.c.id)):
                if fan_id not in seen:
                    missing.append(openid)
                    if len(missing) == AT_ONCE:
                        return fan_id, missing
            low = min(last, low + WINDOW)
    return low, missing


def _ask_after(turn: Turn, openids: list[str], low: int) -> int:
    """Write what WeChat says of them, and return of how many it said nothing."""
    profiles = turn.asking.begin(openids).result()
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        written = writing.write(session, turn.account_id, profiles.said, asked_at=profiles.asked_at, now=now)
        turn.note(
            session,
            written.found,
            now=now,
            calls=RUN.c.calls + profiles.calls,
            unread=RUN.c.unread + len(openids) - len(profiles.said),
            looked_up_to=low,
        )
    return len(openids) - len(profiles.said)
