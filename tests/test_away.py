"""What others do while they are away for a moment: the database, a host's right time, a Redis that is another one now."""

import os
import re
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
from alembic.script import ScriptDirectory
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from bot import queue, schema, worker
from bot.app import assemble
from bot.config import DatabaseConfig, RedisConfig
from bot.db import Database, database, timepiece, utc_now
from bot.desk import jobs as desk_jobs
from bot.jobs import JOBS
from bot.outbox import keeping
from bot.outbox.promises import Wish, promise
from bot.queue import enqueue, open_queue
from bot.reach.models import NoticeState, ReachNotice
from bot.runtime import open_runtime
from bot.series.models import SeriesRun
from tests import make
from tests.series.conftest import Walk, said
from tests.support.away import away
from tests.support.phone import Phone

LEASE = timedelta(seconds=60)
WRONG = timedelta(minutes=4)


@pytest.fixture
def runtime(database_url):
    runtime = open_runtime(make.config(database_url))
    yield runtime
    runtime.db.close()


@pytest.fixture
def runs(monkeypatch):
    """How often the project's one more job was run."""
    done = []
    monkeypatch.setitem(JOBS, "test.work", lambda _runtime: done.append(None))
    return done


def promised(db) -> int:
    with db.transaction() as session:
        promise(session, Wish("test.work", {}, utc_now()), now=utc_now())
    with db.connection() as connection:
        [number] = keeping.claim_due(connection, now=db.now(connection), lease=LEASE, limit=1)
    return number


@contextmanager
def at_work(runtime):
    """Close the runtime after a worker ran in this process, whose handlers of signals do not outlive it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        runtime.close()


def test_a_message_that_meets_a_restarting_database_is_answered_by_the_first_try(db, runtime):
    make.rule(db, words=["价格"], content="请看菜单。")
    alice = Phone(assemble(runtime), runtime.config.accounts[0])

    with away(times=5):
        heard = alice.say("价格")

    assert (heard.status, heard.text) == (200, "请看菜单。")
    assert len(make.messages(db)) == 1


def test_a_message_does_not_wait_until_pages_let_go_of_a_connection(db, database_url):
    config = make.config(database_url)
    runtime = open_runtime(replace(config, database=replace(config.database, pool_size=1)))
    alice = Phone(assemble(runtime), config.accounts[0])
    make.rule(db, words=["价格"], content="请看菜单。")

    with runtime.db.reading(), runtime.db.reading():  # all there are
        heard = alice.say("价格")
    runtime.close()

    assert (heard.status, heard.text) == (200, "请看菜单。")


def test_what_was_done_is_not_done_again_because_the_database_was_away_afterwards(db, runtime, runs):
    number = promised(db)

    def work(_runtime) -> None:
        runs.append(None)
        gone.enter_context(away(times=3))

    with ExitStack() as gone:
        JOBS["test.work"] = work
        worker.keep_promise(runtime, number)

    assert len(runs) == 1
    assert [row.state for row in make.promises(db)] == ["done"]


def test_a_host_whose_clock_is_ahead_takes_no_lease_for_ended(db, runtime, runs, monkeypatch):
    number = promised(db)
    for module in (database, timepiece):
        monkeypatch.setattr(module, "utc_now", lambda: utc_now() + WRONG)

    with runtime.db.connection() as connection:
        claimed = keeping.claim_due(connection, now=runtime.db.now(connection), lease=LEASE, limit=1)

    # SQLite has no clock but its host's, and no other host.
    assert claimed == ([number] if runtime.db.dialect == "sqlite" else [])


def test_what_a_host_whose_clock_is_ahead_takes_in_is_of_now(db, runtime, monkeypatch):
    for module in (database, timepiece):
        monkeypatch.setattr(module, "utc_now", lambda: utc_now() + WRONG)
    wrong = WRONG.total_seconds()
    alice = Phone(assemble(runtime), runtime.config.accounts[0], clock=lambda: time.time() + wrong)
    monkeypatch.setattr(alice.app._webhook, "_now", lambda: time.time() + wrong)

    assert alice.say("价格").status == 200

    [message] = make.messages(db)
    off = message.received_at - utc_now()
    assert off > WRONG / 2 if runtime.db.dialect == "sqlite" else abs(off) < WRONG / 2


def set_ahead(monkeypatch) -> None:
    """Set the clock of this host ahead, whoever asks it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("bot.") and hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", lambda: utc_now() + WRONG)
    wrong = SimpleNamespace(time=lambda: time.time() + WRONG.total_seconds(), monotonic=time.monotonic)
    monkeypatch.setattr(timepiece, "time", wrong)


def keep(runtime, job: str, **arguments) -> None:
    """Have a worker whose clock is ahead keep a promise that another host made."""
    with runtime.db.transaction() as session:
        promise(session, Wish(job, arguments, utc_now()), now=utc_now())
    with runtime.db.connection() as connection:
        number = max(keeping.claim_due(connection, now=utc_now(), lease=LEASE, limit=10))
    with pytest.MonkeyPatch.context() as patch:
        set_ahead(patch)
        assert worker.keep_promise(runtime, number)


def test_a_notice_that_another_host_is_calling_is_left_to_it_by_one_whose_clock_is_ahead(db, runtime):
    account_id = runtime.accounts["head"].id
    facts = {"account_id": account_id, "intent": "series", "lane": "service", "content_id": 1, "facts": {}}
    times = {"due_at": utc_now(), "created_at": utc_now(), "leased_until": utc_now() + WRONG / 2}
    with db.transaction() as session:
        for number, state in enumerate((NoticeState.CALLING, NoticeState.WAITING), start=1):
            row = {"fan_id": number, "key": "one", "state": state.value, "claims": 1, "attempts": 1}
            session.add(ReachNotice(**facts, **times, **row))

    keep(runtime, "reach.look")

    with db.reading() as session:
        states = list(session.scalars(select(ReachNotice.state).order_by(ReachNotice.id)))
    is_alone = runtime.db.dialect == "sqlite"
    assert states == ["unsure" if is_alone else "calling", "waiting"]
    assert [row.job for row in make.promises(db) if row.job == "reach.pump"] == ["reach.pump"] * is_alone


def test_a_step_of_a_series_is_not_said_early_by_a_host_whose_clock_is_ahead(db, runtime):
    Walk(runtime).series(said("路上好", n=2, unit="minutes"))
    Phone(assemble(runtime), runtime.config.accounts[0]).follow()

    keep(runtime, "series.go_on")

    with db.reading() as session:
        states = session.scalars(select(SeriesRun.state)).all()
        notices = session.scalars(select(ReachNotice.id)).all()
    is_alone = runtime.db.dialect == "sqlite"
    assert (states, len(notices)) == ((["finished"], 1) if is_alone else (["running"], 0))


def test_the_desks_hosts_go_by_one_clock_even_after_it_was_set(db, runtime, monkeypatch):
    floor = desk_jobs._floor(runtime, runtime.accounts["head"].id)
    with runtime.db.connection() as connection:
        runtime.db.now(connection)
    set_ahead(monkeypatch)  # after the database was asked: what it said then is put right

    off = floor.now() - utc_now()

    assert off > WRONG / 2 if runtime.db.dialect == "sqlite" else abs(off) < WRONG / 2


def test_a_silent_host_is_given_up_by_postgresql_and_by_us_before_others_give_up_its_rows(monkeypatch):
    said = {}

    def look(**parameters) -> None:
        said.update(parameters)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", look)
    with (
        Database(DatabaseConfig(url="postgresql://nowhere/yizhan")) as watched,
        pytest.raises(OperationalError),
        watched.connection(),
    ):
        pass

    theirs = dict(re.findall(r"-c (\w+)=(\d+)", said["options"]))
    assert said["tcp_user_timeout"] == int(theirs["tcp_user_timeout"]) < int(theirs["lock_timeout"])
    assert said["keepalives_idle"] == int(theirs["tcp_keepalives_idle"]) > 0


def test_a_release_older_than_the_tables_lacks_nothing(db):
    newest = ScriptDirectory.from_config(schema.alembic_config(db)).get_current_head()
    with db.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
    try:
        assert schema.unapplied(db) == []
    finally:
        with db.connection() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{newest}'"))


def test_a_worker_that_is_asked_to_stop_does_the_job_it_was_just_handed(
    db, database_url, redis_url, runs, monkeypatch
):
    runtime = open_runtime(replace(make.config(database_url), redis=RedisConfig(url=redis_url)))
    enqueue(open_queue(runtime.redis), [promised(db)])
    hand_over = worker.Hands.queue_class.dequeue_any

    def handed(*arguments, **facts):
        job = hand_over(*arguments, **facts)
        os.kill(os.getpid(), signal.SIGTERM)
        return job

    monkeypatch.setattr(worker.Hands.queue_class, "dequeue_any", handed)
    with at_work(runtime):
        worker.run(runtime)

    assert len(runs) == 1
    assert [row.state for row in make.promises(db)] == ["done"]


def test_a_database_that_is_away_after_a_job_has_time_of_its_own(
    db, database_url, redis_url, runs, monkeypatch
):
    for module in (queue, worker):
        monkeypatch.setattr(module, "SECONDS_PER_JOB", 1)
    runtime = open_runtime(replace(make.config(database_url), redis=RedisConfig(url=redis_url)))
    enqueue(open_queue(runtime.redis), [promised(db)])
    stopped = []

    def work(_runtime) -> None:
        runs.append(None)
        gone.enter_context(away(times=9))  # which takes longer than the job may
        stopped.append(os.kill(os.getpid(), signal.SIGTERM))

    with at_work(runtime), ExitStack() as gone:
        JOBS["test.work"] = work
        worker.run(runtime)

    assert len(runs) == len(stopped) == 1
    assert [row.state for row in make.promises(db)] == ["done"]


def test_a_job_that_takes_too_long_is_ended_and_the_alarm_around_it_goes_on(db, runtime, runs):
    number = promised(db)
    JOBS["test.work"] = lambda _runtime: time.sleep(60)
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_facts: rung.append(None))
    signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        worker.keep_promise(runtime, number, limit=worker._Limit(0.05))
        left, _every = signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)

    [row] = make.promises(db)
    assert (row.state, row.reason) == ("waiting", "OutOfTime: the job took longer than 0.05 s")
    assert 0 < left < 600
    assert rung == []


@pytest.mark.parametrize("line", range(8))
def test_an_alarm_that_rings_when_the_job_is_done_leaves_it_done_and_the_alarm_around_it_on(line):
    """At the first line of leaving the limit may still count; after that nothing does."""
    lines = []

    def ring(frame, event, _argument):
        if frame.f_code.co_filename != worker.__file__:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
            if len(lines) == line + 1:
                signal.raise_signal(signal.SIGALRM)
        return ring

    def theirs(*_facts):
        """Stand for the alarm of whoever runs the worker."""

    limit, ended = worker._Limit(60), []
    traced, before = sys.gettrace(), signal.signal(signal.SIGALRM, theirs)
    signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        with limit:
            sys.settrace(ring)
        ended.append("in time")
    except BaseException as error:
        ended.append(type(error).__name__)
    finally:
        sys.settrace(traced)
        left, _every = signal.setitimer(signal.ITIMER_REAL, 0)
        after = signal.signal(signal.SIGALRM, before)

    assert after is theirs
    assert 60 < left < 600
    assert ended == (["OutOfTime"] if line == 0 else ["in time"])


@pytest.mark.parametrize(
    "trouble", [RedisConnectionError("away"), RedisError("odd")], ids=["waits", "begins anew"]
)
def test_a_worker_ends_at_once_when_it_is_asked_to_while_it_rests(
    database_url, redis_url, trouble, monkeypatch
):
    runtime = open_runtime(replace(make.config(database_url), redis=RedisConfig(url=redis_url)))
    monkeypatch.setattr(worker, "PAUSE", 20.0)
    asking = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    asked = []

    def fail(*_arguments, **_facts):
        if not asked:
            asked.append(asking.start())
        raise trouble

    monkeypatch.setattr(worker.Hands.queue_class, "dequeue_any", fail)
    began = time.monotonic()
    with at_work(runtime):
        worker.run(runtime)

    assert time.monotonic() - began < 10


def test_a_worker_that_finds_no_redis_waits_for_one(database_url, monkeypatch):
    runtime = open_runtime(make.config(database_url))  # whose Redis is nowhere
    monkeypatch.setattr(worker.time, "sleep", lambda _seconds: os.kill(os.getpid(), signal.SIGTERM))
    with at_work(runtime), pytest.raises(SystemExit) as ended:
        worker.run(runtime)

    assert ended.value.code == 0
