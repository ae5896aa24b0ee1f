"""The process that relays due promises into RQ and keeps the timetable.

Any number of clocks may run: rows and slots are claimed by conditional
updates, so each is one clock's, and the time is the database's, so they agree on it.
Redis may go and come back; nothing is kept in it.
"""

import logging
import threading
import time
from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from bot.jobs import OWN_ACCORD, TIMETABLE
from bot.outbox import keeping, timetable
from bot.queue import WAKE, enqueue, open_queue, room
from bot.restorations.reading import is_under_review
from bot.runtime import Runtime

log = logging.getLogger(__name__)

AT_ONCE = 200
LOOK_EVERY = 1.0


class Clock:
    """One clock. `run` until the event is set."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._queue = open_queue(runtime.redis)
        self._lease = timedelta(seconds=runtime.config.outbox.lease_seconds)
        self._seen: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Relay and keep time until `stop`; wakes at once when promises are made, else every second."""
        wakes = self._runtime.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        subscribed = False
        while not stop.is_set():
            try:
                self.tick()
                if not subscribed:
                    wakes.subscribe(WAKE)
                    subscribed = True
                wakes.get_message(timeout=LOOK_EVERY)
            except RedisError as error:
                log.warning("redis away", extra={"reason": type(error).__name__})
                subscribed = False
                wakes.reset()
                stop.wait(LOOK_EVERY)
            except DBAPIError as error:
                log.warning("database away", extra={"reason": type(error.orig).__name__}, exc_info=True)
                stop.wait(LOOK_EVERY)

    def tick(self) -> int:
        """See to the timetable and relay everything due; return how many promises were relayed.

        A crash after the claim and before RQ has the ids loses nothing: the
        lease ends and the promises are due again.
        """
        self._keep_time()
        relayed = 0
        while space := min(AT_ONCE, room(self._queue)):
            with self._runtime.db.connection() as connection:
                now = self._runtime.db.now(connection)
                besides = OWN_ACCORD if is_under_review(connection) else ()
                ids = keeping.claim_due(connection, now=now, lease=self._lease, limit=space, besides=besides)
            if not ids:
                break
            enqueue(self._queue, ids)
            relayed += len(ids)
        return relayed

    def _keep_time(self) -> None:
        with self._runtime.db.reading() as session:
            now = self._runtime.db.now(session.connection())
        if not self._seen:
            with self._runtime.db.transaction() as session:
                timetable.enter(session, TIMETABLE)
        for entry in TIMETABLE:
            slot = timetable.slot(entry, now)
            if self._seen.get(entry.name) == slot:
                continue
            with self._runtime.db.transaction() as session:
                timetable.see_to(session, entry, self._runtime, now=now)
            self._seen[entry.name] = slot


def run(runtime: Runtime, stop: threading.Event) -> None:
    """Be a clock until `stop`."""
    while not stop.is_set():
        try:
            Clock(runtime).run(stop)
        except Exception:
            log.exception("clock stumbled")
            time.sleep(LOOK_EVERY)
