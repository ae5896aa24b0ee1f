"""A notice is planned once, a batch is stopped at once (docs/decisions/0026)."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.reach import batches, claiming, contents, planning
from bot.reach.models import Lane, NoticeState, ReachContent, ReachNotice
from bot.reach.planning import Planned
from tests import make
from tests.reach.conftest import ACCOUNT, NOON

HELLO = contents.text("{name}，您好")


def notices(db) -> list[ReachNotice]:
    with db.reading() as session:
        return list(session.scalars(select(ReachNotice).order_by(ReachNotice.id)))


def states(db) -> list[str]:
    return [row.state for row in notices(db)]


def plan(db, *planned: Planned) -> int:
    with db.transaction() as session:
        return planning.notify_many(session, planned, now=NOON)


def many(number: int, batch: str = "broadcast:1") -> list[Planned]:
    return [
        Planned(ACCOUNT, one, "broadcast", batch, HELLO, {"name": str(one)}, None, batch)
        for one in range(1, number + 1)
    ]


def test_a_second_plan_under_the_same_key_changes_nothing(db, fan):
    alice = fan("alice")
    facts = {"account_id": ACCOUNT, "fan_id": alice, "intent": "series", "key": "3:1", "now": NOON}

    with db.transaction() as session:
        first = planning.notify(session, content=HELLO, facts={"name": "爱丽丝"}, **facts)
    with db.transaction() as session:
        again = planning.notify(session, content=contents.text("别的"), **facts)

    [row] = notices(db)
    assert (first, again) == (row.id, None)
    assert (row.state, row.lane, row.facts) == ("waiting", "marketing", {"name": "爱丽丝"})
    assert [(one.job, one.arguments) for one in make.promises(db)] == [
        ("reach.pump", {"account_id": ACCOUNT, "lane": "marketing"})
    ]


def test_many_are_planned_with_one_content_and_one_pump(db):
    planned = many(300)

    assert plan(db, *planned) == 300
    assert plan(db, *planned[:200], replace(planned[0], fan_id=301)) == 1

    with db.reading() as session:
        assert len(session.scalars(select(ReachContent)).all()) == 1
        assert batches.counts(session, "broadcast:1") == {("waiting", None, None): 301}
    assert len(make.promises(db)) == 1


def test_what_is_due_later_is_not_pumped_now(db):
    plan(db, replace(many(1)[0], due_at=NOON + timedelta(hours=1)))

    assert make.promises(db) == []
    assert notices(db)[0].due_at == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"intent": "unheard_of"},
        {"key": ""},
        {"key": "k" * 65},
        {"batch": "b" * 41},
        {"content": contents.text("x" * 20_000)},
        {"content": contents.Content(None)},
        {"content": contents.Content({"type": "nothing"})},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_planned(db, wrong):
    with pytest.raises((KeyError, ValueError)):
        plan(db, *many(2), replace(many(1)[0], **wrong))

    assert notices(db) == []


def test_a_batch_is_held_released_and_cancelled_in_slices(db, monkeypatch):
    monkeypatch.setattr(batches, "SLICE", 2)
    plan(db, *many(5), *many(1, "broadcast:2"))

    with db.transaction() as session:
        batches.hold(session, "broadcast:1")
    assert states(db).count("held") == 2
    assert [row.job for row in make.promises(db)].count("reach.settle_batch") == 1
    settle(db, "broadcast:1")
    assert sorted(states(db)) == ["held"] * 5 + ["waiting"]

    with db.transaction() as session:
        batches.release(session, "broadcast:1", NOON)
    settle(db, "broadcast:1")
    assert states(db) == ["waiting"] * 6

    with db.transaction() as session:
        batches.cancel(session, "broadcast:1")
        batches.release(session, "broadcast:1", NOON)  # too late: what was cancelled stays so
    settle(db, "broadcast:1")
    assert sorted(states(db)) == ["cancelled"] * 5 + ["waiting"]


def test_going_on_finds_what_a_pump_is_just_putting_aside(db, fan):
    alice = fan("alice", wrote=timedelta(hours=1))
    with db.transaction() as session:
        batches.hold(session, "broadcast:1")
    plan(db, Planned(ACCOUNT, alice, "broadcast", "1", HELLO, batch="broadcast:1"))

    def go_on():
        with db.transaction() as session:
            batches.release(session, "broadcast:1", NOON)

    with ThreadPoolExecutor(1) as beside:
        with db.transaction() as session:
            claiming.claim(session, ACCOUNT, [Lane.MARKETING], calls_per_second=10, known={}, now=NOON)
            going_on = beside.submit(go_on)
            wait([going_on], timeout=0.3)  # it would be over by now if it did not wait
        going_on.result()

    assert states(db) == ["waiting"]


def test_what_was_sent_is_not_taken_back(db):
    plan(db, *many(3))
    with db.transaction() as session:
        row = session.scalars(select(ReachNotice)).first()
        row.state, row.route = NoticeState.SENT.value, "custom"

    with db.transaction() as session:
        batches.cancel(session, "broadcast:1")
        assert batches.counts(session, "broadcast:1") == {
            ("sent", "custom", None): 1,
            ("cancelled", None, None): 2,
        }


def settle(db, batch: str) -> None:
    for _slice in range(10):
        with db.transaction() as session:
            if not batches.settle_slice(session, batch, now=NOON):
                return
    raise AssertionError("there is always more")
