"""WeChat's figures are kept by day for longer than it shows them, in few calls, and put beside ours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from bot.db import utc_now
from bot.errors import BadRequest, NotPermitted, WeChatUnavailable
from bot.fan_sync.models import FanSyncFinding, FanSyncRun
from bot.fans.models import Fan
from bot.figures.models import DailyFigure
from bot.outbox.outcomes import Pointless
from bot.platform_figures import jobs, totals
from bot.platform_figures.fetching import Fetching, newest
from bot.platform_figures.models import (
    PlatformDay,
    PlatformHour,
    PlatformLook,
    PlatformMessages,
    PlatformSource,
)
from bot.platform_figures.totals import Question
from simulator.server import Server
from simulator.world.statistics import Day
from tests.support.codes import bench

MORNING = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai
TODAY = date(2026, 3, 10)


class Desk:
    """Answers as datacube does, and counts the calls."""

    def __init__(self, *, since=date(2025, 3, 1)):
        self.calls, self.since, self.came, self.today = [], since, 5, TODAY

    def figures(self, name, first, last):
        self.calls.append((name, first, last))
        spans = {"getinterfacesummary": 30, "getupstreammsghour": 1}
        assert (last - first).days < spans.get(name, 7)
        assert last < self.today
        if last < self.since:
            raise BadRequest(61501, "range")
        days = [first + timedelta(number) for number in range((last - first).days + 1)]
        return [row for day in days for row in self._rows(name, day.isoformat())]

    def _rows(self, name, day):
        if name == "getusersummary":
            return [
                {"ref_date": day, "user_source": 30, "new_user": self.came, "cancel_user": 1},
                {"ref_date": day, "user_source": 0, "new_user": 2, "cancel_user": 1},
            ]
        if name == "getusercumulate":
            return [{"ref_date": day, "user_source": 0, "cumulate_user": 1000}]
        if name == "getupstreammsg":
            return [{"ref_date": day, "msg_type": 1, "msg_user": 3, "msg_count": 9}]
        if name == "getinterfacesummary":
            counts = {"callback_count": 20, "fail_count": 2, "total_time_cost": 4000, "max_time_cost": 900}
            return [{"ref_date": day, **counts}]
        return [
            {"ref_date": day, "ref_hour": 900, "msg_type": kind, "msg_user": 1, "msg_count": 4}
            for kind in (1, 2)
        ]


@pytest.fixture(scope="module")
def platform():
    with Server() as server:
        yield server


@pytest.fixture
def room(database_url, platform):
    with bench(database_url, platform) as found:
        yield found


def rows(room, model):
    with room.db.reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def test_a_year_is_told_in_few_calls_and_a_morning_in_five(room):
    desk = Desk()
    assert Fetching(room.db, desk, room.account.id).run(seconds=60, now=MORNING)
    assert [name for name, *_days in desk.calls[:5]] == [
        "getusersummary",
        "getusercumulate",
        "getupstreammsg",
        "getinterfacesummary",
        "getupstreammsghour",
    ]
    assert len(desk.calls) == 3 * 53 + 13 + 30
    days = rows(room, PlatformDay)
    assert (len(days), min(one.day for one in days), max(one.day for one in days)) == (
        366,
        TODAY - timedelta(366),
        TODAY - timedelta(1),
    )
    last = next(one for one in days if one.day == TODAY - timedelta(1))
    assert (last.came, last.went, last.followers, last.messages) == (7, 2, 1000, 9)
    assert (last.calls, last.failures, last.milliseconds, last.slowest) == (20, 2, 4000, 900)
    assert {(one.hour, one.messages) for one in rows(room, PlatformHour)} == {(9, 8)}
    assert len(rows(room, PlatformSource)) == 2 * 366
    assert len(rows(room, PlatformMessages)) == 366

    assert Fetching(room.db, Desk(), room.account.id).run(seconds=60, now=MORNING)
    again = Desk()
    Fetching(room.db, again, room.account.id).run(seconds=60, now=MORNING)
    assert again.calls == []

    desk.calls.clear()
    desk.came = 6  # the week before is told once more, corrected
    desk.today = TODAY + timedelta(1)
    assert Fetching(room.db, desk, room.account.id).run(seconds=60, now=MORNING + timedelta(days=1))
    assert len(desk.calls) == 5
    corrected = [one for one in rows(room, PlatformDay) if one.came == 8]
    assert len(corrected) == 7
    assert len(rows(room, PlatformSource)) == 2 * 367


def test_days_from_before_the_account_are_not_asked_for_one_by_one(room):
    desk = Desk(since=TODAY - timedelta(20))
    assert Fetching(room.db, desk, room.account.id).run(seconds=60, now=MORNING)
    too_old = [name for name, _first, last in desk.calls if last < desk.since]
    assert len(too_old) == len(set(too_old))  # each kind of call meets the edge once at most
    assert min(one.day for one in rows(room, PlatformDay) if one.came) >= desk.since - timedelta(6)


def test_yesterday_waits_until_it_is_ready():
    assert newest(datetime(2026, 3, 9, 23, 59, tzinfo=UTC)) == date(2026, 3, 8)  # a minute before eight
    assert newest(datetime(2026, 3, 10, 0, 0, tzinfo=UTC)) == date(2026, 3, 9)


def test_what_keeps_figures_from_coming_is_kept_and_asked_again_in_its_time(room, monkeypatch):
    calls = []

    def figures(self, name, first, last):
        calls.append(name)
        raise error

    monkeypatch.setattr("bot.wechat.gateway.AccountGateway.figures", figures)
    error = WeChatUnavailable(61503, "statistics not ready yet")
    with pytest.raises(WeChatUnavailable):
        jobs.fetch(room.runtime, "head")
    with room.db.reading() as session:
        assert "61503" in session.get_one(PlatformLook, room.account.id).trouble
    error = NotPermitted(48001, "the account may not call this")
    with pytest.raises(Pointless):
        jobs.fetch(room.runtime, "head")
    jobs.fetch(room.runtime, "head")  # not before tomorrow
    assert len(calls) == 2


def test_what_the_platform_counted_is_what_it_tells(room, platform):
    """Against the simulator's own datacube, through the gateway."""
    last = newest(utc_now())
    account = platform.platform.state.accounts["wx_head_0001"]
    platform.platform.state.settings.change({"datacube_ready_hour": 0})
    account.days.clear()
    day = account.days.setdefault(last.isoformat(), Day())
    day.followed("ADD_SCENE_QR_CODE", 1)
    day.followed("ADD_SCENE_SEARCH", 2)
    day.left("ADD_SCENE_SEARCH", 1)
    day.wrote("text", "o1", datetime(2026, 1, 1, 6, 30, tzinfo=UTC).timestamp())
    day.pushed(0.0, 0.25, failed=True)
    jobs.fetch(room.runtime, "head")
    with room.db.reading() as session:
        found = totals.of(session, Question(room.account.id, last, last))
    [one] = found.days
    assert (one.told("came"), one.told("went"), one.net, one.told("followers")) == (2, 1, 1, 1)
    assert (one.told("failures"), one.mean) == (1, 250)
    assert found.sources == {1: (1, 1), 30: (1, 0)}
    assert (found.kinds, found.hours) == ({1: (1, 1)}, {14: 1})


def test_the_difference_to_our_counts_is_explained(room):
    now = MORNING
    day, lonely = TODAY - timedelta(3), TODAY - timedelta(9)
    with room.db.transaction() as session:
        for one, came in ((day, 10), (lonely, 40)):
            session.add(
                PlatformDay(
                    account_id=room.account.id, day=one, came=came, went=4, users_at=now, followers=100
                )
            )
        # Two shops of a day, and a day that WeChat has not told of.
        for one, shop, follows in ((day, None, 4), (day, 1, 3), (TODAY - timedelta(1), None, 50)):
            session.add(
                DailyFigure(
                    day=one,
                    account_id=room.account.id,
                    shop_id=shop,
                    follows=follows,
                    leaves=1,
                    rebuilt_at=now,
                )
            )
        at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=6)
        fan = {"account_id": room.account.id, "standing": "following", "created_at": now}
        fans = [
            {**fan, "openid": f"o{number}", "follow_count": 1, "message_count": 0, "followed_at": followed}
            for number, followed in enumerate((at, at, at - timedelta(days=30)))
        ]
        session.execute(insert(Fan), fans)
        run = FanSyncRun(
            account_id=room.account.id,
            state="done",
            phase="missing",
            asked_by="timetable",
            started_at=at + timedelta(hours=12),
            phase_at=at,
            added=3,
        )
        session.add(run)
        session.flush()
        session.add_all(
            FanSyncFinding(run_id=run.id, kind="added", fan_id=fan_id, noticed_at=at)
            for fan_id in session.scalars(select(Fan.id))
        )
    with room.db.reading() as session:
        found = totals.of(session, Question(room.account.id, TODAY - timedelta(9), TODAY - timedelta(1)))
    assert (found.follows.theirs, found.follows.pushed, found.follows.noticed, found.follows.rest) == (
        10,
        7,
        2,
        1,
    )
    assert (found.leaves.theirs, found.leaves.pushed, found.leaves.rest) == (4, 2, 2)
    assert (found.sum("came"), found.untold, found.unpushed) == (50, 7, 1)
    assert found.followers == (day, 100)
