"""Many at once, on each database: no coupon too many, none used twice, none given to two."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from bot.config import DatabaseConfig
from bot.coupons import ending, figures, gifts, handouts
from bot.coupons.models import Coupon, CouponEvent, CouponGift, CouponHandout, CouponUse
from bot.coupons.refusals import NotIssued, NotOpen, NotUsable
from bot.db import Database
from bot.db.database import is_passing
from bot.members import erasing
from bot.members.models import Member
from bot.moments import HERE
from bot.organisation.models import Shop
from bot.purchases.models import Purchase
from tests import make
from tests.coupons.world import Desk
from tests.earning.conftest import Counter

WRITERS = 6
A_MOMENT = 0.3  # in which whoever comes second gets as far as they can


@pytest.fixture
def desk(database_url):
    with Database(DatabaseConfig(url=database_url, sqlite_synchronous="off")) as database:
        yield Desk(database)


def at_once(act, arguments):
    """Return what each call came to: its result, or the refusal. A busy database is asked again, as a till does."""

    def one(argument):
        for _attempt in range(20):
            try:
                return act(argument)
            except (NotIssued, NotUsable, NotOpen) as refused:
                return refused
            except DBAPIError as error:
                if not is_passing(error):
                    raise
        raise AssertionError("busy for ever")

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(one, arguments))


def count(desk, model, *where):
    with desk.db.reading() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where))


def test_of_a_hundred_coupons_two_hundred_wishes_get_exactly_a_hundred(desk):
    template = desk.template(total=100, per_member=10)
    members = [desk.member() for _ in range(20)]

    came = at_once(lambda place: desk.issue(template, members[place % 20]), range(200))

    refused = [one for one in came if isinstance(one, NotIssued)]
    assert len(refused) == 100
    assert {one.code for one in refused} == {"gone"}
    assert desk.issued(template) == count(desk, Coupon) == 100
    assert count(desk, CouponEvent, CouponEvent.kind == "issued") == 100


def test_one_member_who_asks_at_once_has_no_more_than_one_may_and_one_key_is_one_coupon(desk):
    template, alice = desk.template(per_member=3), desk.member()

    came = at_once(lambda _: desk.issue(template, alice), range(12))
    bob = desk.member()
    same = at_once(lambda _: desk.issue(template, bob, key="order:1"), range(8))

    assert sum(isinstance(one, int) for one in came) == 3
    assert {one.code for one in came if isinstance(one, NotIssued)} == {"enough"}
    assert len(set(same)) == 1
    assert desk.issued(template) == 4


def test_a_coupon_tried_two_hundred_times_at_two_counters_is_used_once(desk):
    coupon = desk.have(desk.member())
    shops = [desk.shop, make.shop(desk.db, "虹桥店")]

    came = at_once(lambda place: desk.use(coupon, desk.asked(shop=shops[place % 2])), range(200))

    assert sum(isinstance(one, CouponUse) for one in came) == 1
    assert sum(isinstance(one, NotUsable | NotOpen) for one in came) == 199
    assert count(desk, CouponUse) == 1
    assert desk.coupon(coupon).state == "used"


def test_two_coupons_of_one_receipt_never_reckon_with_the_same_money(desk):
    alice = desk.member()
    ten = [desk.have(alice, least=0, amount=30000, group=str(number)) for number in range(6)]

    came = at_once(lambda coupon: desk.use(coupon, desk.asked(1000, receipt="A1")), ten)

    uses = [one for one in came if isinstance(one, CouponUse)]
    assert len(uses) == 4
    assert sum(one.discount for one in uses) == 100000
    today = desk.now.astimezone(HERE).date()
    with desk.db.reading() as session:
        summed = figures.by_shop(session, today, today)[desk.shop]
    assert (summed.used, summed.redeemed, summed.off, summed.sold) == (4, 4, 100000, 100000)


def test_a_gift_goes_to_one_of_two_who_open_it_together(desk):
    coupon = desk.have(desk.member(), transferable=True)
    word = desk.offer(coupon)
    friends = [desk.member() for _ in range(6)]

    came = at_once(lambda friend: desk.take(word, friend), friends)

    assert sum(isinstance(one, int) for one in came) == 1
    assert desk.coupon(coupon).member_id in friends


def test_a_link_hands_out_as_many_as_it_may_and_one_to_each(desk):
    template, now = desk.template(), desk.now
    with desk.db.transaction() as session:
        link = handouts.make(
            session,
            template,
            name="周年庆",
            starts_at=now,
            ends_at=now.replace(year=2096),
            most=5,
            by="林",
            now=now,
        )
    members = [desk.member() for _ in range(8)]

    def take(member):
        with desk.db.transaction() as session:
            return handouts.take(session, session.get_one(CouponHandout, link.id), member, now=desk.now)[0].id

    came = at_once(take, members * 2)

    taken = {one for one in came if isinstance(one, int)}
    assert len(taken) == 5
    with desk.db.reading() as session:
        assert session.get_one(CouponHandout, link.id).taken == 5
    assert desk.issued(template) == 5


def behind(desk, row, *acts):
    """Let each act come as far as it gets while somebody has the row, in turn; return what all came to."""
    with ThreadPoolExecutor(len(acts)) as threads:
        with desk.db.transaction() as session:
            session.get_one(*row, with_for_update=True)
            came = []
            for act in acts:
                came.append(threads.submit(act))
                wait(came[-1:], timeout=A_MOMENT)
        return [one.result() for one in came]  # a circle would be broken by the database, with an error


def void(desk, coupon):
    with desk.db.transaction() as session:
        return ending.void(session, coupon, by="林", reason="误发", now=desk.now)


def take_back(desk, coupon):
    with desk.db.transaction() as session:
        gift = session.scalar(select(CouponGift.id).where(CouponGift.coupon_id == coupon))
        return gifts.take_back(session, gift, by="甲", now=desk.now)


def test_who_takes_a_gift_and_who_makes_its_coupon_void_never_wait_in_a_circle(desk):
    for ends in (void, take_back):
        coupon = desk.have(desk.member(), transferable=True)
        word, friend = desk.offer(coupon), desk.member()
        with desk.db.reading() as session:
            gift = gifts.find(session, word).id

        def take(word=word, friend=friend):
            try:
                return desk.take(word, friend)
            except NotOpen as refused:
                return refused

        taken, ended = behind(desk, (CouponGift, gift), take, lambda ends=ends, one=coupon: ends(desk, one))

        if ends is void:
            assert (ended, desk.coupon(coupon).state) == (True, "void")
        else:
            assert ended is isinstance(taken, NotOpen)
        with desk.db.reading() as session:
            assert session.get_one(CouponGift, gift).state != "open"


def test_two_refunds_that_give_each_other_s_coupons_back_never_wait_in_a_circle(desk):
    with desk.db.transaction() as session:
        session.get_one(Shop, desk.shop).name = "虹桥店"
    shop = Counter(desk.db)
    desk.now = shop.now
    anna, bob = shop.member(name="安娜"), shop.member(name="鲍勃")
    coupons = [desk.have(anna), desk.have(bob)]
    for who, number, coupon in ((bob, "B1", coupons[0]), (anna, "A1", coupons[1])):
        shop.buy(who, 350, number)
        desk.use(coupon, desk.asked(400, receipt=number, shop=shop.shop))

    row = (Purchase, shop.purchase("B1").id)
    behind(desk, row, lambda: shop.refund("B1", 350), lambda: shop.refund("A1", 350))

    assert [desk.coupon(one).state for one in coupons] == ["returned", "returned"]
    assert (shop.balance(anna), shop.balance(bob)) == (0, 0)


def test_who_makes_a_coupon_void_and_who_uses_it_never_wait_in_a_circle(desk):
    coupon = desk.have(desk.member())

    def use():
        try:
            return desk.use(coupon)
        except (NotUsable, NotOpen) as refused:
            return refused

    ended, used = behind(desk, (Coupon, coupon), lambda: void(desk, coupon), use)

    assert ended is isinstance(used, NotUsable | NotOpen)
    assert desk.coupon(coupon).state == ("void" if ended else "used")


@pytest.mark.parametrize("job", ["expire", "forget_erased"])
def test_the_clock_locks_the_holders_of_many_coupons_in_the_order_of_their_ids(desk, job):
    first, second = sorted([desk.member(), desk.member()])
    coupons = [desk.have(second), desk.have(first)]  # the other way round
    late = desk.now + timedelta(days=900)
    if job == "forget_erased":
        with desk.db.transaction() as session:
            for one in (first, second):
                erasing.erase_member(session, one, now=desk.now)

    def tidy():
        with desk.db.transaction() as session:
            if job == "expire":
                return ending.expire(session, now=late, most=9)
            return ending.forget_erased(session, since=desk.now - timedelta(days=1), now=desk.now, most=9)

    with ThreadPoolExecutor(1) as threads:
        with desk.db.transaction() as session:
            session.get_one(Member, first, with_for_update=True)
            tidied = threads.submit(tidy)
            wait([tidied], timeout=A_MOMENT)
            # Whoever has the first may have the second, too: the clock has not got it and waits for the first.
            session.get_one(Member, second, with_for_update={"nowait": True})
        assert tidied.result() == 2

    assert {desk.coupon(one).state for one in coupons} == {"expired" if job == "expire" else "void"}
