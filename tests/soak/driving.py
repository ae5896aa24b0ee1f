"""Threads that go on journeys: as fast as they can to learn the capacity, then at a steady half of it."""

import logging
import random
import threading
import time
from collections import Counter, deque

import requests

from tests.soak import journeys
from tests.soak.journeys import Failed, NotNow, Street

THREADS = 8
log = logging.getLogger(__name__)


class Drivers:
    """The threads; `rate` journeys a second begin between `go` and `pause`, or as many as can be for None."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._guard = threading.Lock()
        self._going = threading.Event()
        self._over = threading.Event()
        self._under_way = 0
        self._next = 0.0
        self.rate: float | None = None
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.not_done: Counter[str] = Counter()
        self.late = 0
        self.seconds: deque[float] = deque(maxlen=5000)
        self._threads = [
            threading.Thread(target=self._run, args=(seed,), daemon=True) for seed in range(THREADS)
        ]
        for one in self._threads:
            one.start()

    def go(self, rate: float | None) -> None:
        """Begin, or go on, at that rate."""
        with self._guard:
            self.rate, self._next = rate, time.monotonic()
        self._going.set()

    def pause(self) -> None:
        """Begin nothing more, and wait until what is under way has ended."""
        self._going.clear()
        while self._under_way:
            time.sleep(0.05)

    def end(self) -> None:
        """Pause, and let the threads go."""
        self._over.set()
        self._going.clear()
        for one in self._threads:
            one.join(60)

    def capacity(self, seconds: float) -> float:
        """Return how many journeys a second are the most that can be done."""
        self.go(None)
        time.sleep(seconds / 4)  # caches, plans, connections
        before = self.done.total()
        began = time.monotonic()
        time.sleep(seconds)
        self.pause()
        return (self.done.total() - before) / (time.monotonic() - began)

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._over.is_set():
            if not self._going.wait(0.2):
                continue
            with self._guard:
                if not self._going.is_set():
                    continue
                self._under_way += 1
                due = self._turn()
            try:
                time.sleep(max(0.0, due - time.monotonic()))
                self._go_one(chance)
            finally:
                with self._guard:
                    self._under_way -= 1

    def _turn(self) -> float:
        now = time.monotonic()
        if self.rate is None:
            return now
        if self._next < now - 1:
            self.late += 1  # all threads are busy: it is not half of what can be done
            self._next = now
        due, self._next = self._next, self._next + 1 / self.rate
        return due

    def _go_one(self, chance: random.Random) -> None:
        journey = journeys.choose(chance)
        who = chance.choice(self._street.travellers)
        if not who.busy.acquire(blocking=False):
            return
        began = time.monotonic()
        try:
            journey(self._street, who)
        except NotNow as why:
            with self._guard:
                self.not_done[str(why)] += 1
        except Failed as error:
            self._fail(journey.__name__, str(error))
        except (requests.RequestException, KeyError, ValueError) as error:
            self._fail(journey.__name__, f"{type(error).__name__} {error}")
        else:
            with self._guard:
                self.done[journey.__name__] += 1
                self.seconds.append(time.monotonic() - began)
        finally:
            who.busy.release()

    def _fail(self, name: str, why: str) -> None:
        log.warning("%s: %s", name, why[:300])
        with self._guard:
            self.failed[name] += 1
