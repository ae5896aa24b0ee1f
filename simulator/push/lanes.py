"""Order where order is due: work of one lane runs one after another, lanes run beside each other."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

THREADS = 64

Work = tuple[Callable[[], Any], Future[Any]]


class Lanes:
    """Queues by key, served by as many threads as the traffic asks for.

    The threads are daemons, unlike those of a `ThreadPoolExecutor`: a bot that
    hangs must not keep the simulator from ending.
    """

    def __init__(self) -> None:
        self._lanes: dict[Hashable, deque[Work]] = {}
        self._ready: SimpleQueue[Hashable] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._busy = 0
        self._closed = False

    def submit(self, key: Hashable, work: Callable[[], Any]) -> Future[Any]:
        """Run `work` when all earlier work of the lane is done."""
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            waiting = self._lanes.get(key)
            if waiting is not None:
                waiting.append((work, future))
                return future
            self._lanes[key] = deque([(work, future)])
            self._busy += 1
            if self._busy > self._threads and self._threads < THREADS:
                self._threads += 1
                threading.Thread(target=self._run, name=f"push-{self._threads}", daemon=True).start()
        self._ready.put(key)
        return future

    def is_idle(self) -> bool:
        """Whether nothing is running or waiting."""
        return not self._lanes

    def close(self) -> None:
        """Take no more work and drop what waits; what runs is left to end."""
        with self._lock:
            self._closed = True
            for waiting in self._lanes.values():
                for _, future in waiting:
                    future.cancel()
            threads = self._threads
        for _ in range(threads):
            self._ready.put(None)

    def _run(self) -> None:
        while (key := self._ready.get()) is not None:
            self._serve(key)

    def _serve(self, key: Hashable) -> None:
        while True:
            with self._lock:
                work, future = self._lanes[key][0]
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except Exception as error:  # noqa: BLE001  (the outermost edge of a thread: the waiter gets it)
                    future.set_exception(error)
            with self._lock:
                self._lanes[key].popleft()
                if not self._lanes[key]:
                    del self._lanes[key]
                    self._busy -= 1
                    return
