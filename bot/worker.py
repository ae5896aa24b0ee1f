"""The process that keeps promises: RQ hands it ids, the outbox says what is behind them."""

import logging
import signal
import time
from datetime import timedelta
from types import FrameType

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from bot.db import utc_now
from bot.errors import YizhanError
from bot.jobs import EVERYDAY, JOBS, Job, back_off
from bot.outbox import keeping
from bot.outbox.keeping import Taken
from bot.outbox.models import State
from bot.outbox.outcomes import Pointless
from bot.queue import open_queue
from bot.runtime import Runtime

log = logging.getLogger(__name__)

# RQ calls functions by name and hands them JSON, so the runtime of a worker process has to be found here.
_runtime: Runtime | None = None


def keep(promise_id: int) -> None:
    """Keep one promise. What RQ calls; harmless if the promise was kept or taken back meanwhile."""
    assert _runtime is not None
    keep_promise(_runtime, promise_id)


def keep_promise(runtime: Runtime, promise_id: int) -> bool:
    """Run the job of a queued promise and settle it; False if it was not there to be taken up.

    No transaction is open while the job runs.  An error worth another try puts
    the promise back with a growing delay; any other, or the last, ends it as
    `dead` with the reason, for an operator to see and replay.
    """
    lease = timedelta(seconds=runtime.config.outbox.lease_seconds)
    with runtime.db.transaction() as session:
        taken = keeping.take_up(session, promise_id, now=utc_now(), lease=lease)
    if taken is None:
        return False
    facts = {"job": taken.job, "job_id": taken.id, "attempt": taken.attempt}
    try:
        _job(taken.job)(runtime, **taken.arguments)
    except Pointless as reason:
        log.info("promise pointless", extra={**facts, "reason": str(reason)})
        _finish(runtime, taken, State.DONE, str(reason))
    except (Exception, JobTimeoutException) as error:  # the outermost edge of a job
        expected = isinstance(error, YizhanError)
        log.warning("promise failed", extra={**facts, "reason": _reason(error)}, exc_info=not expected)
        _fail(runtime, taken, error)
    else:
        log.info("promise kept", extra=facts)
        _finish(runtime, taken, State.DONE, None)
    return True


class Unheard(YizhanError):
    """The operator's move: this release does not know the job. Start the newer one."""

    retryable = True


def _job(name: str) -> Job:
    if name not in JOBS:
        raise Unheard(f"no job is called {name}; a newer release made this promise")
    return JOBS[name]


def _finish(runtime: Runtime, taken: Taken, state: State, reason: str | None) -> None:
    with runtime.db.transaction() as session:
        if state is State.DONE and taken.job in EVERYDAY:
            keeping.discard(session, taken)
            return
        keeping.settle(session, taken, state, now=utc_now(), reason=reason)


def _fail(runtime: Runtime, taken: Taken, error: BaseException) -> None:
    hopeless = isinstance(error, YizhanError) and not error.retryable
    if taken.job in EVERYDAY and isinstance(error, YizhanError) and not hopeless:
        # The timetable asks again by itself; while WeChat is away its promises must not pile up.
        with runtime.db.transaction() as session:
            keeping.discard(session, taken)
        return
    if hopeless or taken.attempt >= runtime.config.outbox.attempts:
        _finish(runtime, taken, State.DEAD, _reason(error))
        return
    with runtime.db.transaction() as session:
        due_at = utc_now() + back_off(taken.attempt)
        keeping.put_back(session, taken, due_at=due_at, reason=_reason(error))


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def run(runtime: Runtime) -> None:
    """Work until SIGTERM or SIGINT; a Redis that restarts is waited for."""
    global _runtime  # noqa: PLW0603 - see above
    _runtime = runtime
    stopping = _Stopping()
    while not stopping.asked:
        worker = SimpleWorker(
            [open_queue(runtime.redis)],
            connection=runtime.redis,
            serializer=JSONSerializer,
            maintenance_interval=60,
            log_job_description=False,
        )
        try:
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("redis away", extra={"reason": type(error).__name__})
            time.sleep(1)
        else:
            return


class _Stopping:
    """Whether someone asked us to end while RQ was not there to hear it."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        raise SystemExit(0)
