"""Promises: made with the message, kept once, never lost (design §4)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.db import utc_now
from bot.errors import BadRequest, WeChatUnavailable
from bot.jobs import JOBS, TIMETABLE
from bot.outbox import keeping, timetable
from bot.outbox.models import State
from bot.outbox.outcomes import Pointless
from bot.outbox.promises import Wish, promise, promise_all
from bot.queue import open_queue
from bot.runtime import Runtime, open_runtime
from bot.worker import keep_promise
from tests import make

LEASE = timedelta(seconds=60)


@pytest.fixture
def runtime(database_url: str) -> Iterator[Runtime]:
    runtime = open_runtime(make.config(database_url))
    yield runtime
    runtime.db.close()


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict]]:
    """Gives the project one more job, which writes down its arguments and then raises what it is told."""

    def define(*errors: Exception | None) -> list[dict]:
        runs: list[dict] = []

        def work(_runtime: Runtime, **arguments: object) -> None:
            runs.append(arguments)
            error = errors[min(len(runs), len(errors)) - 1] if errors else None
            if error:
                raise error

        monkeypatch.setitem(JOBS, "test.work", work)
        return runs

    return define


def made(db, key: str | None = None, after: timedelta = timedelta(), **arguments: object) -> None:
    now = utc_now()
    with db.transaction() as session:
        promise(session, Wish("test.work", arguments, now + after, key), now=now)


def claimed(db, *, later: timedelta = timedelta(), limit: int = 100) -> list[int]:
    with db.connection() as connection:
        return keeping.claim_due(connection, now=utc_now() + later, lease=LEASE, limit=limit)


def states(db) -> list[str]:
    return [row.state for row in make.promises(db)]


def test_a_promise_is_made_only_if_the_transaction_commits(db):
    def half_done() -> None:
        with db.transaction() as session:
            promise(session, Wish("test.work", {}, utc_now()), now=utc_now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()

    assert make.promises(db) == []


def test_a_kept_promise_is_done(db, runtime, job):
    runs = job()
    made(db, fan_id=7)
    [promise_id] = claimed(db)

    assert keep_promise(runtime, promise_id)

    assert runs == [{"fan_id": 7}]
    [row] = make.promises(db)
    assert (row.state, row.attempts, row.reason) == ("done", 1, None)
    assert row.finished_at is not None


def test_a_promise_the_queue_holds_twice_is_kept_once(db, runtime, job):
    runs = job()
    made(db)
    [promise_id] = claimed(db)

    kept = [keep_promise(runtime, promise_id) for _ in range(3)]

    assert (kept, len(runs)) == ([True, False, False], 1)


def test_a_promise_for_later_waits(db):
    made(db, after=timedelta(minutes=5))

    assert claimed(db) == []
    assert len(claimed(db, later=timedelta(minutes=6))) == 1


def test_equal_keys_that_wait_are_one_promise_and_a_queued_one_is_no_longer_waiting(db):
    for _ in range(3):
        made(db, key="fans.complete:7", fan_id=7)
    assert len(claimed(db)) == 1

    made(db, key="fans.complete:7", fan_id=7)

    assert states(db) == ["queued", "waiting"]


def test_equal_keys_in_one_batch_are_one_promise(db):
    now = utc_now()
    with db.connection() as connection:
        promise_all(connection, [Wish("test.work", {}, now, "k"), Wish("test.work", {}, now, "k")], now=now)

    assert len(make.promises(db)) == 1


def test_a_change_made_under_a_waiting_key_is_never_overtaken_by_the_job(db):
    """The relay must not take a promise up between another transaction's wish for it and its commit."""
    made(db, key="k")
    relayed: list[int] = []
    relay = threading.Thread(target=lambda: relayed.extend(claimed(db)))

    with db.transaction() as session:
        promise(session, Wish("test.work", {}, utc_now(), "k"), now=utc_now())
        session.flush()
        relay.start()
        relay.join(0.3)
        overtaken = list(relayed)
    relay.join()

    assert overtaken == []
    assert len(make.promises(db)) == 1


def test_two_clocks_share_the_promises_and_claim_none_twice(db):
    for number in range(200):
        made(db, number=number)

    with ThreadPoolExecutor(4) as clocks:
        shares = list(clocks.map(lambda _: claimed(db, limit=30), range(12)))
    rest = claimed(db, limit=500)

    taken = [promise_id for share in [*shares, rest] for promise_id in share]
    assert (len(taken), len(set(taken))) == (200, 200)


def test_two_workers_that_meet_on_a_promise_keep_it_once(db, runtime, job):
    runs = job()
    made(db)
    [promise_id] = claimed(db)

    with ThreadPoolExecutor(8) as workers:
        kept = list(workers.map(lambda _: keep_promise(runtime, promise_id), range(8)))

    assert (sum(kept), len(runs)) == (1, 1)


def test_a_failure_worth_another_try_waits_longer_each_time_and_then_dies_with_its_reason(db, runtime, job):
    runs = job(WeChatUnavailable(None, "timed out"))
    made(db)
    delays, took = [], []
    for _ in range(runtime.config.outbox.attempts):
        [promise_id] = claimed(db, later=timedelta(days=1))
        before = utc_now()
        keep_promise(runtime, promise_id)
        took.append((utc_now() - before).total_seconds())
        delays.append((make.promises(db)[0].due_at - before).total_seconds())

    [row] = make.promises(db)
    assert (row.state, row.attempts, len(runs)) == ("dead", 8, 8)
    assert "timed out" in row.reason
    assert delays[:6] == sorted(delays[:6])
    assert 1 - 0.5 <= delays[0] <= 1 + 0.5 + took[0]
    assert 900 - 1 <= delays[5] <= 900 + 1 + took[5]


def test_a_failure_that_would_repeat_itself_is_dead_at_once(db, runtime, job):
    job(BadRequest(40033, "escaped characters"))
    made(db)

    keep_promise(runtime, *claimed(db))

    [row] = make.promises(db)
    assert (row.state, row.attempts) == ("dead", 1)
    assert "40033" in row.reason


def test_a_fault_of_ours_is_tried_again(db, runtime, job):
    runs = job(KeyError("a bug"), None)
    made(db)

    keep_promise(runtime, *claimed(db))
    keep_promise(runtime, *claimed(db, later=timedelta(seconds=10)))

    assert (states(db), len(runs)) == (["done"], 2)


def test_a_promise_without_a_point_is_done_and_says_why(db, runtime, job):
    job(Pointless("the fan left"))
    made(db)

    keep_promise(runtime, *claimed(db))

    [row] = make.promises(db)
    assert (row.state, row.reason) == ("done", "the fan left")


def test_a_job_of_a_newer_release_waits_for_it(db, runtime):
    made(db)

    keep_promise(runtime, *claimed(db))

    [row] = make.promises(db)
    assert row.state == "waiting"
    assert "newer release" in row.reason


def test_what_a_killed_worker_or_a_flushed_redis_lost_is_due_again_after_the_lease(db, runtime, job):
    runs = job()
    made(db, number=1)
    made(db, number=2)
    lost_in_redis, lost_with_worker = claimed(db)
    with db.transaction() as session:
        keeping.take_up(session, lost_with_worker, now=utc_now(), lease=LEASE)

    too_early = claimed(db, later=LEASE / 2)
    again = claimed(db, later=LEASE * 2)
    for promise_id in again:
        keep_promise(runtime, promise_id)

    assert too_early == []
    assert sorted(again) == sorted([lost_in_redis, lost_with_worker])
    assert (states(db), len(runs)) == (["done", "done"], 2)


def test_a_worker_that_comes_back_from_the_dead_does_not_settle_anothers_attempt(db):
    made(db)
    [promise_id] = claimed(db)
    with db.transaction() as session:
        slow = keeping.take_up(session, promise_id, now=utc_now(), lease=LEASE)
    claimed(db, later=LEASE * 2)
    with db.transaction() as session:
        quick = keeping.take_up(session, promise_id, now=utc_now(), lease=LEASE)
        assert keeping.settle(session, quick, State.DONE, now=utc_now())

    with db.transaction() as session:
        assert not keeping.put_back(session, slow, due_at=utc_now(), reason="late")

    assert states(db) == ["done"]


def test_dead_promises_can_be_replayed_and_others_cannot(db, runtime, job):
    job(BadRequest(40033, "x"), None)
    made(db)
    made(db, after=timedelta(hours=1))
    keep_promise(runtime, *claimed(db))
    ids = [row.id for row in make.promises(db)]

    with db.transaction() as session:
        count = keeping.replay(session, ids, now=utc_now())
    keep_promise(runtime, *claimed(db))

    assert count == 1
    assert states(db) == ["done", "waiting"]


def test_done_promises_are_forgotten_and_dead_ones_are_not(db, runtime, job):
    job(None, BadRequest(1, "x"))
    for _ in range(2):
        made(db)
        keep_promise(runtime, *claimed(db))

    with db.transaction() as session:
        early = keeping.forget(session, before=utc_now() - timedelta(days=1))
        late = keeping.forget(session, before=utc_now() + timedelta(seconds=1))

    assert (early, late, states(db)) == (0, 1, ["dead"])


def test_two_clocks_keep_one_timetable(db, runtime):
    with db.transaction() as session:
        timetable.enter(session, TIMETABLE)
    now = utc_now()
    [entry] = [one for one in TIMETABLE if one.name == "desk.look"]

    def see_to(seconds: int) -> bool:
        with db.transaction() as session:
            return timetable.see_to(session, entry, runtime, now=now + timedelta(seconds=seconds))

    with ThreadPoolExecutor(6) as clocks:
        first = list(clocks.map(see_to, [0] * 6))
    second = [see_to(entry.seconds), see_to(entry.seconds), see_to(0)]

    assert sum(first) == 1
    assert second == [True, False, False]


def test_the_timetables_everyday_promises_leave_no_rows(db, runtime):
    with db.transaction() as session:
        promise(session, Wish("outbox.forget_done", {}, utc_now()), now=utc_now())

    keep_promise(runtime, *claimed(db))

    assert make.promises(db) == []


def test_every_job_of_the_timetable_exists():
    assert {entry.name for entry in TIMETABLE} <= set(JOBS)


def test_the_clock_relays_through_redis_and_leaves_the_backlog_in_the_database(
    db, database_url, redis_url, monkeypatch
):
    runtime = open_runtime(make.config(database_url, redis_url=redis_url))
    monkeypatch.setattr("bot.queue.MOST_QUEUED", 30)
    for number in range(40):
        made(db, number=number)

    relayed = Clock(runtime).tick()

    queue = open_queue(runtime.redis)
    assert relayed == queue.count == 30
    assert states(db).count("waiting") >= 10
    runtime.redis.close()
    runtime.db.close()
