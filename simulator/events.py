"""What happens, as it happens, for whoever watches: the faces in the browser, tests, `/sim/events`."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

KEPT = 2_000


class EventBus:
    """Numbered events, the last few thousand kept so that a watcher who was cut off can resume."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._changed = threading.Condition()
        # Numbers go on growing over a restart, so that a browser's Last-Event-ID stays in the past.
        self._last = int(time.time() * 1000)
        self._closed = False

    def publish(self, kind: str, **facts: Any) -> None:
        """Tell every watcher."""
        with self._changed:
            self._last += 1
            self._events.append({"id": self._last, "kind": kind, **facts})
            self._changed.notify_all()

    @property
    def last(self) -> int:
        """The number of the newest event."""
        return self._last

    def since(self, number: int, timeout: float = 0.0) -> list[dict[str, Any]]:
        """Events after `number`, waiting up to `timeout` seconds for the first."""
        with self._changed:
            if not self._closed and self._last <= number and timeout:
                self._changed.wait(timeout)
            return [each for each in self._events if each["id"] > number]

    def stream(self, number: int, beat: float = 15.0) -> Iterator[dict[str, Any] | None]:
        """Events after `number` for ever; None now and then as a sign of life; ends when the bus closes."""
        while not self._closed:
            events = self.since(number, beat)
            if not events:
                yield None
            for each in events:
                number = each["id"]
                yield each

    def close(self) -> None:
        """Let every watcher go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
