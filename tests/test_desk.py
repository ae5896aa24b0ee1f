"""The desk: sessions from events in any order, what agents said, how long travellers waited, who is told."""

import random
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
import requests
from sqlalchemy import func, select

from bot.app import assemble
from bot.db import utc_now
from bot.desk import presence, records, sessions, waits
from bot.desk import requests as desk_requests
from bot.desk.floor import Floor
from bot.desk.jobs import read_records, tell
from bot.desk.models import Agent, AgentRecord, AgentRecordMark, DeskAnswer, DeskNote, DeskSession
from bot.desk.request_models import DeskRequest
from bot.figures import medians
from bot.runtime import open_runtime
from simulator.server import Server
from tests import make
from tests.support.phone import Phone

AMY, BOB, CAT = "amy@yizhan", "bob@yizhan", "cat@yizhan"
T0 = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


class Desk:
    """Our side and a simulated WeChat, with agents to play and one traveller's phone."""

    @classmethod
    @contextmanager
    def opened(cls, url):
        """Open the desk on the database at `url`, with a simulated WeChat of its own."""
        with Server() as platform:
            config = make.config(url)
            wechat = replace(config.wechat, api_base=platform.url, timeout_seconds=5)
            runtime = open_runtime(replace(config, wechat=wechat))
            yield cls(runtime, platform)
            runtime.close()

    def __init__(self, runtime, platform):
        self.runtime, self.platform = runtime, platform
        self.db = runtime.db
        [self.account] = runtime.config.accounts
        self.account_id = runtime.accounts["head"].id
        self.sim(
            "PUT",
            f"accounts/{self.account.app_id}",
            name="head",
            kind="service",
            verified=True,
            app_secret=self.account.app_secret,
            original_id="gh_test",
            wechat_id="yizhan",
        )
        self.sim("POST", "travellers", id="alice", name="Alice")
        self.sim("POST", "travellers/alice/follow", account="head")
        known = self.sim("GET", "travellers/alice")["accounts"]
        self.openid = known[self.account.app_id]["openid"]
        self.phone = Phone(assemble(runtime), self.account, self.openid)

    def sim(self, method, path, expect=200, /, **facts):
        answer = requests.request(method, f"{self.platform.url}/sim/{path}", json=facts, timeout=10)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def agent(self, name, status="online"):
        self.sim("PUT", f"agents/{name}", account="head", nickname=name[:3].title(), status=status)
        line, account_id = self.runtime.wechat.of("head"), self.runtime.accounts["head"].id
        presence.poll(Floor(self.runtime.db, line, account_id, utc_now))

    def act(self, name, act, **facts):
        return self.sim("POST", f"agents/{name}/{act}", account="head", traveller="alice", **facts)

    def at_shop(self, name, shop_id, seats=5):
        with self.db.transaction() as session:
            agent = session.scalars(select(Agent).filter_by(kf_account=name)).one()
            agent.shop_id, agent.seats = shop_id, seats

    def rows(self, model):
        with self.db.reading() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def told(self):
        """Run what was promised for the desk, twice, and return the notes."""
        for _ in range(2):
            for promised in make.promises(self.db):
                if promised.job == "desk.tell":
                    tell(self.runtime, **promised.arguments)
        return self.rows(DeskNote)

    def session(self):
        held = self.sim("GET", "agents?account=head")["agents"]
        return [(one["kf_account"], each["note"]) for one in held for each in one["sessions"]]


@pytest.fixture
def desk(database_url):
    with Desk.opened(database_url) as desk:
        yield desk


# Sessions


def minutes(number):
    return T0 + timedelta(minutes=number)


EVENTS = [
    ("kf_create_session", 0, {"KfAccount": AMY}),
    ("kf_switch_session", 5, {"FromKfAccount": AMY, "ToKfAccount": BOB}),
    ("kf_close_session", 9, {"KfAccount": BOB, "CloseType": "KF"}),
    ("kf_create_session", 60, {"KfAccount": AMY}),
    ("kf_close_session", 61, {"KfAccount": AMY}),
]
TALKED = {
    (AMY, minutes(0), minutes(5), BOB),
    (BOB, minutes(5), minutes(9), None),
    (AMY, minutes(60), minutes(61), None),
}


def stays(db):
    with db.reading() as session:
        return {
            (row.kf_account, row.opened_at, row.closed_at, row.moved_to)
            for row in session.scalars(select(DeskSession))
        }


def test_sessions_are_the_same_in_whatever_order_their_events_come_and_however_often(db, database_url):
    runtime = open_runtime(make.config(database_url))
    app, [account] = assemble(runtime), runtime.config.accounts
    orders = random.Random(4).sample(list(permutations(EVENTS)), 12)
    for number, order in enumerate([EVENTS, EVENTS[::-1], *orders]):
        phone = Phone(app, account, f"oFan_{number}")
        for name, minute, fields in order:
            created = int(minutes(minute).timestamp())
            for _ in range(2):
                assert phone.event(name, CreateTime=created, **fields).status == 200
        with db.reading() as session:
            fan_id = make.fans(db)[phone.openid].id
            rows = session.scalars(select(DeskSession).filter_by(fan_id=fan_id)).all()
        found = [(row.kf_account, row.opened_at, row.closed_at, row.moved_to) for row in rows]
        assert len(found) == len(TALKED), order
        assert set(found) == TALKED, order
    assert all(fan.last_interaction_at is None for fan in make.fans(db).values())
    runtime.close()


def test_an_end_without_a_beginning_is_kept_until_the_beginning_comes(db):
    facts = {"account_id": 1, "fan_id": 7, "kf_account": AMY}
    with db.transaction() as session:
        sessions.closed(session, at=minutes(9), **facts)
    assert stays(db) == {(AMY, None, minutes(9), None)}

    with db.transaction() as session:
        sessions.opened(session, at=minutes(3), **facts)

    assert stays(db) == {(AMY, minutes(3), minutes(9), None)}


def test_a_session_that_begins_and_ends_within_one_second(db):
    facts = {"account_id": 1, "fan_id": 7, "kf_account": AMY}
    with db.transaction() as session:
        sessions.opened(session, at=minutes(0), **facts)
        sessions.closed(session, at=minutes(1), **facts)
        sessions.opened(session, at=minutes(1), **facts)
        sessions.opened(session, at=minutes(2), **facts)
        sessions.closed(session, at=minutes(3), **facts)

    assert stays(db) == {
        (AMY, minutes(0), minutes(1), None),
        (AMY, minutes(1), None, None),
        (AMY, minutes(2), minutes(3), None),
    }


def test_a_stay_that_wechat_lists_goes_on_unless_it_ended_after_we_looked(db):
    facts = {"account_id": 1, "fan_id": 7, "kf_account": AMY}
    with db.transaction() as session:
        sessions.opened(session, at=minutes(0), **facts)
        sessions.closed(session, at=minutes(2), **facts)

    with db.transaction() as session:
        sessions.goes_on(session, since=minutes(0), seen_at=minutes(5), **facts)
    assert stays(db) == {(AMY, minutes(0), None, None)}

    with db.transaction() as session:
        sessions.closed(session, at=minutes(5), **facts)
        sessions.goes_on(session, since=minutes(0), seen_at=minutes(5) + timedelta(milliseconds=400), **facts)
    assert stays(db) == {(AMY, minutes(0), minutes(5), None)}


def test_nobody_talks_with_who_leaves_the_account_and_no_seat_is_kept_for_them(desk):
    began, left, came_back = (int(minutes(at).timestamp()) for at in (0, 3, 5))
    desk.agent(AMY)
    desk.phone.event("kf_create_session", CreateTime=began, KfAccount=AMY)
    assert stays(desk.db) == {(AMY, minutes(0), None, None)}

    desk.phone.event("unsubscribe", CreateTime=left)

    assert stays(desk.db) == {(AMY, minutes(0), minutes(3), None)}
    [request] = desk.rows(DeskRequest)
    assert (request.state, request.closed_why, request.open_key) == ("closed", "unfollowed", None)
    settled = [one.arguments for one in make.promises(desk.db) if one.job == "desk.settle"]
    assert {"request": request.id} in settled

    desk.phone.event("subscribe", CreateTime=came_back)
    desk.phone.event("kf_create_session", CreateTime=came_back + 1, KfAccount=AMY)
    desk.phone.event("unsubscribe", CreateTime=left - 1)  # of a leave that is long over
    assert [one.state for one in desk.rows(DeskRequest)] == ["closed", "serving"]


def test_who_leaves_the_account_leaves_the_line(desk):
    desk.phone.event("subscribe")
    fan_id = make.fans(desk.db)[desk.openid].id
    with desk.db.transaction() as session:
        facts = {"account_id": desk.account_id, "fan_id": fan_id, "shop_id": None}
        key, _new = desk_requests.ask(session, **facts, why="request", now=utc_now())

    desk.phone.event("unsubscribe")

    [request] = desk.rows(DeskRequest)
    assert (request.id, request.state, request.closed_why) == (key, "gone", "unfollowed")


# Records


def test_what_agents_said_is_read_once_and_answers_are_timed(desk):
    desk.agent(AMY)
    asked = desk.phone.say("有人吗", CreateTime=int(utc_now().timestamp()) - 90)
    desk.act(AMY, "accept")
    for words in ("您好", "您好", "我是小艾"):
        desk.act(AMY, "say", text=words)
    _earlier(desk, 60)

    for _ in range(2):
        read_records(desk.runtime, "head")
    with desk.db.transaction() as session:  # as if the mark had been lost
        session.delete(session.scalars(select(AgentRecordMark)).one())
    read_records(desk.runtime, "head")

    assert asked.text == "正在为您联系客服，请稍候。"
    assert [row.words for row in desk.rows(AgentRecord)] == ["您好", "您好", "我是小艾"]
    [answer] = desk.rows(DeskAnswer)
    assert 20 <= answer.seconds <= 40
    assert answer.kf_account == AMY


def _earlier(desk, seconds):
    """Have all that was said at the platform's desk be said some seconds earlier: records settle first."""
    with desk.platform.platform.lock:
        for account in desk.platform.platform.state.accounts.values():
            for record in account.desk.records:
                record.time -= seconds


def test_a_record_of_somebody_we_never_heard_of_makes_a_fan(db):
    row = {"openid": "oNew", "opercode": 2002, "text": "您好", "time": 1762135200, "worker": AMY}
    theirs = {**row, "opercode": 2003}
    said = records.read([row, theirs, {"opercode": 2002}, row], account_id=1)

    with db.transaction() as session:
        once = records.keep(session, 1, said, now=T0)
        again = records.keep(session, 1, records.read([row], 1), now=T0)

    assert len(said) == 2
    assert once == again == {fan.id for fan in make.fans(db).values()}
    with db.reading() as session:
        assert session.scalar(select(func.count(AgentRecord.id))) == 2


def test_windows_follow_one_another_never_cross_midnight_and_come_to_an_end(db):
    now = T0 + timedelta(seconds=0.7)
    found = []
    while True:
        with db.transaction() as session:
            window = records.window(session, 1, now=now)
            if window is None:
                break
            found.append(window)
            assert len(found) < 10
            records.mark(session, 1, window[1] + timedelta(seconds=1))

    days = {first.astimezone(records.HERE).date() for first, _last in found}
    assert all(
        first.astimezone(records.HERE).date() == last.astimezone(records.HERE).date() for first, last in found
    )
    assert len(days) == len(found) == 4
    assert found[0][0] == (now - records.FARTHEST).replace(microsecond=0)
    assert found[-1][1] == (now - records.LAG).replace(microsecond=0)
    with db.reading() as session:  # the next one begins a little before the last one ended
        first, _last = records.window(session, 1, now=now + timedelta(minutes=5))
    assert first < found[-1][1]


def test_an_account_without_the_right_is_left_alone(desk):
    desk.sim("PUT", f"accounts/{desk.account.app_id}", verified=False)

    read_records(desk.runtime, "head")

    assert desk.rows(AgentRecord) == []


# Waits


def asks(minute, key):
    return (minutes(minute), 0, key, "")


def says(minute, agent=AMY):
    return (minutes(minute), 1, 0, agent)


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([asks(0, 1), says(3)], [(1, 3)]),
        ([asks(0, 1), asks(2, 2), says(3), says(4)], [(1, 3)]),
        ([says(0), asks(1, 1)], []),
        ([asks(0, 1), says(1), asks(5, 2), says(7, BOB)], [(1, 1), (2, 2)]),
        ([asks(0, 1), says(3000)], []),
        ([asks(0, 1), asks(2890, 2), says(2900)], [(2, 10)]),
    ],
)
def test_a_wait_is_from_the_first_message_to_the_first_word(events, found):
    ended = waits.waits(events)

    assert [(wait.message_id, (wait.answered_at - wait.asked_at).seconds // 60) for wait in ended] == found


def test_a_record_that_comes_late_corrects_the_wait(desk):
    desk.agent(AMY)
    at = utc_now() - timedelta(minutes=30)
    desk.phone.say("有人吗", CreateTime=int(at.timestamp()))
    fan_id = make.fans(desk.db)[desk.openid].id

    for later in (20, 5, 5):
        row = {"openid": desk.openid, "opercode": 2002, "text": str(later), "worker": AMY}
        row["time"] = int((at + timedelta(minutes=later)).timestamp())
        with desk.db.transaction() as session:
            said = records.read([row], desk.account_id)
            records.keep(session, desk.account_id, said, now=utc_now())
            waits.recount(session, desk.account_id, {fan_id}, since=at + timedelta(minutes=later))

    [answer] = desk.rows(DeskAnswer)
    assert answer.seconds == 300


# Medians


def test_a_median_put_together_is_within_its_step():
    dice = random.Random(7)
    for _ in range(50):
        days = [[int(dice.lognormvariate(4, 1.2)) for _ in range(dice.randint(1, 40))] for _ in range(12)]
        exact = medians.median([one for day in days for one in day])
        about = medians.of(medians.summed(medians.spread(day) for day in days))

        assert abs(about - exact) <= max(5, 0.34 * exact), (about, exact)


def test_nothing_has_no_median():
    assert medians.median([]) is None
    assert medians.of(medians.summed([None, [0] * len(medians.STEPS), ()])) is None
    assert medians.of(medians.spread([10**6])) == medians.STEPS[-1]


# Telling the desk


@pytest.fixture
def shop(desk):
    make.rule(desk.db, words=["退款"], content="退款请看说明。", title="退款", notify_desk=True)
    shop_id = make.shop(desk.db)
    make.channel(desk.db, "c:1", account_id=desk.account_id, shop_id=shop_id)
    desk.phone.follow("c:1")
    return shop_id


def test_the_rule_answers_and_an_agent_of_the_fans_shop_is_told(desk, shop):
    for name in (AMY, BOB, CAT):
        desk.agent(name)
    desk.at_shop(AMY, make.shop(desk.db, "济南泉城路店", "济南分公司"))
    desk.at_shop(CAT, shop)

    answer = desk.phone.say("退款")
    desk.phone.repeat()
    [note] = desk.told()

    assert answer.text == "退款请看说明。"
    assert (note.state, note.kf_account, note.rule_title) == ("told", CAT, "退款")
    assert desk.session() == [(CAT, "旅客刚才问：退款。已由自动回复「退款」回答。")]


def test_who_is_full_or_away_is_not_asked(desk, shop):
    for name in (AMY, BOB, CAT):
        desk.agent(name)
    desk.at_shop(AMY, shop, seats=0)
    desk.at_shop(BOB, shop)
    desk.sim("PUT", f"agents/{BOB}", account="head", status="offline")

    desk.phone.say("退款")
    [note] = desk.told()

    assert note.kf_account == CAT


@pytest.mark.parametrize("code", [65400, 65401, 65402, 65404, 65413, 65414, 65415])
def test_whom_wechat_refuses_is_passed_over(desk, shop, code):
    for name in (AMY, BOB):
        desk.agent(name)
    desk.at_shop(AMY, shop)
    desk.sim("POST", "faults", kind="api_error", code=code, count=1, path="/customservice/kfsession/create")

    desk.phone.say("退款")
    [note] = desk.told()

    assert (note.state, note.kf_account) == ("told", BOB)


def test_who_talks_with_the_fan_already_is_told_and_nobody_else(desk, shop):
    for name in (AMY, BOB):
        desk.agent(name)
    desk.at_shop(BOB, shop)
    desk.phone.say("人工")
    desk.act(AMY, "accept")

    desk.phone.say("退款")
    [note] = desk.told()

    assert note.kf_account == AMY
    assert [name for name, _note in desk.session()] == [AMY]


@pytest.mark.parametrize(
    ("status", "reason"), [("offline", "nobody_free"), (None, "nobody_free"), ("online", "all_refused")]
)
def test_where_nobody_can_be_told_a_note_waits(desk, shop, status, reason):
    if status:
        desk.agent(AMY, status)
    desk.sim("POST", "faults", kind="api_error", code=65415, path="/customservice/kfsession/create")

    desk.phone.say("退款")
    [note] = desk.told()

    assert (note.state, note.kf_account, note.reason) == ("open", None, reason)


def test_a_fan_who_has_left_meanwhile_leaves_a_note(desk, shop):
    desk.agent(AMY)
    desk.phone.say("退款")
    desk.sim("POST", "travellers/alice/unfollow", account="head")

    [note] = desk.told()

    assert (note.state, note.reason) == ("open", "fan_gone")


def test_a_rule_that_does_not_ask_for_it_tells_nobody(desk):
    make.rule(desk.db, words=["退款"], content="退款请看说明。")

    desk.phone.say("退款")

    assert desk.told() == []
