"""Messages that arrive together commit together (design §2).

Requests hand over their message and wait; one thread takes whatever is waiting
and has it committed as one batch.  There is no timer: alone, a message is a
batch of one and waits for nobody; while a commit is under way the next batch
gathers by itself, so the cost of a commit is shared exactly when it matters.
"""

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence

from bot.intake import FAILED, Answer, Arrival

log = logging.getLogger(__name__)

LARGEST = 128


class _Ticket:
    """One waiting request. The bare lock is the cheapest thing a thread can sleep on."""

    __slots__ = ("answer", "arrival", "done")

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.answer: Answer | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Committer:
    """The one thread of this process that writes messages."""

    def __init__(self, take: Callable[[Sequence[Arrival]], list[Answer]], *, budget: float) -> None:
        self._take = take
        self._budget = budget
        self._waiting: queue.SimpleQueue[_Ticket] = queue.SimpleQueue()
        self._started_in = 0
        self._start_lock = threading.Lock()

    def answer(self, arrival: Arrival) -> Answer | None:
        """Return the answer once it is committed; None if the budget ran out first.

        After None the message may still be committed: WeChat's repeat then
        finds it and gets its answer (`docs/decisions/0006-budget.md`).
        """
        if self._started_in != os.getpid():
            self._start()
        ticket = _Ticket(arrival)
        self._waiting.put(ticket)
        ticket.done.acquire(timeout=self._budget)
        return ticket.answer

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
                answers = self._take([ticket.arrival for ticket in batch])
            except Exception:
                log.exception("batch failed", extra={"messages": len(batch)})
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.answer = answer
                ticket.done.release()
