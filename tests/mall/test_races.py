"""Many at once, on each database: the last one is taken once, and of two who end an order one does."""

from concurrent.futures import ThreadPoolExecutor, wait

from bot.mall import rebates
from bot.mall.models import OrderState, Window
from bot.mall.orders import cancel
from bot.mall.refusals import MallRefused
from bot.members import identities
from bot.points import ledger
from tests.mall.world import STAFF

WRITERS = 4
A_MOMENT = 0.3  # in which whoever comes second gets as far as they can


def at_once(act, arguments):
    """Return what each call came to: its result, or why it was refused."""

    def one(argument):
        try:
            return act(argument)
        except MallRefused as refused:
            return refused

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(one, arguments))


def crowd_of(mall, many):
    """Return how many come at once: SQLite's writers have no queue, and of many one waits for too long."""
    return many // 5 if mall.db.engine.dialect.name == "sqlite" else many


def test_two_hundred_want_the_last_one_and_one_has_it(mall_anywhere):
    mall = mall_anywhere
    crowd = [mall.member(points=100) for _one in range(20)]
    cup = mall.item(points=10, stock=1)

    came = at_once(lambda place: mall.redeem(crowd[place % 20], cup), range(crowd_of(mall, 200)))

    had = [one for one in came if not isinstance(one, MallRefused)]
    assert len(had) == 1
    assert {one.why for one in came if isinstance(one, MallRefused)} == {"sold_out"}
    assert mall.stock(cup) == 0
    assert sum(mall.balance(one).held for one in crowd) == 10


def test_of_the_last_hundred_exactly_a_hundred_are_had(mall_anywhere):
    mall = mall_anywhere
    crowd = [mall.member(points=200) for _one in range(12)]
    stock = crowd_of(mall, 100)
    cup = mall.item(points=10, stock=stock)

    came = at_once(lambda place: mall.redeem(crowd[place % 12], cup), range(stock + 8))

    assert sum(not isinstance(one, MallRefused) for one in came) == stock
    assert (mall.stock(cup), mall.count()) == (0, stock)
    assert sum(mall.balance(one).held for one in crowd) == 10 * stock


def test_one_form_sent_many_times_at_once_is_one_order_and_a_limit_holds(mall_anywhere):
    mall = mall_anywhere
    anna = mall.member(points=1000)
    cup = mall.item(points=10, stock=50, limit_times=3, limit_window=Window.DAY.value)

    same = at_once(lambda _place: mall.redeem(anna, cup, once="form"), range(8))
    more = at_once(lambda _place: mall.redeem(anna, cup), range(16))

    assert {one.id for one in same} == {same[0].id}
    assert sum(not isinstance(one, MallRefused) for one in more) == 2
    assert (mall.count(), mall.taken(cup), mall.stock(cup)) == (3, 3, 47)


def test_handing_over_calling_off_and_the_clock_meet_and_each_order_ends_once(mall_anywhere):
    mall = mall_anywhere
    anna = mall.member(points=120)
    cup = mall.item(points=10, stock=12)
    ids = [mall.redeem(anna, cup).id for _one in range(12)]
    acts = (
        mall.hand_over,
        mall.cancel,
        lambda key: mall.do(cancel, key, by=STAFF, state=OrderState.EXPIRED),
    )

    came = at_once(lambda place: acts[place % 3](ids[place // 3]), range(36))

    ended = [one for one in came if not isinstance(one, MallRefused)]
    handed = sum(mall.order(key).state == "done" for key in ids)
    assert len(ended) == 12
    assert (mall.available(anna), mall.balance(anna).held) == (10 * (12 - handed), 0)
    assert mall.stock(cup) == 12 - handed


def test_who_has_the_member_and_wants_the_account_never_waits_in_a_circle_with_the_mall(mall_anywhere):
    mall = mall_anywhere
    anna = mall.member(points=5000)
    cup = mall.item(points=10, limit_times=1)

    def ask(_once):
        with mall.db.transaction() as session:
            said = {"reason": "返现", "by_id": 1, "by": "林静"}
            return rebates.ask(session, anna, 1000, once="form", now=mall.now, **said).id

    for act in (lambda _once: mall.redeem(anna, cup), ask):
        with ThreadPoolExecutor(1) as threads:
            with mall.db.transaction() as session:
                identities.root(session, anna)
                second = threads.submit(act, None)
                wait([second], timeout=A_MOMENT)
                said = {"key": f"k{act is ask}", "source": "till", "reason": "消费"}
                ledger.earn(session, anna, 1, now=mall.now, **said)
            second.result()

    assert (mall.available(anna), mall.balance(anna).held) == (3992, 1010)
