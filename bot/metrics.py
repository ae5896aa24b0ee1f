"""What is counted, under the names that dashboards rely on (`docs/operations.md`).

Every process of a host writes into files under `PROMETHEUS_MULTIPROC_DIR`, so
that one `/metrics` answers for all of them.  `python -m bot` sets the variable
before this module is imported; without it the figures are this process's own.
"""

import time
from bisect import bisect_left
from collections import Counter as Tally
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from prometheus_client import Counter, Histogram


class Durations(Histogram):
    """A histogram that takes many at once: each `observe` locks twice and writes twice."""

    def observe_all(self, seconds: Iterable[float]) -> None:
        """Do as `observe` with each of `seconds`."""
        every = list(seconds)
        self._sum.inc(sum(every))
        for place, count in Tally(bisect_left(self._upper_bounds, one) for one in every).items():
            self._buckets[place].inc(count)


MESSAGES = Counter(
    "yizhan_messages_total",
    "Pushes from WeChat by account, kind and outcome (answered, silent, repeated, refused, failed).",
    ["account", "kind", "outcome"],
)
MESSAGE_SECONDS = Durations(
    "yizhan_message_seconds",
    "From the first byte of a push to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 5),
)
WECHAT_CALLS = Counter(
    "yizhan_wechat_calls_total",
    "Calls to WeChat by account, path and errcode (0 is success, none is no answer).",
    ["account", "call", "code"],
)

REPLICA_READS = Counter(
    "yizhan_replica_reads_total",
    "Reports by where they were read: at the replica, or at the primary because it was late, away, foreign, "
    "busy or failed, or given up because it was slow.",
    ["outcome"],
)


class Noted:
    """What became of pushes, noted one by one and written down together. Safe to share between threads."""

    def __init__(self) -> None:
        self._noted: deque[tuple[str, str, str, float]] = deque()

    def note(self, account: str, kind: str, outcome: str, *, since: float) -> None:
        """Note a push that came at `since` (of `time.perf_counter`). The labels must be few."""
        self._noted.append((account, kind, outcome, time.perf_counter() - since))

    def write(self) -> None:
        """Write down what was noted since the last time."""
        taken = []
        with suppress(IndexError):
            while True:
                taken.append(self._noted.popleft())
        if not taken:
            return
        for labels, count in Tally(one[:3] for one in taken).items():
            _messages(*labels).inc(count)
        MESSAGE_SECONDS.observe_all(one[3] for one in taken)


@cache
def _messages(account: str, kind: str, outcome: str) -> Counter:
    """Return the counter of these labels: finding it again costs more than counting."""
    return MESSAGES.labels(account, kind, outcome)
