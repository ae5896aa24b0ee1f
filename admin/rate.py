"""How often one address may try to sign in. In Redis for all processes; in memory while Redis is away.

This only slows a crowd of names down; what protects one name is counted in the
database (`bot.users.attempts`) and does not fall with Redis.
"""

import threading
import time

from redis import Redis
from redis.exceptions import RedisError

MOST = 60
SECONDS = 300

_lock = threading.Lock()
_counts: dict[str, int] = {}
_window = 0


def may_try(redis: "Redis", address: str) -> bool:
    """Count one attempt from `address`; False once there were sixty in five minutes."""
    window = int(time.time()) // SECONDS
    key = f"yizhan:signing:{address}:{window}"
    try:
        with redis.pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * SECONDS)
            count = int(pipeline.execute()[0])
    except RedisError:
        count = _count_here(address, window)
    return count <= MOST


def _count_here(address: str, window: int) -> int:
    global _window  # noqa: PLW0603 - one small table per process, emptied every five minutes
    with _lock:
        if window != _window:
            _counts.clear()
            _window = window
        _counts[address] = _counts.get(address, 0) + 1
        return _counts[address]
