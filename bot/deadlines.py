"""Giving up on waits that may last equally long: one timer for all of them.

`asyncio.timeout` and `call_later` set up a timer for each wait, which costs more than most waits
that end in time (docs/benchmarks.md).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary


class Wait:
    """One wait that may be given up; `is_over` tells whether it was."""

    __slots__ = ("_give_up", "_line", "at", "is_over")

    def __init__(self, line: "_Line", at: float, give_up: Callable[[], object]) -> None:
        self.at = at
        self.is_over = False
        self._line = line
        self._give_up: Callable[[], object] | None = give_up

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to give up."""
        return self._give_up is None

    def end(self) -> None:
        """Say that it came in time. After `is_over` it changes nothing."""
        self._give_up = None
        self._line.tidy()

    def give_up(self) -> None:
        """End it because its time is over."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            self.is_over = True
            give_up()


class Deadlines:
    """Gives up each wait `seconds` after it began. For coroutines, of any loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()

    def begin(self, give_up: Callable[[], object]) -> Wait:
        """Return a wait of the running loop; `give_up` is called unless it ends before its time is over."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line(self._seconds)
        return line.begin(loop, give_up)


class _Line:
    """The waits of one loop, the eldest first, which is also the first whose time is over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waits: deque[Wait] = deque()
        self._is_timed = False

    def begin(self, loop: asyncio.AbstractEventLoop, give_up: Callable[[], object]) -> Wait:
        wait = Wait(self, loop.time() + self._seconds, give_up)
        self._waits.append(wait)
        if not self._is_timed:
            self._is_timed = True
            loop.call_at(wait.at, self._look, loop)
        return wait

    def tidy(self) -> None:
        """Forget those that have ended, as far as nobody waits who began before them."""
        waits = self._waits
        while waits and waits[0].has_ended:
            waits.popleft()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._waits and self._waits[0].at <= now:
            self._waits.popleft().give_up()
        self.tidy()
        self._is_timed = bool(self._waits)
        if self._waits:
            loop.call_at(self._waits[0].at, self._look, loop)
