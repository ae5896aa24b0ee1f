"""What all processes of an account must agree on: in Redis, or in this process while Redis is away.

Redis makes things fast and fetched once; nothing here is lost for good with
it.  Whatever is written is also remembered here, so that a process goes on
with what it last knew when Redis dies under it.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from bot.redis_client import hurried

log = logging.getLogger(__name__)

Record = dict[str, Any]
Found = TypeVar("Found")

AWAY_SECONDS: Final = 2.0
"""How long a Redis that failed is left alone, so that an outage costs one stall and not one per call."""


class _Away(Exception):
    """Redis cannot be asked now."""


class Shared:
    """Small JSON records under one prefix, claims, and locks.

    Works with Redis, without it, and while it dies.
    """

    def __init__(self, redis: Redis | None, prefix: str) -> None:
        # A call to WeChat must not wait for a Redis that is gone.
        self._redis = hurried(redis, seconds=1.0) if redis is not None else None
        self._prefix = prefix
        self._away_until = 0.0
        self._memory: dict[str, tuple[Record, float]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, name: str) -> Record | None:
        """Return the record called `name`, or None."""
        [record] = self.get_many(name)
        return record

    def get_many(self, *names: str) -> list[Record | None]:
        """Return the records called `names`, None where there is none, in one round trip."""
        try:
            values = self._ask(lambda redis: redis.mget([self._key(name) for name in names]))
        except _Away:
            return [self._remembered(name) for name in names]
        records = [_parsed(value) for value in values]
        for name, record in zip(names, records, strict=True):
            self._remember(name, record, DEFAULT_SECONDS)
        return records

    def put(self, name: str, record: Record, seconds: float) -> None:
        """Keep `record` under `name` for `seconds`."""
        self._remember(name, record, seconds)
        with suppress(_Away):
            self._ask(
                lambda redis: redis.set(self._key(name), json.dumps(record), px=max(1, int(seconds * 1000)))
            )

    def drop(self, *names: str) -> None:
        """Forget the records called `names`."""
        for name in names:
            self._remember(name, None, 0)
        with suppress(_Away):
            self._ask(lambda redis: redis.delete(*[self._key(name) for name in names]))

    def claim(self, name: str, seconds: float) -> bool:
        """Return True to exactly one caller per `seconds` and name, or until it is dropped."""
        try:
            won = self._ask(
                lambda redis: redis.set(self._key(name), "{}", px=max(1, int(seconds * 1000)), nx=True)
            )
        except _Away:
            with self._guard:
                if self._remembered(name) is not None:
                    return False
                self._memory[name] = ({}, time.monotonic() + seconds)
                return True
        return bool(won)

    @contextmanager
    def alone(self, name: str, *, wait: float, lease: float) -> Iterator[bool]:
        """Hold the lock `name`, among threads and (with Redis) processes; yield False if `wait` s did not
        suffice.

        Redis frees the lock of a process that died after `lease` seconds.
        """
        with self._guard:
            here = self._locks.setdefault(name, threading.Lock())
        began = time.monotonic()
        if not here.acquire(timeout=wait):
            yield False
            return
        try:
            with self._alone_among_processes(name, wait - (time.monotonic() - began), lease) as held:
                yield held
        finally:
            here.release()

    @contextmanager
    def _alone_among_processes(self, name: str, wait: float, lease: float) -> Iterator[bool]:
        try:
            lock = self._ask(
                lambda redis: redis.lock(self._key(name), timeout=lease, sleep=0.02, thread_local=False)
            )
            held = self._ask(
                lambda _: (
                    lock.acquire(blocking=True, blocking_timeout=wait)
                    if wait > 0
                    else lock.acquire(blocking=False)
                )
            )
        except _Away:
            yield True  # the threads' lock is all there is
            return
        try:
            yield bool(held)
        finally:
            if held:
                # The lease may have ended under us, or Redis with it; then the lock is no longer ours to
                # free.
                with suppress(RedisError, OSError):
                    lock.release()

    def _ask(self, question: Callable[[Redis], Found]) -> Found:
        if self._redis is None or time.monotonic() < self._away_until:
            raise _Away
        try:
            return question(self._redis)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("redis_away", extra={"error": type(error).__name__})
            raise _Away from error

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _remember(self, name: str, record: Record | None, seconds: float) -> None:
        if record is None:
            self._memory.pop(name, None)
        else:
            self._memory[name] = (record, time.monotonic() + seconds)

    def _remembered(self, name: str) -> Record | None:
        record, until = self._memory.get(name, (None, 0.0))
        return record if time.monotonic() < until else None


DEFAULT_SECONDS: Final = 7200.0
"""How long a record read from Redis is remembered here; every record knows its own end besides."""


def _parsed(value: bytes | str | None) -> Record | None:
    if value is None:
        return None
    with suppress(ValueError):
        record = json.loads(value)
        if isinstance(record, dict):
            return record
    return None  # not ours, or torn: as good as absent
