"""Two servers at the same runs, and at the same fans: each fan is in once, each step is said once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from bot.db import utc_now
from bot.reach.models import ReachNotice
from bot.series import book, entering, stepping
from bot.series.book import Cause
from bot.series.models import SeriesDeed, SeriesRun, Trigger
from tests.series.conftest import said

FANS = 300


def together(work, servers: int = 3) -> list[int]:
    """Let each server do the work at the same moment, and return what each made of it."""
    start = Barrier(servers)

    def one(_number: int) -> int:
        start.wait()
        return work()

    with ThreadPoolExecutor(servers) as pool:
        return list(pool.map(one, range(servers)))


def number_of(db, column) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count(column)))


def test_servers_that_take_in_the_same_fans_take_each_in_once(walk, db, fans):
    walk.series(said("欢迎"), exclusive=True)
    now = utc_now()
    causes = [Cause(walk.account_id, fan_id, Trigger.FOLLOW, now) for fan_id in fans(FANS)]

    def enter() -> int:
        with db.transaction() as session:
            entering.enter(session, book.load(session), causes, now=now)
        return 0

    together(enter)

    assert number_of(db, SeriesRun.id) == FANS
    assert number_of(db, SeriesRun.fan_id.distinct()) == FANS


def test_servers_that_go_on_with_the_same_runs_say_each_step_once(walk, db, fans):
    walk.series(said("一"), said("二"))
    now = utc_now()
    with db.transaction() as session:
        causes = [Cause(walk.account_id, fan_id, Trigger.FOLLOW, now) for fan_id in fans(FANS)]
        entering.enter(session, book.load(session), causes, now=now)

    def go_on() -> int:
        moved = 0
        while True:
            with db.transaction() as session:
                if not (some := stepping.go_on(session, {}, now=now)):
                    return moved
                moved += some

    assert sum(together(go_on)) == 2 * FANS
    assert number_of(db, SeriesDeed.run_id) == number_of(db, ReachNotice.id) == 2 * FANS
