"""What the clock does for points, and the command: twice is as good as once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot import cli
from bot.config import WeChatConfig
from bot.db import Database
from bot.demo import seed
from bot.mall.reconciling import CHECKS
from bot.members.models import Member
from bot.moments import HERE
from bot.points import days, jobs, reconciling, reporting
from bot.points.models import PointAccount, PointEntry, PointHold, PointHoldLot, PointLot
from bot.points.office_models import PointCheck, PointDay
from bot.runtime import open_runtime
from tests import make
from tests.points.world import Till
from tests.support import members as support


@pytest.fixture
def runtime(empty_sqlite):
    opened = open_runtime(make.config(empty_sqlite))
    yield opened
    opened.close()


@pytest.fixture
def till(runtime):
    return Till(runtime.db)


def test_what_has_ended_and_what_the_erased_left_is_taken_off_the_books(runtime, till):
    alice, gone = till.member(), till.member()
    till.now -= timedelta(days=2)
    till.earn(alice, 10, days=1)
    till.earn(alice, 20)
    till.earn(gone, 30)
    with runtime.db.transaction() as session:
        session.execute(update(Member).where(Member.id == gone).values(state="erased"))

    for _ in range(2):
        jobs.expire(runtime)

    assert till.history(alice) == [("expire", -10), ("earn", 20), ("earn", 10)]
    assert till.history(gone) == [("expire", -30), ("earn", 30)]


def test_what_one_run_cannot_take_is_promised_at_once(runtime, till, monkeypatch):
    alice = till.member()
    till.now -= timedelta(days=2)
    till.earn(alice, 10, days=1)

    monkeypatch.setattr(jobs, "ENOUGH", -1.0)
    jobs.expire(runtime)
    assert [row.job for row in make.promises(runtime.db)] == ["points.expire"]
    monkeypatch.setattr(jobs, "ENOUGH", 15.0)
    jobs.expire(runtime)

    assert till.history(alice) == [("expire", -10), ("earn", 10)]
    assert len(make.promises(runtime.db)) == 1


def test_holds_whose_time_is_over_are_let_go(runtime, till):
    alice = till.member()
    till.earn(alice, 100)
    broken = till.hold(alice, 10, hours=-2)
    over, still = till.hold(alice, 30, hours=-1), till.hold(alice, 20, hours=1)
    with runtime.db.transaction() as session:
        session.execute(update(PointHoldLot).where(PointHoldLot.hold_id == broken.id).values(points=90))

    for _ in range(2):
        jobs.end_holds(runtime)

    with runtime.db.reading() as session:
        states = {row.id: row.state for row in session.scalars(select(PointHold))}
    assert states == {broken.id: "open", over.id: "expired", still.id: "open"}
    assert till.available(alice) == 70


def test_a_check_goes_on_where_it_was_stopped_and_keeps_what_it_found(runtime, till, monkeypatch):
    monkeypatch.setattr(reconciling, "SLICE", 1)
    for points in (10, 20, 30):
        till.earn(till.member(), points)
    with runtime.db.transaction() as session:
        session.execute(update(PointLot).where(PointLot.id.in_([1, 3])).values(remaining=9))

    monkeypatch.setattr(jobs, "ENOUGH", -1.0)  # no time for a slice: the rest is promised
    jobs.reconcile(runtime)
    assert [row.job for row in make.promises(runtime.db)] == ["points.reconcile"]
    jobs.step(runtime.db, now=till.now)
    monkeypatch.setattr(jobs, "ENOUGH", 15.0)
    jobs.reconcile(runtime)

    with runtime.db.reading() as session:
        run = session.scalars(select(PointCheck)).one()
    assert run.ended_at is not None
    assert [(one["check"], one["account_id"]) for one in run.findings] == [
        ("lot", 1),
        ("balance", 1),
        ("lot", 3),
        ("balance", 3),
    ]


def test_the_command_says_what_is_wrong_and_where(runtime, till, tmp_path, capsys):
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{runtime.db.url}"\n')
    till.earn(till.member(), 10)

    assert cli.main(["points", "reconcile", "--config", str(file)]) == 0
    with runtime.db.transaction() as session:
        session.execute(update(PointLot).values(held=3))
    assert cli.main(["points", "reconcile", "--config", str(file)]) == 1

    said = capsys.readouterr().out
    assert "everything adds up" in said
    assert "account 1: held 1 says 3 and should say 0" in said


def test_days_are_added_up_from_the_first_and_what_is_outstanding_is_the_sum_of_them(runtime, till, tmp_path):
    alice = till.member()
    began = till.now
    till.now -= timedelta(days=70)
    first = till.now.astimezone(HERE).date()
    till.earn(alice, 100)
    jobs.add_up(runtime)
    till.now = began - timedelta(days=3)
    spent = till.spend(alice, 30, source="mall", key="1")
    till.now = began
    till.refund(spent.id, 10)

    for _ in range(2):
        jobs.add_up(runtime)

    today = began.astimezone(HERE).date()
    with runtime.db.reading() as session:
        assert list(days.due(session, now=began)) == [today]
        rows = session.scalars(select(PointDay).where(PointDay.cause != "").order_by(PointDay.day)).all()
        asked = reporting.Asked(today - timedelta(days=5), today)
        found = reporting.lines(session, asked, reporting.By.CAUSE)
        behind = reporting.behind(session, asked, "outstanding", shops=None)
    assert [(row.day, row.cause, row.issued, row.spent, row.moved) for row in rows] == [
        (first, "test", 100, 0, 100),
        (today - timedelta(days=3), "test", 0, 30, -30),
        (today, "test", 0, -10, 10),
    ]
    assert {key: (one["issued"], one["spent"], one["outstanding"]) for key, one in found.items()} == {
        "test": (0, 20, 80)
    }
    assert sum(points for _entry, points in behind) == 80

    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{runtime.db.url}"\n')
    with runtime.db.transaction() as session:
        session.execute(update(PointDay).values(issued=7))
    assert cli.main(["points", "rebuild", "--config", str(file)]) == 0
    with runtime.db.reading() as session:
        assert session.scalar(select(func.sum(PointDay.issued))) == 100


def test_the_demos_members_have_histories_that_add_up(empty_sqlite):
    """See `tests/run/test_demo_data.py` for the rest of the demo."""
    config = replace(support.config(empty_sqlite), wechat=WeChatConfig(api_base="http://127.0.0.1:9"))

    seed.sow(config)

    with Database(config.database) as db, db.reading() as session:
        assert reconciling.findings(session, more=CHECKS) == []
        kinds = set(session.scalars(select(PointEntry.kind)))
        assert kinds >= {"earn", "spend", "expire", "claw_back"}
        assert session.scalar(select(func.max(PointAccount.debt)))
        assert session.scalar(select(func.count(PointHold.id)))
