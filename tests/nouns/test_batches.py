"""Long work goes on where it was, stops when it is told to, and is its maker's."""

from sqlalchemy import delete, select

from bot.audit import Actor
from bot.batches import turns, work
from bot.batches.models import Batch, BatchState
from bot.db import Scope, utc_now
from bot.outbox.models import Promise
from tests import make

ALICE, BOB = (Scope(shops=frozenset({1}), user=number) for number in (1, 2))


def begun(db, scope=ALICE, total=10):
    with db.scoped(scope) as session:
        maker = Actor("alice", scope.user)
        now = utc_now()
        batch = work.begin(
            session,
            kind="x.y",
            title="ten",
            arguments={"a": 1},
            total=total,
            needs="channels.export",
            maker=maker,
            now=now,
        )
        return batch.id


def test_a_batch_goes_on_in_slices_and_ends_once(db):
    batch_id = begun(db)
    for _slice in range(2):
        with db.transaction() as session:
            batch = work.take(session, batch_id, now=utc_now())
            work.advance(batch, done=5, problems=[("row 3", "no such shop")])
            work.go_on(session, batch, now=utc_now())
    with db.transaction() as session:
        work.end(work.take(session, batch_id, now=utc_now()), BatchState.DONE, now=utc_now(), file_id=7)

    with db.transaction() as session:
        assert work.take(session, batch_id, now=utc_now()) is None
        batch = session.get_one(Batch, batch_id)
        assert (batch.state, batch.done, batch.failed, batch.file_id) == ("done", 10, 2, 7)
        assert batch.problems == [{"what": "row 3", "why": "no such shop"}] * 2
    assert [(one.job, one.arguments) for one in make.promises(db)] == [("x.y", {"batch_id": batch_id})]


def test_a_cancelled_batch_hears_of_it_at_its_next_slice(db):
    batch_id = begun(db)
    with db.transaction() as session:
        work.cancel(session.get_one(Batch, batch_id))

    with db.transaction() as session:
        assert work.take(session, batch_id, now=utc_now()) is None
        assert session.get_one(Batch, batch_id).state == "cancelled"


def test_a_batch_is_seen_by_its_maker_and_the_head_office(db):
    batch_id = begun(db)

    with db.scoped(BOB) as session:
        assert session.scalars(select(Batch)).all() == []
    with db.scoped(Scope(shops=frozenset({1}))) as session:
        assert session.get(Batch, batch_id) is None
    for scope in (ALICE, Scope(everything=True)):
        with db.scoped(scope) as session:
            assert session.get(Batch, batch_id) is not None


def test_a_slice_does_a_step_at_least_and_promises_the_next_only_while_there_is_more(db):
    batch_id, left = begun(db), [3]
    with db.transaction() as session:
        session.execute(delete(Promise))

    def step():
        left[0] -= 1
        return left[0] > 0

    turns.of_batch(db, batch_id, step, seconds=-1.0)
    assert (left, [one.arguments for one in make.promises(db)]) == ([2], [{"batch_id": batch_id}])
    with db.transaction() as session:
        session.execute(delete(Promise))
    turns.of_batch(db, batch_id, step, seconds=60.0)
    assert (left, make.promises(db)) == ([0], [])


def test_acts_are_committed_one_by_one_until_none_of_them_finds_anything(db):
    finds, did = {"one": 2, "two": 0, "three": 3}, []

    def act(name):
        def do(_session):
            did.append(name)
            finds[name] -= 1
            return max(0, finds[name] + 1)

        return do

    assert not turns.commit(db, *map(act, finds), seconds=-1.0)
    assert did == ["one", "two", "three"]
    assert turns.commit(db, *map(act, finds), seconds=60.0)
    assert did == ["one", "two", "three"] * 4
