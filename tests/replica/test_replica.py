"""Reports come from a replica that is near, and from the primary whenever it is not."""

import logging
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from admin.formats import HERE
from bot.audit import Actor, Subject, record
from bot.channels.models import Campaign
from bot.db import EVERYTHING, Scope, utc_now
from bot.db.scope import NotThroughHere
from bot.db.types import table_of
from bot.doctor.findings import Verdict
from bot.doctor.replica import replica as doctor
from bot.fans.models import Fan
from bot.figures.models import DailyFigure
from bot.organisation.models import Branch, Shop
from bot.replica import watch
from bot.replica.watch import State
from bot.runtime import open_runtime
from bot.worker import OutOfTime, _Limit
from tests import make
from tests.replica.conftest import LAG, beat
from tests.support.office import Office
from tests.support.system import eventually

WHERE = text("SELECT pg_is_in_recovery()")
pytestmark = pytest.mark.xdist_group("replica")  # one pair of servers for all


def is_at_replica(surveys) -> bool:
    return surveys.take_all(lambda session: session.scalar(WHERE))


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("yizhan_replica_reads_total", {"outcome": outcome}) or 0.0


def findings(runtime):
    return [(one.verdict, str(one.detail)) for one in doctor(runtime)]


def follows(db, number: int) -> None:
    """Have so many follow today."""
    with db.transaction() as session:
        session.query(DailyFigure).delete()
        today = utc_now().astimezone(HERE).date()
        session.add(DailyFigure(day=today, account_id=1, follows=number, rebuilt_at=utc_now()))


def test_figures_are_the_replicas_and_lists_are_not(runtime, servers):
    office = Office(runtime)
    office.add("alice")
    follows(runtime.db, 4711)
    with servers.paused():
        follows(runtime.db, 815)
        alice = office.inside("alice")
        made = alice.post("/admin/campaigns/new", name="秋游", begins_on="", ends_on="", note="")
        home = alice.get("/admin/").text
        campaigns = alice.get("/admin/campaigns/").text
        metrics = alice.client.get("/metrics").text
    with runtime.db.reading() as session:
        assert session.scalar(select(func.count(Campaign.id))) == 1, made.text

    assert "4,711" in home
    assert "秋游" in campaigns
    assert "yizhan_replica_used 1.0" in metrics
    assert "yizhan_replica_lag_seconds " in metrics
    servers.catch_up()
    assert "815" in alice.get("/admin/").text


def test_a_replica_that_is_late_is_not_read_until_it_has_caught_up(runtime, servers, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    assert is_at_replica(runtime.surveys)
    assert findings(runtime)[0][0] is Verdict.GOOD
    late = counted("late")

    with servers.paused():
        monkeypatch.setattr(runtime.db.timepiece, "ahead", lambda _connection: timedelta(seconds=2 * LAG))
        beat(runtime.db, ahead=2 * LAG)
        runtime.surveys.watch.allows()
        places = [is_at_replica(runtime.surveys) for _try in range(3)]
        [(verdict, said)] = findings(runtime)
    servers.catch_up()
    eventually(lambda: is_at_replica(runtime.surveys))

    assert places == [False] * 3
    assert counted("late") >= late + 3
    assert verdict is Verdict.WRONG
    assert "s behind, more than replica_lag_seconds" in said
    told = [one for one in caplog.records if one.name == watch.__name__]
    assert [(one.getMessage(), one.state) for one in told] == [
        ("replica_read", "near"),
        ("replica_not_read", "late"),
        ("replica_read", "near"),
    ]


def test_nobody_can_tell_without_a_clock(runtime, monkeypatch):
    monkeypatch.setattr(runtime.db.timepiece, "ahead", lambda _connection: timedelta(seconds=2 * LAG))

    runtime.surveys.watch.allows()

    assert not is_at_replica(runtime.surveys)
    [(verdict, said)] = findings(runtime)
    assert verdict is Verdict.ADVICE
    assert "nobody can tell" in said


def test_a_replica_that_dies_is_left_and_come_back_to(runtime, servers):
    surveys = runtime.surveys
    assert is_at_replica(surveys)
    asked = []

    def work(session):
        """Read twice; the replica dies between."""
        place = session.scalar(WHERE)
        asked.append(place)
        if place:
            servers.replica.kill()
        return place, session.scalar(select(func.count(Fan.id)))

    failed = counted("failed")
    assert surveys.take_all(work) == (False, 0)
    assert asked == [True, False]
    assert counted("failed") == failed + 1
    assert surveys.watch.state is State.AWAY
    assert not is_at_replica(surveys)
    assert findings(runtime)[0][0] is Verdict.WRONG

    servers.replica.start()
    eventually(lambda: is_at_replica(surveys))


def test_a_replica_that_says_nothing_is_left_and_come_back_to(runtime, servers, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0.2)
    servers.replica.freeze()
    try:
        assert not is_at_replica(runtime.surveys)
        assert runtime.surveys.watch.state is State.AWAY
    finally:
        servers.replica.wake()

    eventually(lambda: is_at_replica(runtime.surveys))


def test_a_statement_that_replay_cancels_is_asked_again_of_the_primary(runtime, servers):
    asked = []

    def work(session):
        place = session.scalar(WHERE)
        asked.append(place)
        session.execute(select(Branch.id)).all()
        if place:  # replay needs the table for itself, and the replica waits a tenth of a second for us
            seen = "SELECT sum(confl_lock) FROM pg_stat_database_conflicts"
            before = servers.replica.ask(seen)
            servers.primary.ask("ALTER TABLE branch ALTER COLUMN city SET STATISTICS 100", "yizhan")
            servers.primary.ask("BEGIN; LOCK TABLE branch IN ACCESS EXCLUSIVE MODE; COMMIT", "yizhan")
            servers.primary.ask("SELECT pg_switch_wal()")
            eventually(lambda: servers.replica.ask(seen) > before)
        return session.scalar(select(func.count(Branch.id)))

    assert runtime.surveys.take_all(work) == 0
    assert asked == [True, False]
    eventually(lambda: is_at_replica(runtime.surveys))


def test_what_has_not_come_to_the_replica_yet_is_read_at_the_primary(runtime, servers):
    with servers.paused():
        servers.primary.ask("CREATE TABLE newer AS SELECT 7 AS number", "yizhan")
        assert runtime.surveys.take_all(lambda session: session.scalar(text("SELECT number FROM newer"))) == 7
        with runtime.db.transaction() as session:
            session.add(Branch(name="新分公司", city="济南"))
            session.flush()
            key = session.scalar(select(Branch.id))
        found = runtime.surveys.take(EVERYTHING, lambda session: session.get_one(Branch, key).name)
    servers.primary.ask("DROP TABLE newer; DELETE FROM branch", "yizhan")

    assert found == "新分公司"


def test_what_is_wrong_at_both_is_the_primarys_error(runtime):
    places = []

    def work(session):
        places.append(session.scalar(WHERE))
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        runtime.surveys.take_all(work)

    assert places == [True, False]


@pytest.mark.parametrize("is_in_a_statement", [True, False], ids=["asking", "computing"])
def test_a_job_whose_time_is_up_does_not_begin_anew_at_the_primary(runtime, is_in_a_statement):
    places = []

    def work(session):
        places.append(session.scalar(WHERE))
        if is_in_a_statement:
            session.execute(text("SELECT pg_sleep(30)"))
        else:
            threading.Event().wait(30)

    assert is_at_replica(runtime.surveys)  # connected, so that the time is up in the middle of the work
    with pytest.raises(OutOfTime), _Limit(3.0):
        runtime.surveys.take_all(work)

    assert places == [True]
    assert runtime.surveys.watch.state is State.NEAR
    assert is_at_replica(runtime.surveys)


def test_a_report_that_takes_too_long_is_not_begun_anew_at_the_primary(runtime):
    asked = []

    def work(session):
        asked.append(1)
        session.execute(text("SET LOCAL statement_timeout = 20"))
        return session.scalar(text("SELECT pg_sleep(10)"))

    slow = counted("slow")
    with pytest.raises(DBAPIError, match="statement timeout"):
        runtime.surveys.take_all(work)

    assert asked == [1]
    assert counted("slow") == slow + 1
    limit = runtime.surveys.take_all(lambda session: session.scalar(text("SHOW statement_timeout")))
    assert limit == "1min"


def test_a_replica_that_is_busy_is_not_queued_for(runtime, monkeypatch):
    monkeypatch.setattr(runtime.surveys.replica.pool, "_timeout", 0.01)
    held = [runtime.surveys.replica.connect() for _one in range(8)]

    at_replica = is_at_replica(runtime.surveys)
    for connection in held:
        connection.close()

    assert not at_replica
    assert counted("busy") == 1
    assert is_at_replica(runtime.surveys)


def test_nothing_can_be_written_through_it(runtime):
    with pytest.raises(DBAPIError, match="read-only"), runtime.surveys.replica.begin() as connection:
        connection.execute(insert(table_of(Branch)).values(name="x", city="x"))


def test_the_scope_confines_there_as_it_does_at_the_primary(runtime, servers):
    shop = make.shop(runtime.db, "人民广场店")
    make.shop(runtime.db, "泉城路店", "济南分公司")
    servers.catch_up()
    scope = Scope(shops=frozenset({shop}))

    def work(session):
        with pytest.raises(NotThroughHere):
            session.execute(WHERE)
        return session.scalars(select(Shop.id)).all()

    replica = counted("replica")
    assert runtime.surveys.take(scope, work) == [shop]
    assert counted("replica") == replica + 1


def test_a_replica_of_another_primary_is_never_read(runtime, servers):
    """As of a copy of production that names production's replica: both have gone on since."""
    runtime.db.close()  # a template has nobody in it
    servers.primary.ask("CREATE DATABASE copied TEMPLATE yizhan")
    config = runtime.config
    database = replace(config.database, url=servers.primary.url("copied"))
    with closing(open_runtime(replace(config, database=database))) as copy:
        for one in (copy, runtime):
            with one.db.transaction() as session:
                subject = Subject("shop", one.db.url.database)
                record(session, Actor("somebody"), "shop.changed", subject, now=utc_now())
            beat(one.db)
        servers.catch_up()
        copy.surveys.watch.allows()

        assert not is_at_replica(copy.surveys)
        assert copy.surveys.watch.state is State.FOREIGN
        [(verdict, said)] = findings(copy)
        assert verdict is Verdict.WRONG
        assert "follows another one" in said
        eventually(lambda: is_at_replica(runtime.surveys))


def test_pages_that_hold_every_connection_of_the_primary_do_not_make_the_replica_away(runtime):
    database = replace(runtime.config.database, pool_size=1)
    with (
        closing(open_runtime(replace(runtime.config, database=database))) as busy,
        busy.db.connection(),
        busy.db.connection(),
    ):
        assert is_at_replica(busy.surveys)
        assert busy.surveys.watch.state is State.NEAR


def test_doctor_says_when_the_replica_is_the_primary(runtime, servers):
    database = replace(runtime.config.database, replica_url=servers.primary.url())
    with closing(open_runtime(replace(runtime.config, database=database))) as alone:
        [(verdict, said)] = findings(alone)

    assert verdict is Verdict.ADVICE
    assert "the database of url itself" in said
