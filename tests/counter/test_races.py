"""Two phones at the same moment, on each database: every receipt, answer and day counts once."""

from concurrent.futures import ThreadPoolExecutor

from bot.counter import undoing
from bot.counter.models import CounterAction, SpendState
from bot.counter.refusals import CounterRefused, NothingToUndo, ReceiptKnown
from bot.purchases.recording import By
from tests.points.world import Till


def at_once(*acts):
    def one(act):
        try:
            return act()
        except CounterRefused as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def test_two_counters_that_record_one_receipt_and_one_that_taps_twice_count_it_once(counter_anywhere):
    counter = counter_anywhere
    wang, other = counter.member(), counter.member(name="李")

    same = at_once(
        lambda: counter.award(wang, 100, "A1"),
        lambda: counter.award(wang, 100, "A1", by=counter.lei),
        lambda: counter.award(other, 100, "A1", by=counter.lei, once="else"),
    )
    taps = at_once(*[lambda: counter.award(wang, 50, "A2", once="tap")] * 4)
    visits = at_once(*[lambda: counter.visit(wang)] * 3)

    assert sum(isinstance(one, ReceiptKnown) for one in same) == 2
    assert len({one.action.id for one in taps}) == 1
    assert sum(one is not None for one in visits) == 1
    assert counter.balance(wang) + counter.balance(other) == 155
    assert sorted(counter.kinds()) == ["award", "award", "visit"]


def test_a_persons_day_is_shared_by_all_they_do_at_once(counter_anywhere):
    counter = counter_anywhere
    members = [counter.member(name=f"客{number}") for number in range(6)]

    done = at_once(*[lambda one=one, n=n: counter.award(one, 300, f"A{n}") for n, one in enumerate(members)])

    assert sum(not one.waits for one in done) == 3
    assert sum(counter.balance(one) for one in members) == 900


def test_an_answer_tapped_often_is_one_and_undone_often_comes_back_once(counter_anywhere):
    counter = counter_anywhere
    wang = counter.member()
    counter.give(wang, 100)
    asked = counter.ask(wang, 60)

    said = [True, True, False, True]
    answers = at_once(*[lambda yes=yes: counter.answer(asked.id, wang, agreed=yes) for yes in said])
    if {one.state for one in answers} == {SpendState.REFUSED}:
        asked = counter.ask(wang, 60, once="again")
        answers = at_once(*[lambda: counter.answer(asked.id, wang)] * 3)
    assert {one.state for one in answers} == {SpendState.CONFIRMED}
    assert Till(counter.db, counter.now).available(wang) == 40
    counter.award(wang, 30, "A1")
    counter.visit(wang)

    def undo(action: CounterAction):
        with counter.db.transaction() as session:
            by = By("hand", "店长", 7)
            return undoing.undo(session, counter.vault, action, reason="误操作", by=by, now=counter.now)

    came = at_once(*[lambda one=one: undo(one) for one in counter.actions() * 3])

    assert sum(isinstance(one, NothingToUndo) for one in came) == 6
    assert counter.kinds().count("undo") == 3
    assert counter.balance(wang) == 100
