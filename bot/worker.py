"""The process that keeps promises: RQ hands it ids, the outbox says what is behind them."""

import logging
import signal
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from types import FrameType
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from bot.errors import YizhanError
from bot.jobs import EVERYDAY, JOBS, Job, back_off
from bot.outbox import keeping
from bot.outbox.keeping import Taken
from bot.outbox.models import State
from bot.outbox.outcomes import Pointless
from bot.queue import SECONDS_FOR_ROWS, SECONDS_PER_JOB, open_queue
from bot.runtime import Runtime
from bot.wechat.redaction import without_phones

log = logging.getLogger(__name__)

LISTEN_SECONDS = 1  # at a stretch; so soon we notice that we should end, and that a connection is dead
PAUSE = 1.0  # seconds until Redis is asked again; RQ's own pause grows to a minute, whatever the outage took
BLINK = 0.02  # seconds; a signal does not end Python's sleep

# RQ calls functions by name and hands them JSON, so the runtime of a worker process has to be found here.
_runtime: Runtime | None = None


def keep(promise_id: int) -> None:
    """Keep one promise. What RQ calls; harmless if the promise was kept or taken back meanwhile."""
    assert _runtime is not None
    keep_promise(_runtime, promise_id, limit=_Limit(SECONDS_PER_JOB))


def keep_promise(
    runtime: Runtime, promise_id: int, *, limit: AbstractContextManager[object] | None = None
) -> bool:
    """Run the job of a queued promise and settle it; False if it was not there to be taken up.

    The job alone runs within `limit`: what was done is written down even if it took all the time, or the
    database is away by then.  No transaction is open while the job runs.  An error worth another try puts
    the promise back with a growing delay; any other, or the last, ends it as
    `dead` with the reason, for an operator to see and replay.
    """
    lease = timedelta(seconds=runtime.config.outbox.lease_seconds)
    taken = runtime.db.insist(
        lambda session: keeping.take_up(
            session, promise_id, now=runtime.db.now(session.connection()), lease=lease
        ),
        seconds=SECONDS_FOR_ROWS,
    )
    if taken is None:
        return False
    facts = {"job": taken.job, "job_id": taken.id, "attempt": taken.attempt}
    try:
        with limit or nullcontext():
            _job(taken.job)(runtime, **taken.arguments)
    except Pointless as reason:
        log.info("promise pointless", extra={**facts, "reason": str(reason)})
        _finish(runtime, taken, State.DONE, str(reason))
    except (Exception, OutOfTime) as error:  # the outermost edge of a job
        expected = isinstance(error, YizhanError)
        log.warning("promise failed", extra={**facts, "reason": _reason(error)}, exc_info=not expected)
        _fail(runtime, taken, error)
    else:
        log.info("promise kept", extra=facts)
        _finish(runtime, taken, State.DONE, None)
    return True


class OutOfTime(BaseException):
    """The job took longer than it may.

    No `Exception`: whatever takes any of these for a fault of its own (of a replica, of a stranger's
    file) and goes on would go on without a limit, as the alarm rings once.
    """


class Unheard(YizhanError):
    """The operator's move: this release does not know the job. Start the newer one."""

    retryable = True


def _job(name: str) -> Job:
    if name not in JOBS:
        raise Unheard(f"no job is called {name}; a newer release made this promise")
    return JOBS[name]


def _finish(runtime: Runtime, taken: Taken, state: State, reason: str | None) -> None:
    def end(session: Session) -> None:
        if state is State.DONE and taken.job in EVERYDAY:
            keeping.discard(session, taken)
            return
        keeping.settle(session, taken, state, now=runtime.db.now(session.connection()), reason=reason)

    runtime.db.insist(end, seconds=SECONDS_FOR_ROWS)


def _fail(runtime: Runtime, taken: Taken, error: BaseException) -> None:
    hopeless = isinstance(error, YizhanError) and not error.retryable
    if taken.job in EVERYDAY and isinstance(error, YizhanError) and not hopeless:
        # The timetable asks again by itself; while WeChat is away its promises must not pile up.
        runtime.db.insist(lambda session: keeping.discard(session, taken), seconds=SECONDS_FOR_ROWS)
        return
    if hopeless or taken.attempt >= runtime.config.outbox.attempts:
        _finish(runtime, taken, State.DEAD, _reason(error))
        return

    def put_back(session: Session) -> None:
        due_at = runtime.db.now(session.connection()) + back_off(taken.attempt)
        keeping.put_back(session, taken, due_at=due_at, reason=_reason(error))

    runtime.db.insist(put_back, seconds=SECONDS_FOR_ROWS)


def _reason(error: BaseException) -> str:
    return without_phones(f"{type(error).__name__}: {error}")[:1000]


def run(runtime: Runtime) -> None:
    """Work until SIGTERM or SIGINT; a Redis that restarts, or is another one now, is waited for."""
    global _runtime  # noqa: PLW0603 - see above
    _runtime = runtime
    worker: Hands | None = None
    while True:
        stopping = _Stopping()  # RQ, once it works, hears by itself, and goes on hearing after it gave up
        if worker is not None and worker.was_asked_to_stop:
            return
        worker = None
        try:
            worker = Hands(
                [open_queue(runtime.redis)],
                connection=runtime.redis,
                serializer=JSONSerializer,
                worker_ttl=LISTEN_SECONDS
                + 15,  # RQ listens for what is left of it, and waits for Redis so long
                maintenance_interval=60,
                log_job_description=False,
            )
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("redis away", extra={"reason": type(error).__name__})
        if stopping.asked or _rest(worker):
            return


def _rest(worker: "Hands | None") -> bool:
    """Wait for a moment until Redis is asked again; True, at once, if the worker is asked to stop."""
    until = time.monotonic() + PAUSE
    while worker is None or not worker.was_asked_to_stop:
        if time.monotonic() > until:
            return False
        time.sleep(BLINK)
    return True


class _Limit:
    """Ends its block with `OutOfTime` after so many seconds. For the main thread.

    RQ's own alarm, which covers more than the block, goes on meanwhile.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._is_over = False
        self._began = time.monotonic()
        self._before: Any = signal.signal(signal.SIGALRM, self._end)
        self._left, _every = signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_error: object) -> None:
        was_over, self._is_over = self._is_over, True  # the job has ended in time, if only just
        if not was_over:
            self._put_back()

    def _put_back(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)
        if self._left:
            left = self._left - (time.monotonic() - self._began)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._put_back()  # here, for where it rings at the door nobody else would
        raise OutOfTime(f"the job took longer than {self._seconds:g} s")


class Hands(SimpleWorker):  # type: ignore[misc]
    """RQ's worker, but for how it waits and how it ends.

    RQ ends by interrupting itself, also when it has just been handed a job and has not begun it: nobody does
    that one until its lease ends.  Ours looks up between two jobs, at most `LISTEN_SECONDS` later.
    """

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether it ended because of a signal."""
        return bool(self._stop_requested)

    def dequeue_job_and_maintain_ttl(
        self,
        timeout: int | None,  # noqa: ARG002 - RQ's own; ours is LISTEN_SECONDS
        max_idle_time: int | None = None,  # noqa: ARG002 - we wait until told to stop
    ) -> tuple[Any, Any] | None:
        """Return the next job with its queue, None when asked to stop; wait for a Redis that is away."""
        while not self._stop_requested:
            try:
                self.heartbeat()
                if self.should_run_maintenance_tasks:
                    self.run_maintenance_tasks()
                found: tuple[Any, Any] | None = self.queue_class.dequeue_any(
                    self.queues,
                    LISTEN_SECONDS,
                    connection=self.connection,
                    job_class=self.job_class,
                    serializer=self.serializer,
                    death_penalty_class=self.death_penalty_class,
                )
                if found is not None:
                    found[0].redis_server_version = self.get_redis_server_version()
            except DequeueTimeout:
                continue
            except (RedisConnectionError, RedisTimeoutError) as error:
                log.warning("redis away", extra={"reason": type(error).__name__})
                _rest(self)
                continue
            return found
        return None

    def _shutdown(self) -> None:
        self._stop_requested = True


class _Stopping:
    """Whether someone asked us to end while RQ was not there to hear it."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        raise SystemExit(0)
