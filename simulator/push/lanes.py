"""Order where order is due: work of one lane runs one after another, lanes run beside each other."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

THREADS = 64


class Lanes:
    """Queues by key, served by a pool of threads that is as large as the traffic asks for."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="push")
        self._lanes: dict[Hashable, deque[tuple[Callable[[], Any], Future[Any]]]] = {}
        self._lock = threading.Lock()

    def submit(self, key: Hashable, work: Callable[[], Any]) -> Future[Any]:
        """Run `work` when all earlier work of the lane is done."""
        future: Future[Any] = Future()
        with self._lock:
            waiting = self._lanes.get(key)
            if waiting is not None:
                waiting.append((work, future))
                return future
            self._lanes[key] = deque([(work, future)])
        self._pool.submit(self._serve, key)
        return future

    def is_idle(self) -> bool:
        """Whether nothing is running or waiting."""
        return not self._lanes

    def close(self) -> None:
        """Take no more work and drop what waits; what runs is left to end."""
        with self._lock:
            for waiting in self._lanes.values():
                for _, future in list(waiting)[1:]:
                    future.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

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
                    return
