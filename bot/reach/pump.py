"""A few seconds of sending: claim what is due, hand it to threads, each at its turn.

Whatever is killed, nothing is sent twice: what was claimed comes back when its
lease ends, and what was being called is never called again unless WeChat has a
key that makes it safe (`recover`).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.reach import claiming, pace, planning
from bot.reach.claiming import KEY_HOLDS, Item
from bot.reach.contents import Content
from bot.reach.facts import Counting
from bot.reach.models import Lane, NoticeState, ReachNotice, Reason, RouteName
from bot.reach.sender import PAUSE, Giver, Sender

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime

log = logging.getLogger(__name__)

TABLE = table_of(ReachNotice)
SECONDS: Final = 4.0  # then others of this worker have their turn
DRAIN: Final = 12.0  # for what is in hand when the time is over
IDLE: Final = 0.02
LONG: Final = 0.2  # of waiting, in which what is known had better be written
AWAY: Final = 5  # calls in a row without an answer, before we leave WeChat alone for a while
CONTENTS: Final = 500  # remembered between claims


@dataclass(frozen=True, slots=True)
class Pumped:
    """What a few seconds came to."""

    taken: int
    settled: int
    more: bool


def pump(
    runtime: "Runtime",
    account: "Served",
    lane: Lane,
    *,
    besides: Counting | None = None,
    giver: Giver | None = None,
    seconds: float = SECONDS,
) -> Pumped:
    """Send what is due in the lane for so long; in the marketing lane, what is due for service goes first."""
    lanes = (Lane.SERVICE, Lane.MARKETING) if lane is Lane.MARKETING else (Lane.SERVICE,)
    crew = _Crew(runtime, account, giver)
    known: dict[int, Content] = {}
    taken = settled = 0
    until = time.monotonic() + seconds
    more = True
    with crew:
        while time.monotonic() < until and not crew.is_stopped:
            if crew.is_busy:
                time.sleep(IDLE)
                continue
            with runtime.db.transaction() as session:
                claimed = claiming.claim(
                    session,
                    account.id,
                    lanes,
                    calls_per_second=runtime.config.reach.calls_per_second,
                    known=known,
                    besides=besides,
                    now=runtime.db.time(),
                )
                more = claimed.seen > 0 or claiming.has_due(session, account.id, lane, now=runtime.db.time())
            crew.put(claimed.items, claimed)
            taken, settled = taken + len(claimed.items), settled + claimed.settled
            if not more and crew.is_empty:
                break
            if not claimed.items and not claimed.settled:
                time.sleep(IDLE * 5)
            if len(known) > CONTENTS:
                known.clear()
    if crew.is_stopped:
        with runtime.db.transaction() as session:
            pace.pause(session, account.id, until=runtime.db.time() + PAUSE / 4)
    return Pumped(taken, settled, more and not crew.is_stopped)


def recover(session: Session, account_id: int, lane: Lane, *, now: datetime) -> int:
    """Settle what a process that was killed was calling; return how many. Nobody knows if WeChat had heard.

    A template goes out again under the same key, which WeChat sends once; nothing else does.
    """
    lost = (
        TABLE.c.account_id == account_id,
        TABLE.c.lane == lane.value,
        TABLE.c.state == NoticeState.CALLING.value,
        or_(TABLE.c.leased_until.is_(None), TABLE.c.leased_until <= now),
    )
    by_key = (TABLE.c.route == RouteName.TEMPLATE.value, TABLE.c.called_at > now - KEY_HOLDS)
    connection = session.connection()
    again = {
        "state": NoticeState.WAITING.value,
        "reason": Reason.KILLED.value,
        "leased_until": None,
    }
    count = connection.execute(update(TABLE).where(*lost, *by_key).values(**again)).rowcount
    unsure = {
        "state": NoticeState.UNSURE.value,
        "reason": Reason.KILLED.value,
        "leased_until": None,
    }
    return count + connection.execute(update(TABLE).where(*lost).values(**unsure)).rowcount


def go_on(session: Session, account_id: int, lane: Lane, *, now: datetime) -> None:
    """Promise the next few seconds."""
    planning.pump(session, [(account_id, lane)], now=now)


class _Crew:
    """The threads of one pump, each with a sender; they end with the block, and nothing in hand is lost."""

    def __init__(self, runtime: "Runtime", account: "Served", giver: Giver | None) -> None:
        self._runtime = runtime
        self._giver = giver
        self._account = account
        self._waiting: queue.Queue[Item | None] = queue.Queue()
        self._in_hand = 0
        self._guard = threading.Lock()
        self._senders: list[Sender] = []
        self._threads: list[threading.Thread] = []
        self._settings = claiming.Claim().settings
        self._free = 0.0  # when this process may call next, by its own clock
        self.is_stopped = False

    @property
    def is_busy(self) -> bool:
        """Whether there is enough in hand."""
        return self._waiting.qsize() > 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in hand."""
        return self._in_hand == 0

    def put(self, items: Sequence[Item], claimed: claiming.Claim) -> None:
        """Hand out what was claimed."""
        self._settings = claimed.settings
        with self._guard:
            self._in_hand += len(items)
        while len(self._threads) < min(len(items), self._most) and len(self._threads) < self._most:
            thread = threading.Thread(target=self._run, name="sender", daemon=True)
            self._threads.append(thread)
            thread.start()
        for item in items:
            self._waiting.put(item)

    @property
    def _most(self) -> int:
        # SQLite has one writer; more threads would only wait for it.
        return min(self._runtime.config.reach.threads, 2 if self._runtime.db.dialect == "sqlite" else 64)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        until = time.monotonic() + DRAIN
        while not self.is_empty and not self.is_stopped and time.monotonic() < until:
            time.sleep(IDLE)
        left: list[Item] = []
        while not self._waiting.empty():
            item = self._waiting.get()
            if item is not None:
                left.append(item)
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout=DRAIN)
        if left:
            with self._runtime.db.transaction() as session:
                claiming.give_back(session, left)

    def _run(self) -> None:
        sender = Sender(self._runtime, self._account, self._settings, self._giver)
        while True:
            try:
                item = self._waiting.get(timeout=IDLE)
            except queue.Empty:
                self._guarded(sender.flush)
                continue
            if item is None:
                self._guarded(sender.flush)
                return
            self._one(sender, item)

    def _one(self, sender: Sender, item: Item) -> None:
        wait = self._turn(item)
        if wait > LONG:
            self._guarded(sender.flush)
        time.sleep(max(0.0, wait))
        sender.settings = self._settings
        self._guarded(lambda: sender.send(item))
        with self._guard:
            self._in_hand -= 1
        if sender.troubles >= AWAY:
            self.is_stopped = True

    def _turn(self, item: Item) -> float:
        """Return how long to wait for the item's turn. What is late goes at the rate, not in a burst."""
        step = 1 / self._settings.calls_per_second
        with self._guard:
            now = time.monotonic()
            begins = max(now + (item.at - self._runtime.db.time()).total_seconds(), self._free)
            self._free = max(begins, now) + step
            return begins - now

    def _guarded(self, work: Callable[[], object]) -> None:
        """Run it; what fails is logged and its notice comes back with its lease."""
        try:
            work()
        except Exception:
            log.exception("sender stumbled")
            self.is_stopped = True
