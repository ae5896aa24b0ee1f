"""What a run asks WeChat: paced, some calls at once, and one bad OpenID found by halves."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, Self

from bot.db import utc_now
from bot.errors import BadRequest, FanUnreachable
from bot.fan_sync.comparing import Said
from bot.wechat.interfaces.fans import INFOS_PER_CALL, FollowerPage

LEAST_CALLS: Final = 15
MOST_CALLS: Final = 40
NOT_OURS: Final = frozenset({40003, 49003})  # "no OpenID of this account": the one thing halving can find


class Line(Protocol):
    """What is asked of WeChat (`bot.wechat.gateway.AccountGateway`)."""

    def tag_list(self) -> list[dict[str, Any]]: ...  # noqa: D102
    def followers(self, next_openid: str = "") -> FollowerPage: ...  # noqa: D102
    def blacklist(self, begin_openid: str = "") -> FollowerPage: ...  # noqa: D102
    def user_infos(self, openids: Sequence[str]) -> list[dict[str, Any]]: ...  # noqa: D102


class Pace:
    """At most so many calls a second, evenly, whichever thread makes them."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.per_second = per_second
        self._gap = 1.0 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next call may be made."""
        with self._lock:
            now = self._clock()
            mine = max(now, self._next)
            self._next = mine + self._gap
        if mine > now:
            self._sleep(mine - now)


@dataclass(slots=True)
class Profiles:
    """What WeChat said of some OpenIDs, in how many calls, asked when; `refused` are not of this account."""

    asked_at: datetime
    said: dict[str, Said] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    calls: int = 0


class Asking:
    """One account's line, with the pace of a run. Use it as a context manager: it has threads."""

    def __init__(self, line: Line, pace: Pace, at_once: int) -> None:
        self._line = line
        self._pace = pace
        # Enough to find one or two among a hundred, and over in some seconds at any pace.
        self._most_calls = max(LEAST_CALLS, min(MOST_CALLS, round(5 * pace.per_second)))
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="fan-sync")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def per_second(self) -> float:
        """Return how many calls a second there may be."""
        return self._pace.per_second

    def tags(self) -> list[dict[str, Any]]:
        """Return WeChat's tags."""
        self._pace.wait()
        return self._line.tag_list()

    def followers(self, next_openid: str) -> FollowerPage:
        """Return the page of followers after `next_openid`."""
        self._pace.wait()
        return self._line.followers(next_openid)

    def blacklist(self, begin_openid: str) -> FollowerPage:
        """Return the page of the blocked after `begin_openid`."""
        self._pace.wait()
        return self._line.blacklist(begin_openid)

    def begin(self, openids: Sequence[str]) -> "Pending":
        """Begin to ask for the profiles of any number of OpenIDs, in calls of a hundred."""
        asked_at = utc_now()
        hundreds = [
            openids[place : place + INFOS_PER_CALL] for place in range(0, len(openids), INFOS_PER_CALL)
        ]
        return Pending(asked_at, [self._threads.submit(self._infos, some) for some in hundreds])

    def _infos(self, openids: Sequence[str]) -> Profiles:
        """Ask for at most a hundred. One that is not of this account has all refused: it is found by halves.

        Where there are too many of those, the rest is left unread rather than asked for one by one.
        """
        found = Profiles(utc_now())
        waiting = [list(openids)]
        while waiting:
            some = waiting.pop()
            if found.calls >= self._most_calls:
                found.refused += some
                continue
            try:
                self._pace.wait()
                found.calls += 1
                rows = self._line.user_infos(some)
            except (BadRequest, FanUnreachable) as error:
                if error.code not in NOT_OURS:
                    raise
                if len(some) == 1:
                    found.refused += some
                    continue
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
            else:
                wanted = set(some)
                found.said |= {one.openid: one for one in map(Said.read, rows) if one.openid in wanted}
        return found


@dataclass(frozen=True, slots=True)
class Pending:
    """Profiles on their way. `asked_at` is from before the first call: what pushes brought later is newer."""

    asked_at: datetime
    futures: list[Future[Profiles]]

    def result(self) -> Profiles:
        """Wait for all of them; raise what WeChat answered to one."""
        whole = Profiles(self.asked_at)
        for future in self.futures:
            one = future.result()
            whole.said |= one.said
            whole.refused += one.refused
            whole.calls += one.calls
        return whole
