"""A runtime without processes, a phone, and series to walk through with a clock in hand."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import assemble
from bot.db import Database, utc_now
from bot.fans.models import Fan
from bot.moments import HERE
from bot.organisation import directory
from bot.reach.models import ReachContent, ReachNotice
from bot.runtime import Runtime, open_runtime
from bot.series import book, hearing, keeping, stepping
from bot.series.models import Series, SeriesRun, Stop
from tests import make
from tests.support.phone import Phone


def said(text: str, **when: Any) -> dict[str, Any]:
    """A step that says a text."""
    return {"answer": {"type": "text", "content": text}, **when}


@pytest.fixture
def runtime(db: Database, database_url: str) -> Iterator[Runtime]:
    runtime = open_runtime(make.config(database_url))
    runtime.memory._max_age = -1.0  # what is saved is known with the next message
    yield runtime
    runtime.db.close()


@pytest.fixture
def phone(runtime: Runtime) -> Callable[[str], Phone]:
    [account] = runtime.config.accounts
    application = assemble(runtime)
    seconds = itertools.count(int(time.time()) - 60)  # two deeds of one second would be one deed repeated
    return lambda name: Phone(application, account, openid=f"o{name}", clock=lambda: next(seconds))


class Walk:
    """Series made, switched on and gone on with, at moments of the test's choosing."""

    def __init__(self, runtime: Runtime) -> None:
        self.db = runtime.db
        self.account_id = runtime.accounts["head"].id
        self._began: datetime | None = None

    def series(self, *steps: dict[str, Any], on: bool = True, **facts: Any) -> int:
        stops = [Stop(one) for one in facts.pop("stops", ())]
        stop_tags = facts.pop("stop_tags", ())
        with self.db.transaction() as session:
            row = Series(
                **{
                    "account_id": self.account_id,
                    "name": "欢迎",
                    "trigger": "follow",
                    "channels": [],
                    "campaigns": [],
                    "tags": [],
                    "created_at": utc_now(),
                    **facts,
                }
            )
            keeping.save(
                session, row, said=list(steps), stops=stops, stop_tags=stop_tags, by=None, now=utc_now()
            )
            if on:
                keeping.switch(session, row, on=True, now=utc_now())
            return row.id

    def save(self, series_id: int, *steps: dict[str, Any]) -> None:
        with self.db.transaction() as session:
            row = session.get_one(Series, series_id)
            keeping.save(session, row, said=list(steps), stops=(), stop_tags=(), by=None, now=utc_now())

    def switch(self, series_id: int, *, on: bool, now: datetime) -> None:
        with self.db.transaction() as session:
            keeping.switch(session, session.get_one(Series, series_id), on=on, now=now)

    def go_on(self, now: datetime) -> int:
        with self.db.transaction() as session:
            hearing.hear(session, book.load(session), now=now)
        with self.db.transaction() as session:
            return stepping.go_on(session, directory.load(session), now=now)

    def runs(self) -> list[SeriesRun]:
        with self.db.reading() as session:
            return list(session.scalars(select(SeriesRun).order_by(SeriesRun.id)))

    def run(self) -> SeriesRun:
        [run] = self.runs()
        return run

    def tomorrow(self, clock: str) -> datetime:
        """Return that time of the day after the first run began, whatever day it is by now."""
        self._began = self._began or self.runs()[0].base_at
        day = self._began.astimezone(HERE).date() + timedelta(days=1)
        return datetime.combine(day, time_of_day.fromisoformat(clock), HERE).astimezone(UTC)

    def told(self) -> list[str]:
        """Return what the planner was given, in order, with what was taken back marked by its state."""
        wanted = select(ReachNotice.state, ReachContent.document).join(
            ReachContent, ReachContent.id == ReachNotice.content_id
        )
        with self.db.reading() as session:
            rows = session.execute(wanted.order_by(ReachNotice.id)).all()
        words = [(row.state, row.document["answer"]["content"]) for row in rows]
        return [text if state == "waiting" else f"{text} ({state})" for state, text in words]


@pytest.fixture
def walk(runtime: Runtime) -> Walk:
    return Walk(runtime)


@pytest.fixture
def fans(walk: Walk) -> Callable[[int], list[int]]:
    """Adds so many fans and returns their ids."""

    def add(number: int) -> list[int]:
        facts = {"account_id": walk.account_id, "standing": "following", "created_at": utc_now()}
        counts = {"follow_count": 1, "message_count": 0}
        with walk.db.transaction() as session:
            rows = [Fan(openid=f"o{one}", **facts, **counts) for one in range(number)]
            session.add_all(rows)
            session.flush()
            return [row.id for row in rows]

    return add
