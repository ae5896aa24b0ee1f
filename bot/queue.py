"""RQ, as far as we need it: a list of promise ids that workers wait at.

Nothing is kept here that the outbox does not have.  JSON, not pickle: whoever
can write into Redis must not be able to run code.
"""

import logging
import threading
import time
from collections.abc import Sequence

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

NAME = "yizhan"
WAKE = "yizhan:wake"
MOST_QUEUED = 1000  # the backlog stays in the database, where it can be counted and replayed
SECONDS_PER_JOB = 30  # for a job's own work
SECONDS_FOR_ROWS = 15  # for which the worker insists on the promise's row: before the job, and after it
SECONDS_TO_INSIST = 10.0  # of a job's own, for what it has to write after something that cannot be undone
SECONDS_IN_ALL = SECONDS_PER_JOB + 2 * SECONDS_FOR_ROWS
PAUSE = 0.02  # seconds between two wake-ups; who is called fifty times a second is awake
JOB = "bot.worker.keep"


def open_queue(redis: Redis) -> Queue:
    """Return the queue; connects to nothing."""
    return Queue(NAME, connection=redis, serializer=JSONSerializer)


def room(queue: Queue) -> int:
    """Return how many more promises the queue should be given now."""
    return max(0, MOST_QUEUED - int(queue.count))


def enqueue(queue: Queue, promise_ids: Sequence[int]) -> None:
    """Hand promises to the workers. Handing one over twice does no harm: the row decides."""
    queue.enqueue_many(
        [
            Queue.prepare_data(
                JOB, (promise_id,), timeout=SECONDS_IN_ALL, result_ttl=0, failure_ttl=3600, description=""
            )
            for promise_id in promise_ids
        ]
    )


class Waker:
    """Tells the clock that promises were made, from a thread of its own, so that nobody waits for Redis.

    Many calls within a moment become one message.  A lost one costs a second:
    the clock looks for itself.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Have the clock look soon."""
        if self._wanted.is_set():
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
            self._thread.start()
        self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._redis.publish(WAKE, b"")
            except RedisError as error:
                log.debug("clock not woken", extra={"reason": type(error).__name__})
            time.sleep(PAUSE)
