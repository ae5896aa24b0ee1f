"""What a process remembers of a replica; and MariaDB's, whose settings are others."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from bot.audit.chain import GENESIS
from bot.config import DatabaseConfig
from bot.db import utc_now
from bot.db.types import table_of
from bot.errors import ConfigError
from bot.organisation.models import Branch
from bot.outbox.timetable import PULSE, PULSE_SECONDS, Entry, Slot, claim, enter
from bot.replica import Surveys, looking, watch
from bot.replica.looking import PrimaryAway, Sight
from bot.replica.watch import State, Watch
from tests.support.system import eventually

NEAR = Sight(timedelta(seconds=1), is_ours=True)
LIMIT = timedelta(seconds=30)


def test_a_look_is_good_for_some_seconds():
    looked = []
    seen = Watch(lambda: looked.append(1) or NEAR, limit=LIMIT)

    assert [seen.allows() for _one in range(5)] == [True] * 5
    assert looked == [1]


def test_the_first_look_is_waited_for_and_no_other_begins_meanwhile(monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 30.0)
    may_answer, looked, told = threading.Event(), [], []

    def look():
        looked.append(1)
        may_answer.wait(30)
        return NEAR

    seen = Watch(look, limit=LIMIT)
    askers = [threading.Thread(target=lambda: told.append(seen.allows())) for _one in range(4)]
    for one in askers:
        one.start()
    eventually(lambda: looked)
    may_answer.set()
    for one in askers:
        one.join(30)

    assert (looked, told) == ([1], [True] * 4)


@pytest.mark.parametrize(
    ("sight", "state"),
    [
        (NEAR, State.NEAR),
        (Sight(LIMIT, is_ours=True), State.NEAR),
        (Sight(LIMIT + timedelta(seconds=1), is_ours=True), State.LATE),
        (Sight(None, is_ours=True), State.LATE),
        (Sight(timedelta(), is_ours=False), State.FOREIGN),
    ],
)
def test_only_what_is_near_and_ours_is_read(sight, state):
    seen = Watch(lambda: sight, limit=LIMIT)

    assert seen.allows() is (state is State.NEAR)
    assert seen.state is state


def test_a_look_without_an_answer_is_waited_for_once(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(watch, "PATIENCE", 0.01)
    may_answer, looked = threading.Event(), []

    def look():
        looked.append(1)
        may_answer.wait(30)
        return NEAR

    seen = Watch(look, limit=LIMIT)
    assert not seen.allows()
    assert seen.state is State.AWAY
    monkeypatch.setattr(watch, "PATIENCE", None)  # to wait without end, if anybody did
    assert [seen.allows() for _one in range(3)] == [False] * 3
    assert looked == [1]
    may_answer.set()
    eventually(seen.allows)


def test_nobody_waits_for_one_that_was_away(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.0)
    may_answer = threading.Event()

    def look():
        if not may_answer.is_set():
            raise ConnectionError
        return NEAR

    seen = Watch(look, limit=LIMIT)
    assert not seen.allows()
    assert seen.state is State.AWAY
    monkeypatch.setattr(watch, "PATIENCE", None)  # to wait without end, if anybody did
    assert not seen.allows()
    may_answer.set()
    eventually(seen.allows)


def test_a_look_that_the_primary_fails_says_nothing_of_the_replica(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.0)
    answers = iter([NEAR, PrimaryAway(), PrimaryAway(), Sight(None, is_ours=True), PrimaryAway()])

    def look():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    seen = Watch(look, limit=LIMIT)
    assert [seen.allows() for _one in range(3)] == [True] * 3
    assert seen.behind == NEAR.behind
    assert not seen.allows()
    assert not seen.allows()
    assert seen.state is State.LATE


@pytest.mark.parametrize(
    ("ours", "is_ours"),
    [
        ({6: "f", 7: "g"}, True),
        ({6: "f"}, True),  # committed, and not shown by the primary yet
        ({6: "f", 7: "another"}, False),
        ({6: "another"}, False),
        ({}, False),  # far ahead of us
    ],
)
def test_a_chain_that_is_not_ours_is_told_from_one_that_is_a_moment_ahead(ours, is_ours):
    assert looking.continues(7, "g", "f", ours) is is_ours
    assert looking.continues(1, "a", GENESIS, {})


def test_without_a_replica_all_is_read_at_the_primary(db):
    surveys = Surveys(db, DatabaseConfig())

    assert surveys.take_all(lambda session: session.scalar(select(func.count(Branch.id)))) == 0
    assert surveys.watch.state is State.UNKNOWN
    surveys.close()


def test_each_kind_of_server_confines_whoever_reads_there(db, database_url, monkeypatch):
    """The server is its own replica here: connecting, judging and confining are the same."""
    config = DatabaseConfig(url=database_url, replica_url=database_url)
    if db.dialect == "sqlite":
        with pytest.raises(ConfigError, match="SQLite has no replicas"):
            Surveys(db, config)
        return
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(watch, "PATIENCE", 30.0)
    surveys = Surveys(db, config)
    settings = {"postgresql": "SHOW transaction_read_only", "mariadb": "SELECT @@max_statement_time"}
    confined = {"postgresql": "on", "mariadb": 60}
    asked = text(settings[db.dialect])

    assert not surveys.watch.allows()
    assert surveys.watch.state is State.LATE  # no clock has run
    with db.transaction() as session:
        pulse = Entry(PULSE, PULSE_SECONDS, lambda _runtime, _now: ())
        enter(session, [pulse])
        assert claim(session, pulse, now=utc_now())
    eventually(surveys.watch.allows)

    assert surveys.take_all(lambda session: session.scalar(asked)) == confined[db.dialect]
    branch = insert(table_of(Branch)).values(name="x", city="x")
    with pytest.raises(DBAPIError, match=r"(?i)read.only"), surveys.replica.begin() as connection:
        connection.execute(branch)
    with db.reading() as session:
        assert session.scalar(select(func.count(Slot.name))) == 1
    surveys.close()
