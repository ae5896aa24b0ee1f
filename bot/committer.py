"""Messages that arrive together commit together (design §2).

Requests hand over their message and wait, each in its thread or as a coroutine;
one thread takes whatever is waiting and has it committed as one batch.  There
is no timer: alone, a message is a batch of one and waits for nobody; while a
commit is under way the next batch gathers by itself, so the cost of a commit is
shared exactly when it matters.
"""

import asyncio
import contextlib
import logging
import os
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from bot.arrivals import FAILED, Answer, Arrival
from bot.deadlines import Deadlines

log = logging.getLogger(__name__)

LARGEST = 128
Future = asyncio.Future[Answer | None]


class _Sleeper:
    """One waiting thread. The bare lock is the cheapest thing a thread can sleep on."""

    __slots__ = ("answer", "lock")

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.lock = threading.Lock()
        self.lock.acquire()


class Committer:
    """The one thread of this process that writes messages."""

    def __init__(self, take: Callable[[Sequence[Arrival]], list[Answer]], *, budget: float) -> None:
        self._take = take
        self._budget = budget
        self._deadlines = Deadlines(budget)
        self._waiting: queue.SimpleQueue[tuple[Arrival, _Sleeper | Future]] = queue.SimpleQueue()
        self._started_in = 0
        self._start_lock = threading.Lock()

    def answer(self, arrival: Arrival) -> Answer | None:
        """Return the answer once it is committed; None if the budget ran out first.

        After None the message may still be committed: WeChat's repeat then
        finds it and gets its answer (`docs/decisions/0006-budget.md`).
        """
        sleeper = _Sleeper()
        self._hand_over(arrival, sleeper)
        sleeper.lock.acquire(timeout=self._budget)
        return sleeper.answer

    async def answer_to_coroutine(self, arrival: Arrival) -> Answer | None:
        """Do as `answer`, without a thread that waits."""
        loop = asyncio.get_running_loop()
        future: Future = loop.create_future()
        wait = self._deadlines.begin(partial(_settle, future, None))
        self._hand_over(arrival, future)
        try:
            return await future
        finally:
            wait.end()

    def _hand_over(self, arrival: Arrival, waiting: _Sleeper | Future) -> None:
        if self._started_in != os.getpid():
            self._start()
        self._waiting.put((arrival, waiting))

    def _start(self) -> None:
        """Start the thread with the first message: threads do not survive the fork of a server."""
        with self._start_lock:
            if self._started_in == os.getpid():
                return
            threading.Thread(target=self._run, name="committer", daemon=True).start()
            self._started_in = os.getpid()

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < LARGEST:
                    batch.append(self._waiting.get_nowait())
            answers = [FAILED] * len(batch)
            try:
                answers = self._take([arrival for arrival, _waiting in batch])
            except Exception:
                log.exception("batch failed", extra={"messages": len(batch)})
            _wake([waiting for _arrival, waiting in batch], answers)


def _wake(batch: Sequence[_Sleeper | Future], answers: Sequence[Answer]) -> None:
    """Give all their answers: each thread by itself, the coroutines of a loop together."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Future, Answer]]] = defaultdict(list)
    for waiting, answer in zip(batch, answers, strict=True):
        if isinstance(waiting, _Sleeper):
            waiting.answer = answer
            waiting.lock.release()
        else:
            loops[waiting.get_loop()].append((waiting, answer))
    for loop, answered in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            loop.call_soon_threadsafe(_settle_all, answered)


def _settle_all(answered: Sequence[tuple[Future, Answer]]) -> None:
    for future, answer in answered:
        _settle(future, answer)


def _settle(future: Future, answer: Answer | None) -> None:
    if not future.done():
        future.set_result(answer)
