"""WeChat repeats what was not answered; whatever happens, each message has its effects once (design §3)."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from sqlalchemy import ColumnElement, Connection, Engine, Table, event, select

from bot.app import assemble
from bot.committer import Committer
from bot.db import Database, utc_now
from bot.db.types import table_of
from bot.entries import AsgiEntry, WsgiEntry
from bot.fans.models import Fan
from bot.intake import Intake, bounds
from bot.outbox.models import Promise
from bot.outbox.promises import Wish, promise
from bot.router import Dispatcher, Incoming, Router
from bot.runtime import Runtime, open_runtime
from bot.webhook import Webhook, door
from bot.wechat.replies import Text
from handlers import ROUTERS
from tests import make
from tests.support.entries import over_a_loop
from tests.support.phone import Phone, Response, body, sealed


@pytest.fixture
def opened(database_url: str) -> Iterator[Callable[[], Runtime]]:
    """Opens runtimes on the same database: to the database, each is a process."""
    runtimes: list[Runtime] = []

    def open_one() -> Runtime:
        runtimes.append(open_runtime(make.config(database_url)))
        return runtimes[-1]

    yield open_one
    for runtime in runtimes:
        runtime.db.close()


on_both = pytest.mark.parametrize("on_a_loop", [False, True], ids=["thread", "coroutine"])


def phone(
    runtime: Runtime,
    *routers: Router,
    openid: str = "oAlice",
    budget: float = 20.0,
    lock_seconds: float = 10.0,
    on_a_loop: bool = False,
) -> Phone:
    """Return a phone in front of `routers`, or of the real ones.

    Its committer is kept by it: how many wait for it says when those whom a test has sent have come.
    """
    [account] = runtime.config.accounts
    db = runtime.db.apart(replace(bounds(budget), lock_seconds=lock_seconds))
    intake = Intake(
        db, runtime.memory, Dispatcher(routers or ROUTERS), promised=lambda: None, patience=budget
    )
    committer = Committer(intake.take, budget=budget)
    doors = [door(runtime.accounts[account.name], account)]
    webhook = Webhook(runtime.config.webhook, doors)
    if on_a_loop:
        entry = AsgiEntry(webhook, committer.answer_to_coroutine, beyond=assemble(runtime), threads=1)
        made = Phone(over_a_loop(entry), account, openid)
    else:
        made = Phone(WsgiEntry(webhook, committer.answer, beyond=assemble(runtime)), account, openid)
    made.committer = committer
    return made


def gathered(committer: Committer, number: int) -> None:
    """Wait until so many messages wait for the committer, which has others at work."""
    until = time.monotonic() + 30
    while committer._waiting.qsize() < number:
        assert time.monotonic() < until, f"{committer._waiting.qsize()} of {number} came"
        time.sleep(0.005)


def test_a_repeat_of_a_finished_message_gets_the_same_reply_and_changes_nothing(db, opened):
    make.rule(db, words=["价格"], content="请看菜单。", follow_ups=[{"type": "text", "content": "还有"}])
    alice = phone(opened())

    first = alice.say("价格")
    again = [alice.repeat(), alice.repeat()]

    assert [one.text for one in [first, *again]] == ["请看菜单。"] * 3
    assert len(make.messages(db)) == len(make.promises(db)) == 1
    assert make.fans(db)["oAlice"].message_count == 1


def test_a_repeat_that_another_process_gets_is_recognised_too(db, opened):
    alice = phone(opened())
    alice.say("您好")
    elsewhere = phone(opened())

    answer = elsewhere.post(alice.sent[-1])

    assert answer.status == 200
    assert len(make.messages(db)) == 1


@on_both
def test_a_repeat_while_the_first_still_runs_waits_for_it(db, opened, on_a_loop):
    working, go_on = threading.Event(), threading.Event()
    slow = Router("slow")
    runs: list[str] = []

    @slow.message("text")
    def wait(incoming: Incoming) -> Text:
        runs.append(incoming.message.openid)
        working.set()
        go_on.wait(30)
        return Text("一次")

    alice, elsewhere = phone(opened(), slow, on_a_loop=on_a_loop), phone(opened(), slow, on_a_loop=on_a_loop)
    answers: list[str | None] = []
    first = threading.Thread(target=lambda: answers.append(alice.say("您好").text))
    first.start()
    assert working.wait(30)
    second = threading.Thread(target=lambda: answers.append(elsewhere.post(alice.sent[-1]).text))
    second.start()
    time.sleep(0.2)
    go_on.set()
    first.join()
    second.join()

    assert answers == ["一次", "一次"]
    assert runs == ["oAlice"]
    assert len(make.messages(db)) == 1


def test_a_failed_message_leaves_nothing_and_its_repeat_is_a_second_chance(db, opened):
    broken = [True]
    frail = Router("frail")

    @frail.message("text")
    def stumble(incoming: Incoming) -> Text:
        incoming.fan.first_scene = "half done"
        incoming.promise("fans.complete", {"fan_id": incoming.fan.id})
        if broken[0]:
            raise RuntimeError("a fault in a handler")
        return Text("好了")

    alice = phone(opened(), frail)

    failed = alice.say("您好")
    nothing = (make.messages(db), make.promises(db), make.fans(db))
    broken[0] = False
    again = alice.repeat()

    assert failed.status == 503
    assert nothing == ([], [], {})
    assert again.text == "好了"
    assert len(make.messages(db)) == len(make.promises(db)) == 1


@on_both
def test_one_failure_in_a_batch_is_one_messages(db, opened, on_a_loop):
    held, gate = threading.Event(), threading.Event()
    frail = Router("frail")

    @frail.message("text")
    def answer(incoming: Incoming) -> Text:
        content = incoming.message.fields["Content"]
        if content == "first":
            held.set()
            gate.wait(30)  # the others gather behind it
        if content == "bad":
            raise RuntimeError("a fault in a handler")
        return Text(content)

    alice = phone(opened(), frail, on_a_loop=on_a_loop)
    statuses: dict[str, int] = {}
    threads = [
        threading.Thread(target=lambda word=word: statuses.update({word: alice.say(word).status}))
        for word in ["first", "good", "bad", "fine"]
    ]
    threads[0].start()
    assert held.wait(30)
    for thread in threads[1:]:
        thread.start()
    gathered(alice.committer, 3)
    gate.set()
    for thread in threads:
        thread.join()

    assert statuses == {"first": 200, "good": 200, "bad": 503, "fine": 200}
    assert len(make.messages(db)) == 3


@on_both
def test_a_message_that_takes_too_long_is_not_called_a_success(db, opened, on_a_loop):
    slow = Router("slow")

    @slow.message("text")
    def linger(_incoming: Incoming) -> Text:
        time.sleep(0.4)
        return Text("终于")

    alice = phone(opened(), slow, budget=0.1, on_a_loop=on_a_loop)

    first = alice.say("您好")
    again = phone(opened(), slow, on_a_loop=on_a_loop).post(alice.sent[-1])

    assert first.status == 503
    assert again.text == "终于"
    assert len(make.messages(db)) == 1


@on_both
def test_messages_that_arrive_together_commit_together(db, opened, on_a_loop):
    runtime = opened()
    commits: list[int] = []

    def count(_connection: Connection) -> None:
        commits.append(1)

    event.listen(Engine, "commit", count)
    working, gate = threading.Event(), threading.Event()
    held = Router("held")

    @held.message("text")
    def answer(incoming: Incoming) -> Text:
        if incoming.message.fields["Content"] == "first":
            working.set()
            gate.wait(30)
        return Text("好")

    alice = phone(runtime, held, on_a_loop=on_a_loop)
    threads = [
        threading.Thread(target=lambda n=n: alice.say("first" if n == 0 else str(n))) for n in range(21)
    ]
    threads[0].start()
    assert working.wait(30)
    for thread in threads[1:]:
        thread.start()
    gathered(alice.committer, 20)
    gate.set()
    for thread in threads:
        thread.join()
    event.remove(Engine, "commit", count)

    assert len(make.messages(db)) == 21
    assert len(commits) == 2


@contextmanager
def locked(db: Database, table: Table, where: ColumnElement[bool]) -> Iterator[None]:
    """Have somebody keep the row locked, as a page that was left in the middle of its work; on SQLite, which has
    one lock for all, nobody does.
    """
    if db.dialect == "sqlite":
        yield
        return
    with db.connection() as connection:
        connection.execute(select(table.c.id).where(where).with_for_update()).one()
        yield


def batch_of(one: Phone, pushes: list[Callable[[], Response]], gate: "Gate") -> list[int]:
    """Have all `pushes` made, in their order, while a first message holds the committer of `one` at `gate`;
    return their statuses.
    """
    first = threading.Thread(target=lambda: Phone(one.app, make.account(), "oFirst").say("first"))
    first.start()
    assert gate.reached.wait(30)
    statuses = [0] * len(pushes)

    def send(place: int) -> None:
        statuses[place] = pushes[place]().status

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(pushes))]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        gathered(one.committer, number)
    gate.set()
    for thread in [first, *threads]:
        thread.join()
    return statuses


class Gate(threading.Event):
    """Holds who comes to it until it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()

    def hold(self) -> None:
        self.reached.set()
        self.wait(30)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def held(gate) -> Router:
    """Answers with what was said; 「first」 waits at the gate, 「reminder」 promises under a key."""
    router = Router("held")

    @router.message("text")
    def answer(incoming: Incoming) -> Text:
        content = incoming.message.fields["Content"]
        if content == "first":
            gate.hold()
        if content == "reminder":
            incoming.promise("fans.complete", {"fan_id": incoming.fan.id}, key="reminder")
        return Text(content)

    return router


@on_both
def test_a_forged_body_in_a_batch_is_refused_and_the_others_are_answered(db, opened, gate, held, on_a_loop):
    """Whether its signature was used before is asked only once the batch could not be written."""
    alice = phone(opened(), held, on_a_loop=on_a_loop)
    facts = {"ToUserName": alice.to, "FromUserName": alice.openid, "CreateTime": 1, "MsgType": "text"}
    genuine = body({**facts, "Content": "captured", "MsgId": 1})
    forged = body({**facts, "Content": "forged", "MsgId": 2})
    captured, _content = sealed(alice.account, genuine, at=alice.clock(), to=alice.to)
    assert alice.request("POST", captured, genuine).status == 200

    pushes = [
        lambda: alice.say("good"),
        lambda: alice.request("POST", captured, forged),
        lambda: alice.say("fine"),
    ]
    statuses = batch_of(alice, pushes, gate)

    assert statuses == [200, 403, 200]
    assert sorted(one.fields["Content"] for one in make.messages(db)) == ["captured", "fine", "first", "good"]
    assert {who: one.message_count for who, one in make.fans(db).items()} == {"oAlice": 3, "oFirst": 1}


def test_a_fan_whom_somebody_keeps_locked_fails_nobody_else(db, opened, gate, held):
    runtime = opened()
    bob, carol, dora = (
        phone(runtime, held, openid=openid, budget=4.0, lock_seconds=0.5)
        for openid in ("oBob", "oCarol", "oDora")
    )
    for one in (carol, dora):
        one.app = bob.app  # one process
    gate.set()
    known = bob.say("before")
    gate.clear()
    pushes = [
        lambda: carol.say("one"),
        lambda: bob.say("two"),
        lambda: bob.post(bob.sent[0]),
        lambda: bob.say("three"),
        lambda: dora.say("four"),
    ]

    with locked(db, table_of(Fan), table_of(Fan).c.openid == "oBob"):
        began = time.monotonic()
        statuses = batch_of(bob, pushes, gate)
        took = time.monotonic() - began
    kept = [row.fields["Content"] for row in make.messages(db)]

    is_alone = db.dialect == "sqlite"
    assert known.status == 200
    assert statuses == ([200] * 5 if is_alone else [200, 503, 200, 503, 200])  # the third is a repeat
    assert sorted(kept) == sorted(["before", "first", "one", "four", *(["two", "three"] if is_alone else [])])
    assert took < 4
    again = [bob.post(xml).text for xml in (bob.sent[1], bob.sent[3])]
    assert again == ["two", "three"]
    assert len(make.messages(db)) == 6
    assert make.fans(db)["oBob"].message_count == 3


def test_a_lock_that_is_no_fans_fails_those_who_need_it_and_nobody_else(db, opened, gate, held):
    runtime = opened()
    alice, bob = (phone(runtime, held, openid=openid, lock_seconds=0.5) for openid in ("oAlice", "oBob"))
    bob.app = alice.app
    with db.transaction() as session:
        promise(session, Wish("fans.complete", {"fan_id": 1}, utc_now(), "reminder"), now=utc_now())
    pushes = [lambda: alice.say("one"), lambda: bob.say("reminder"), lambda: alice.say("two")]

    with locked(db, table_of(Promise), table_of(Promise).c.waiting_key == "reminder"):
        statuses = batch_of(alice, pushes, gate)

    assert statuses == [200, 200 if db.dialect == "sqlite" else 503, 200]
    assert bob.repeat().text == "reminder"
    assert len(make.messages(db)) == 4


def test_a_lock_that_everybody_needs_is_waited_for_as_long_as_there_is_time(db, opened):
    alice = phone(opened(), lock_seconds=0.5)
    with db.connection() as connection, ThreadPoolExecutor(1) as others:
        if db.dialect == "postgresql":  # as for a moment when a table is changed
            connection.exec_driver_sql("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        heard = others.submit(alice.say, "您好")
        with suppress(FutureTimeout):
            heard.result(1.2 if db.dialect == "postgresql" else 0)  # it waits in vain once, for half a second
        connection.rollback()

    assert heard.result().status == 200
    assert len(make.messages(db)) == 1


def test_two_messages_under_one_msgid_are_two_if_their_senders_differ(db, opened):
    runtime = opened()
    for openid in ("oAlice", "oBob"):
        phone(runtime, openid=openid).say("您好", MsgId=42)

    assert len(make.messages(db)) == 2


def test_two_events_in_one_second_are_two_if_they_differ(db, opened):
    alice = phone(opened())
    alice.follow(CreateTime=1760000000)
    alice.click("A", CreateTime=1760000000)
    alice.click("B", CreateTime=1760000000)
    for number in ("1", "2"):
        notice = {"List": {"TemplateId": "T", "MsgID": number, "ErrorCode": "0"}}
        alice.event("subscribe_msg_sent_event", SubscribeMsgSentEvent=notice, CreateTime=1760000000)

    assert len(make.messages(db)) == 5


def test_a_thousand_messages_of_a_hundred_fans_doubled_and_in_disorder(db, opened):
    make.rule(
        db,
        match="contains",
        words=["价格"],
        content="请看菜单。",
        follow_ups=[{"type": "text", "content": "还有"}],
    )
    doors = [phone(opened()) for _ in range(2)]
    chance = random.Random(7)
    pushes = [
        body(
            {
                "ToUserName": "gh_test",
                "FromUserName": f"oFan{number % 100}",
                "CreateTime": 1760000000 + number,
                "MsgType": "text",
                "Content": "价格" if number % 2 else "别的",
                "MsgId": 10_000 + number,
            }
        )
        for number in range(1000)
    ]
    deliveries = pushes + pushes[::10]
    chance.shuffle(deliveries)
    statuses: Counter[int] = Counter()

    def deliver(share: list[bytes]) -> None:
        for xml in share:
            statuses[chance.choice(doors).post(xml).status] += 1

    threads = [threading.Thread(target=deliver, args=(deliveries[start::16],)) for start in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) == {200}
    assert len(make.messages(db)) == 1000
    assert len(make.promises(db)) == 500
    assert Counter(fan.message_count for fan in make.fans(db).values()) == {10: 100}


def test_a_new_fan_who_writes_to_two_processes_at_once_is_one_fan(db, opened):
    doors = [phone(opened()) for _ in range(2)]
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        doors[number % 2].say(str(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert make.fans(db)["oAlice"].message_count == 8


def test_an_event_about_the_account_has_no_fan(db, opened):
    alice = phone(opened(), openid="mphelper")

    alice.event("MASSSENDJOBFINISH", MsgID="3001", Status="send success")
    alice.repeat()

    [message] = make.messages(db)
    assert (message.fan_id, make.fans(db)) == (None, {})


def test_an_unknown_kind_is_kept_and_answered_with_success(db, opened):
    answer = phone(opened()).event("brand_new_event", Novelty="yes")

    assert (answer.status, answer.body) == (200, b"success")
    [message] = make.messages(db)
    assert (message.kind, message.fields, message.answered_by) == (
        "event.brand_new_event",
        {"Novelty": "yes"},
        "",
    )


def test_a_database_that_is_away_is_no_success(tmp_path):
    runtime = open_runtime(make.config(_migrated(tmp_path)))
    alice = phone(runtime, budget=1.0)
    alice.say("您好")
    runtime.db.close()
    (tmp_path / "gone.db").rename(tmp_path / "elsewhere.db")
    (tmp_path / "gone.db").mkdir()

    assert alice.say("您好").status == 503

    (tmp_path / "gone.db").rmdir()
    (tmp_path / "elsewhere.db").rename(tmp_path / "gone.db")
    assert phone(runtime).post(alice.sent[-1]).status == 200


def _migrated(folder) -> str:
    from bot import schema
    from bot.config import DatabaseConfig

    url = f"sqlite:///{folder}/gone.db"
    database = Database(DatabaseConfig(url=url))
    schema.migrate(database)
    database.close()
    return url
