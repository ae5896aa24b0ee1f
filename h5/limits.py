"""Counting what one fan or one address does, for all processes in Redis; in memory while Redis is away.

This slows crowds down.  What protects a telephone or a code is counted in the database and
does not fall with Redis.
"""

import threading
import time

from redis import Redis
from redis.exceptions import RedisError

PREFIX = "yizhan:h5"
MOST_HERE = 50_000

_lock = threading.Lock()
_here: dict[str, tuple[int, float]] = {}


def count(redis: Redis, what: str, *, seconds: int) -> int:
    """Count `what` once more and return how often it was in this window of `seconds`."""
    key = f"{PREFIX}:{what}:{int(time.time()) // seconds}"
    try:
        with redis.pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, seconds + 60)
            return int(pipeline.execute()[0])
    except RedisError:
        return _count_here(key, seconds)


def counted(redis: Redis, what: str, *, seconds: int) -> int:
    """Return how often `what` was counted in this window, without counting."""
    key = f"{PREFIX}:{what}:{int(time.time()) // seconds}"
    try:
        return int(redis.get(key) or 0)
    except RedisError:
        with _lock:
            return _here.get(key, (0, 0.0))[0]


def claim(redis: Redis, what: str, *, seconds: int) -> bool:
    """Take `what` for good; False if somebody has. Remembered for `seconds`."""
    key = f"{PREFIX}:once:{what}"
    try:
        return bool(redis.set(key, 1, nx=True, ex=seconds))
    except RedisError:
        return _count_here(key, seconds) == 1


def _count_here(key: str, seconds: int) -> int:
    now = time.time()
    with _lock:
        if len(_here) > MOST_HERE:
            for old in [name for name, (_number, until) in _here.items() if until < now]:
                del _here[old]
            if len(_here) > MOST_HERE:
                _here.clear()
        number, until = _here.get(key, (0, now + seconds))
        if until < now:
            number, until = 0, now + seconds
        _here[key] = number + 1, until
        return number + 1
