"""Everyone who follows is known here, once, whatever happens meanwhile; pushes know better; nothing is blanked."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from bot.config import FanSyncConfig
from bot.db import utc_now
from bot.errors import QuotaUsedUp, WeChatUnavailable
from bot.fan_sync import jobs, profiles, runs
from bot.fan_sync.asking import Pace
from bot.fan_sync.models import BlacklistedFan, FanSyncFinding, FanSyncPart, FanSyncRun, Kind
from bot.fan_sync.working import Working
from bot.fans import withholding
from bot.fans.models import Fan
from bot.jobs import JOBS, TIMETABLE
from bot.outbox.models import Promise
from bot.tags import known, needs
from bot.tags.models import FanTag, Tag, TagWish, WeChatFanTag, WeChatTag
from simulator.server import Server
from simulator.world.fans import Fan as SimFan
from tests.support.codes import bench

FAST = FanSyncConfig(calls_per_second=500)


class Room:
    """A server of ours and an account of the platform, whose followers are put there by hand."""

    def __init__(self, found):
        self.db = found.db
        self.runtime = replace(found.runtime, config=replace(found.runtime.config, fan_sync=FAST))
        self.account_id = found.account.id
        self.state = found.platform.platform.state
        self.sim = self.state.accounts["wx_head_0001"]
        self.sim.fans.clear()
        self.line = self.runtime.wechat.of("head")

    def follow(self, *numbers, days=9, **facts):
        began = int((utc_now() - timedelta(days=days)).timestamp())
        for number in numbers:
            openid = self.openid(number)
            fan = SimFan(openid, f"t{number}", subscribed=True, subscribe_time=began + number % 86400)
            fan.subscribe_scene = "ADD_SCENE_SEARCH"
            for name, value in facts.items():
                setattr(fan, name, value)
            self.sim.fans[openid] = fan

    @staticmethod
    def openid(number):
        return f"o{number:027}"

    def leave(self, *numbers):
        for number in numbers:
            self.sim.fans[self.openid(number)].leave(self.state.settings)

    def known(self, *numbers, **facts):
        """Have rows of ours for fans."""
        now = utc_now() - timedelta(days=1)
        usual = {"standing": "following", "created_at": now, "followed_at": now, "follow_count": 1}
        rows = [
            {"account_id": self.account_id, "openid": self.openid(one), "message_count": 0, **usual, **facts}
            for one in numbers
        ]
        with self.db.transaction() as session:
            session.execute(insert(Fan), rows)

    def begin(self):
        with self.db.transaction() as session:
            return runs.begin(session, self.account_id, asked_by="alice", now=utc_now()).id

    def run(self):
        run_id = self.begin()
        while not jobs.work(self.runtime, run_id, seconds=20):
            pass
        return self.of(run_id)

    def working(self, run_id, line=None):
        return Working(self.db, line or self.line, run_id=run_id, account="head", per_second=500, at_once=4)

    def of(self, run_id):
        with self.db.reading() as session:
            return session.get_one(FanSyncRun, run_id)

    def fan(self, number):
        with self.db.reading() as session:
            return session.scalars(select(Fan).filter_by(openid=self.openid(number))).one_or_none()

    def count(self, *conditions):
        with self.db.reading() as session:
            return session.scalar(select(func.count(Fan.id)).where(*conditions))

    def found(self, run):
        with self.db.reading() as session:
            rows = session.scalars(select(FanSyncFinding).filter_by(run_id=run.id)).all()
            fans = {fan.id: int(fan.openid[1:]) for fan in session.scalars(select(Fan))}
        named = {}
        for row in rows:
            named.setdefault(row.kind, set()).add(fans[row.fan_id])
        return named

    def rows(self, model, **facts):
        with self.db.reading() as session:
            return session.scalars(select(model).filter_by(**facts)).all()


@pytest.fixture(scope="module")
def platform():
    with Server() as server:
        yield server


@pytest.fixture
def room(database_url, platform):
    with bench(database_url, platform) as found:
        yield Room(found)
        platform.platform.state.settings.change({"fan_page": 10_000})
        found.sim("DELETE", "faults")


def test_what_differs_is_brought_over_and_said_and_the_second_run_has_nothing_to_do(room):
    room.follow(1, 2, 3, 4, 6)
    room.known(1, 2, unionid="u-kept", subscribe_scene="ADD_SCENE_QR_CODE")
    room.known(3, standing="left", left_at=utc_now() - timedelta(days=20))
    room.known(5, 7, first_scene="c:1", first_shop_id=9)
    room.follow(7)
    room.leave(7)
    room.sim.fans[room.openid(2)].blacklisted = True
    run = room.run()
    assert run.state == "done", run.trouble
    assert room.found(run) == {
        "added": {4, 6},
        "returned": {3},
        "left": {7},  # and not 5, whom WeChat does not know: nobody can say that they left
        "blacklisted": {2},
        "unionid": {1, 2, 3},
    }
    assert (run.added, run.returned, run.gone, run.unionids, run.blacklisted) == (2, 1, 1, 3, 1)
    assert (run.total, run.listed, run.profiled, run.unread) == (5, 5, 5, 1)
    new, back, gone = room.fan(4), room.fan(3), room.fan(7)
    assert (new.standing, new.follow_count, new.first_touch_at, new.last_touch_at) == (
        "following",
        1,
        None,
        None,
    )
    assert new.followed_at < utc_now() - timedelta(days=8)
    assert new.unionid.startswith("u")
    assert (back.standing, back.follow_count) == ("following", 2)
    assert (gone.standing, gone.first_scene, gone.first_shop_id) == ("left", "c:1", 9)
    assert gone.left_at >= run.started_at
    assert room.fan(1).subscribe_scene == "ADD_SCENE_SEARCH"
    assert [one.arguments["fan_id"] for one in room.rows(Promise, job="retention.obey_leave")] == [gone.id]
    assert room.rows(FanSyncPart) == []
    with room.db.reading() as session:
        tagged = session.execute(select(Tag.name, FanTag.fan_id).join(Tag, Tag.id == FanTag.tag_id)).all()
    assert {fan for name, fan in tagged if name == "粉丝"} == {new.id, room.fan(6).id, back.id}

    assert [row.fan_id for row in room.rows(BlacklistedFan)] == [room.fan(2).id]

    room.sim.fans[room.openid(2)].blacklisted = False
    again = room.run()
    assert room.found(again) == {"released": {2}}
    assert room.rows(BlacklistedFan) == []


@pytest.mark.parametrize("count", [0, 1, 7, 8])
def test_any_number_of_followers_is_listed_whole(room, count):
    room.state.settings.change({"fan_page": 4})
    room.follow(*range(count))
    run = room.run()
    assert (run.state, run.listed, run.profiled, run.added) == ("done", count, count, count)
    assert room.count() == count


def test_ten_thousand_and_one_in_pages_of_ten_thousand(room):
    room.follow(*range(10_001))
    run = room.run()
    assert (run.state, run.added, room.count(Fan.standing == "following")) == ("done", 10_001, 10_001)
    assert (
        run.calls == 1 + 3 + 101 + 1
    )  # tags, two pages and the empty one, a hundred and one hundreds, the blacklist


def test_a_fan_leaves_between_two_pages_even_the_last_of_the_page(room):
    room.state.settings.change({"fan_page": 4})
    room.follow(*range(10))
    room.known(*range(10))
    left = []

    class Leaving:
        """Has whoever ends a page leave before the next one is asked for."""

        def __getattr__(self, name):
            return getattr(room.line, name)

        def followers(self, next_openid=""):
            page = room.line.followers(next_openid)
            if len(left) < 2 and page.next_openid:
                room.leave(int(page.next_openid[1:]))
                left.append(page.next_openid)
                del room.sim.fans[page.next_openid]  # WeChat then refuses the OpenID to go on after
            return page

        def user_infos(self, openids):
            gone = [{"openid": one, "subscribe": 0} for one in openids if one in left]
            return gone + room.line.user_infos([one for one in openids if one not in left])

    run_id = room.begin()
    assert room.working(run_id, Leaving()).run(seconds=20)
    run = room.of(run_id)
    assert run.state == "done", run.trouble
    assert room.found(run)["left"] == {int(one[1:]) for one in left}
    assert room.count(Fan.standing == "following") == 8


def test_what_a_push_brought_since_is_left_alone(room):
    room.follow(1, 2)
    room.follow(3, days=0)  # just now: the push is on its way, and knows the code
    room.known(1, 2)
    now = utc_now()

    class Leaving:
        def __getattr__(self, name):
            return getattr(room.line, name)

        def user_infos(self, openids):
            answer = room.line.user_infos(openids)
            left = {"standing": "left", "left_at": now + timedelta(seconds=30)}
            with room.db.transaction() as session:
                session.execute(update(Fan).where(Fan.openid == room.openid(1)).values(left))
            return answer

    room.sim.fans[room.openid(3)].subscribe_time = int(now.timestamp())
    run_id = room.begin()
    assert room.working(run_id, Leaving()).run(seconds=20)
    assert room.fan(1).standing == "left"
    assert room.fan(2).standing == "following"
    assert room.fan(3) is None
    assert room.of(run_id).added == 0


def test_killed_anywhere_it_goes_on_and_counts_everything_once(room, monkeypatch):
    monkeypatch.setattr(profiles, "MOST_AHEAD", 1)
    monkeypatch.setattr("bot.fan_sync.listing.PART_SIZE", 3)
    room.state.settings.change({"fan_page": 8})
    room.follow(*range(20))
    room.known(20, 21, 22)
    room.follow(20, 21, 22)
    room.leave(20, 21, 22)
    run_id = room.begin()
    calls = Counter()

    class Killed(Exception):
        pass

    class Dying:
        """Dies after every third answer, before anything of it is written."""

        def __getattr__(self, name):
            def ask(*arguments):
                answer = getattr(room.line, name)(*arguments)
                calls["made"] += 1
                if calls["made"] % 3 == 0:
                    raise Killed
                return answer

            return ask

    for _life in range(60):
        try:
            if room.working(run_id, Dying()).run(seconds=20):
                break
        except Killed:
            # A worker that comes now waits for the hold to end; nothing is done by both.
            assert room.working(run_id).run(seconds=20) is False
            with room.db.transaction() as session:
                session.execute(update(FanSyncRun).values(held_until=utc_now() - timedelta(seconds=1)))
    run = room.of(run_id)
    assert run.state == "done"
    assert (run.listed, run.profiled, run.added, run.gone) == (20, 20, 20, 3)
    assert {kind: len(fans) for kind, fans in room.found(run).items()} == {"added": 20, "left": 3}
    assert calls["made"] > 20


def test_one_worker_at_a_time_and_one_run_at_a_time(room):
    room.follow(1)
    run_id = room.begin()
    assert room.begin() == run_id
    with room.db.transaction() as session:
        assert runs.hold(session, run_id, "other", now=utc_now()) is not None
    assert room.working(run_id).run(seconds=20) is False
    assert room.count() == 0
    with room.db.transaction() as session:
        assert runs.end(session, run_id, runs.RunState.STOPPED, now=utc_now())
    with room.db.transaction() as session, pytest.raises(runs.HeldByAnother):
        runs.keep(session, run_id, "other", now=utc_now())
    assert room.begin() != run_id


def test_a_spent_quota_is_waited_for_and_an_account_without_the_right_is_told_so(room):
    room.follow(1)

    class Refusing:
        def __init__(self, error):
            self.error = error

        def __getattr__(self, name):
            return getattr(room.line, name)

        def user_infos(self, openids):
            raise self.error

    spent = QuotaUsedUp(45009, "daily quota used up", call="/cgi-bin/user/info/batchget")
    opens = utc_now().replace(microsecond=0) + timedelta(hours=5)
    spent.reopens_at = opens.timestamp()
    run_id = room.begin()
    assert room.working(run_id, Refusing(spent)).run(seconds=20) is False
    run = room.of(run_id)
    assert (run.state, run.phase, run.not_before, run.held_by) == ("running", "profiles", opens, None)
    [promise] = room.rows(Promise, job="fans.sync")
    assert promise.due_at == opens
    assert room.working(run_id, Refusing(WeChatUnavailable(-1, "busy"))).run(seconds=20) is False
    assert room.of(run_id).failures == 2
    assert room.working(run_id).run(seconds=20)
    assert (room.of(run_id).state, room.of(run_id).trouble) == ("done", None)

    room.sim.verified = False
    try:
        run = room.run()
    finally:
        room.sim.verified = True
    assert run.state == "failed"
    assert "48001" in run.trouble


def test_tags_are_put_right_at_wechat_towards_ours(room):
    room.follow(1, 2, 3, 4)
    room.known(1, 2, 3, 4)
    ids = {number: room.fan(number).id for number in (1, 2, 3, 4)}
    early = utc_now() - timedelta(hours=1)
    with room.db.transaction() as session:
        made, taken = (
            Tag(name="亲子", kind="manual", created_at=early),
            Tag(name="邮轮", kind="manual", created_at=early),
        )
        session.add_all([made, taken])
        session.flush()
        needs.put(
            session,
            account="head",
            account_id=room.account_id,
            why="menu",
            tag_ids={made.id, taken.id},
            now=early,
        )
        session.add(
            WeChatTag(account_id=room.account_id, tag_id=made.id, wechat_id=101, name="亲子", made_here=True)
        )
        session.add(
            WeChatTag(
                account_id=room.account_id, tag_id=taken.id, wechat_id=102, name="邮轮", made_here=False
            )
        )
        for number in (1, 2):
            session.add(FanTag(fan_id=ids[number], tag_id=made.id, tagged_at=early, source="test"))
            known.put_on(session, made.id, [ids[number]], now=early)
    room.sim.tags.update({101: "亲子", 102: "邮轮", 103: "控制台"})
    room.sim.fans[room.openid(1)].tags = [101, 103]  # as it should be; 103 is the console's own
    room.sim.fans[room.openid(2)].tags = []  # taken off in the console
    room.sim.fans[room.openid(3)].tags = [101]  # put on in the console
    room.sim.fans[room.openid(4)].tags = [102]  # the console's tag, which we only use
    run = room.run()
    assert room.found(run)["tags"] == {2, 3}
    assert {row.fan_id for row in room.rows(TagWish)} == {ids[2], ids[3]}
    assert {row.fan_id for row in room.rows(WeChatFanTag)} == {ids[1], ids[3]}
    assert [one["name"] for one in run.console_tags if not one["ours"]][-1] == "控制台"
    from bot.tags.jobs import Reconciling

    assert Reconciling(room.db, room.line, room.account_id).run(seconds=10).is_done
    assert [room.sim.fans[room.openid(one)].tags for one in (1, 2, 3, 4)] == [[101, 103], [101], [], [102]]
    assert Kind.TAGS not in room.found(room.run())


def test_a_unionid_that_was_given_up_is_not_learnt_again(room):
    room.follow(1, 2)
    room.known(1, 2, unionid="u-before")
    with room.db.transaction() as session:
        withholding.withhold(session, session.get_one(Fan, room.fan(1).id), now=utc_now())
    run = room.run()
    assert room.fan(1).unionid is None
    assert room.fan(2).unionid not in {None, "u-before"}
    assert room.found(run) == {"unionid": {2}}


def test_openids_of_another_account_are_left_alone_and_not_asked_for_one_by_one(room):
    room.follow(1)
    room.known(*range(2, 302))
    run = room.run()
    assert (run.state, run.added, run.gone, run.unread) == ("done", 1, 0, 300)
    assert room.count(Fan.standing == "following") == 301
    assert run.calls < 3 * 40 + 10


def test_the_night_begins_one_run_of_each_account_in_its_hour(room):
    [entry] = [one for one in TIMETABLE if one.name == "fans.begin_sync"]
    three = datetime(2026, 3, 9, 19, 30, tzinfo=UTC)  # half past three in Shanghai
    [wish] = entry.wishes(room.runtime, three)
    assert [entry.wishes(room.runtime, three + timedelta(hours=one)) for one in range(1, 24)] == [[]] * 23
    never = replace(room.runtime.config, fan_sync=FanSyncConfig(nightly_hour=-1))
    assert entry.wishes(replace(room.runtime, config=never), three) == []
    JOBS[wish.job](room.runtime, **wish.arguments)
    with room.db.transaction() as session:
        session.execute(delete(Promise))  # whoever had the run in hand gave up for good
    JOBS[wish.job](room.runtime, **wish.arguments)
    JOBS[wish.job](room.runtime, **wish.arguments)
    [run] = room.rows(FanSyncRun)
    [promise] = room.rows(Promise, job="fans.sync")
    assert (run.asked_by, promise.arguments) == ("timetable", {"run_id": run.id})
    JOBS[promise.job](room.runtime, **promise.arguments)
    assert room.of(run.id).state == "done"


def test_the_pace_is_kept_whoever_calls():
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)

    pace = Pace(10, clock=lambda: now[0], sleep=sleep)
    for _call in range(5):
        pace.wait()
    assert slept == pytest.approx([0.1, 0.2, 0.3, 0.4])
    now[0] = 100.0
    pace.wait()
    assert len(slept) == 4


def test_what_runs_found_is_forgotten_after_ninety_days(room):
    room.follow(1)
    run = room.run()
    with room.db.transaction() as session:
        runs.forget_old(session, now=utc_now() + timedelta(days=89))
    assert room.rows(FanSyncRun)
    assert room.rows(FanSyncFinding)
    with room.db.transaction() as session:
        runs.forget_old(session, now=run.finished_at + timedelta(days=91))
    assert room.rows(FanSyncRun) == room.rows(FanSyncFinding) == []
