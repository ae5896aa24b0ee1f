"""What becomes of coupons: used and come back, given on, merged, erased, ended, given by rules, told of in time."""

import contextlib
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from bot.coupons import ending, events, handouts, issuing, jobs, reminding, taking_along
from bot.coupons.models import Coupon, CouponEvent, CouponUse, TemplateState
from bot.coupons.refusals import KeyReused, NotIssued, NotOpen, NotUsable
from bot.coupons.scopes import Line
from bot.coupons.terms import Circle, Dates, Goods, Kind, Scope, Terms, Who
from bot.earning import buying, locking
from bot.earning.occasions import Happening
from bot.earning.rules.book import Award, AwardKind, Book, Conditions, Group, Mode, Rule, Trigger
from bot.fans.models import Fan
from bot.members import erasing, merging
from bot.members.models import Member
from bot.moments import HERE
from bot.organisation.models import Shop
from bot.outbox.outcomes import Pointless
from bot.reach.models import ReachNotice
from tests import make
from tests.coupons.world import FIFTY
from tests.earning.conftest import Counter


def reasons(refused):
    return [one.code for one in refused.value.reasons]


def told(desk, coupon):
    with desk.db.reading() as session:
        return [one.kind for one in events.of(session, coupon)][::-1]


def test_a_coupon_is_used_line_by_line_comes_back_and_keeps_its_end(desk):
    lines = (Line(30000, "线路"), Line(10001, "线路"), Line(9999, "签证"))
    coupon = desk.have(desk.member(), scope=Scope(exclude=Goods(frozenset({"签证"}))))
    until = desk.coupon(coupon).valid_until

    used = desk.use(coupon, asked := desk.asked(lines=lines))
    again = desk.use(coupon, asked)
    with pytest.raises(NotUsable) as refused:
        desk.use(coupon)
    with pytest.raises(KeyReused):
        desk.use(coupon, replace(asked, lines=lines[:1]))
    desk.later(days=2)
    back = [desk.give_back(used.id) for _twice in range(2)]

    assert again.id == used.id
    assert reasons(refused) == ["used"]
    assert used.lines == [
        {"amount": 30000, "discount": 3750},
        {"amount": 10001, "discount": 1250},
        {"amount": 9999, "discount": 0},
    ]
    assert back == [True, False]
    assert (desk.coupon(coupon).state, desk.coupon(coupon).valid_until) == ("returned", until)
    assert desk.use(coupon).discount == 5000
    assert told(desk, coupon) == ["issued", "used", "returned", "used"]


def test_what_comes_back_after_its_end_has_the_days_its_terms_say_and_without_any_it_is_over(desk):
    alice = desk.member()
    kind, plain = desk.have(alice, grace=5), desk.have(alice)
    uses = [desk.use(kind), desk.use(plain)]
    desk.later(days=40)
    for one in uses:
        desk.give_back(one.id)

    until = desk.coupon(kind).valid_until.astimezone(HERE)
    assert (until.date() - desk.now.astimezone(HERE).date()).days == 6
    assert f"{until:%H:%M}" == "00:00"  # five days, and the last one whole
    assert desk.good(alice) == [kind]
    with desk.db.transaction() as session:
        assert ending.expire(session, now=desk.now, most=9) == 1
    assert desk.coupon(plain).state == "expired"


def test_a_hold_is_confirmed_by_its_number_let_go_or_over_by_itself(desk):
    alice = desk.member()
    kept, freed, forgotten = (desk.have(alice) for _ in range(3))

    held = desk.use(kept, asked := desk.asked(), hold=10)
    with pytest.raises(NotUsable) as refused:
        desk.use(kept)
    confirmed = desk.use(kept, asked)
    other = desk.use(freed, hold=10)
    assert desk.give_back(other.id)
    desk.use(forgotten, lost := desk.asked(), hold=10)
    desk.later(minutes=11)

    assert (held.id, confirmed.state, reasons(refused)) == (confirmed.id, "used", ["held"])
    assert desk.coupon(freed).state == "issued"
    for hold in (None, 10):
        with pytest.raises(NotOpen):
            desk.use(forgotten, lost, hold=hold)
    used = desk.use(forgotten, again := desk.asked())
    assert used.state == "used"
    with pytest.raises(NotOpen):  # the clock let go of the hold: the till must not take it for used
        desk.use(forgotten, lost)
    desk.give_back(used.id)
    with pytest.raises(NotOpen):
        desk.use(forgotten, again)
    assert desk.good(alice) == [freed, forgotten]


def test_of_one_group_a_receipt_takes_one_and_others_reckon_with_what_is_left(desk):
    alice, bob = desk.member(), desk.member()
    first, second = desk.have(alice, least=0, amount=30000), desk.have(alice)
    stacked = desk.have(alice, Terms(Kind.PERCENT, percent=50, dates=Dates(days=3), group="折扣"))
    alone, theirs = desk.have(alice, alone=True, group="x"), desk.have(bob, group="y")
    on = {"receipt": "A1"}
    desk.use(first, desk.asked(400, **on))

    half = desk.use(stacked, desk.asked(400, **on))

    assert half.discount == 5000  # of the 100 yuan that are left
    for coupon, asked, codes in (
        (second, desk.asked(400, **on), ["too_little", "same_group"]),
        (alone, desk.asked(400, **on), ["too_little", "not_with_others"]),
        (theirs, desk.asked(400, **on), ["too_little", "other_member"]),
        (theirs, desk.asked(900, **on), ["other_lines", "other_member"]),
    ):
        with pytest.raises(NotUsable) as refused:
            desk.use(coupon, asked)
        assert reasons(refused) == codes


def test_what_was_issued_keeps_its_terms_and_limits_hold_for_what_is_issued_next(desk):
    from bot.coupons import templates
    from bot.coupons.models import CouponTemplate

    template, alice = desk.template(total=2), desk.member()
    old = desk.issue(template, alice)
    with desk.db.transaction() as session:
        said = replace(FIFTY, amount=100, gets=Who(first_purchase=True))
        templates.change(
            session, template, "新券", said, total=2, per_member=2, seen=0, by="林", now=desk.now
        )
        with pytest.raises(templates.TooFew):
            templates.change(
                session, template, "新券", said, total=0, per_member=2, seen=1, by="林", now=desk.now
            )
    new = desk.issue(template, alice)

    assert (desk.use(old).discount, desk.use(new).discount) == (5000, 100)
    with pytest.raises(NotIssued, match="gone"):
        desk.issue(template, desk.member())
    with desk.db.transaction() as session:
        session.get_one(CouponTemplate, template).state = TemplateState.PAUSED.value
    with pytest.raises(NotIssued, match="not_open"):
        desk.issue(template, desk.member())
    assert desk.coupon(old).issued_at is not None


def test_a_gift_is_taken_once_gives_another_code_and_goes_back_if_nobody_takes_it(desk):
    alice, bob = desk.member(), desk.member()
    coupon, stays = desk.have(alice, transferable=True), desk.have(alice)
    old = desk.code(coupon)

    word = desk.offer(coupon)
    with pytest.raises(NotUsable) as refused:
        desk.use(coupon)
    with pytest.raises(NotOpen):
        desk.take(word, alice)
    desk.take(word, bob)
    with pytest.raises(NotOpen):
        desk.take(word, desk.member())
    with pytest.raises(NotOpen):
        desk.offer(stays)

    assert reasons(refused) == ["offered"]
    assert desk.good(bob) == [coupon]
    assert desk.good(alice) == [stays]
    from bot.coupons import codes, gifts

    with desk.db.reading() as session:
        assert codes.find(session, desk.vault, old) is None
        assert codes.find(session, desk.vault, codes.spoken(desk.code(coupon)).lower()).id == coupon
    desk.offer(coupon)
    desk.later(days=4)
    with desk.db.transaction() as session:
        for gift in gifts.overdue(session, now=desk.now, most=9):
            gifts.take_back(session, gift, by="clock", now=desk.now, over=True)
    assert desk.use(coupon).state == "used"
    assert told(desk, coupon) == ["issued", "offered", "given", "offered", "taken_back", "used"]


def test_merged_members_share_and_part_again_the_erased_lose_and_an_export_has_all(desk):
    alice, old = desk.member(), desk.member()
    template = desk.template()
    theirs, mine = desk.issue(template, old), desk.have(alice)
    with desk.db.transaction() as session:
        merge = merging.merge(session, kept_id=alice, merged_id=old, why="同一人", by="林", now=desk.now)
    together = set(desk.good(alice))
    with pytest.raises(NotIssued, match="enough"):
        desk.issue(template, alice)
    with desk.db.reading() as session:
        exported = taking_along.rows(session, alice)
    with desk.db.transaction() as session:
        merging.unmerge(session, merge.id, by="林", now=desk.now)

    assert together == {theirs, mine}
    assert {row["worth"] for row in exported} == {"满¥300减¥50"}
    assert (desk.good(alice), desk.good(old)) == ([mine], [theirs])

    with desk.db.transaction() as session:
        ending.void(session, theirs, by="林", reason="王女士要求", now=desk.now)
        erasing.erase_member(session, alice, now=desk.now)
        erasing.erase_member(session, old, now=desk.now)
    with pytest.raises(NotUsable) as refused:  # before the clock has noted it
        desk.use(mine)
    assert reasons(refused) == ["void"]
    for left in (2, 0):
        with desk.db.transaction() as session:
            since = desk.now - timedelta(days=1)
            assert ending.forget_erased(session, since=since, now=desk.now, most=9) == left
    assert desk.coupon(mine).state == "void"
    with desk.db.reading() as session:
        wanted = select(func.count()).select_from(CouponEvent).where(CouponEvent.reason != "")
        assert session.scalar(wanted) == 0
    with pytest.raises(NotIssued, match="no_member"):
        desk.issue(template, alice)


def test_a_link_is_taken_once_by_whoever_one_was_and_says_why_it_is_closed(desk):
    template, alice, old = desk.template(per_member=None), desk.member(), desk.member()
    ends = desk.now + timedelta(days=3)
    with desk.db.transaction() as session:
        link = handouts.make(
            session, template, name="周年庆", starts_at=desk.now, ends_at=ends, most=1, by="林", now=desk.now
        )
        coupon, is_new = handouts.take(session, link, old, now=desk.now)
        merging.merge(session, kept_id=alice, merged_id=old, why="同一人", by="林", now=desk.now)
        again = handouts.take(session, link, alice, now=desk.now)
    with desk.db.transaction() as session:
        found = handouts.find(session, f" {link.code[:4].lower()}-{link.code[4:]} ")
        with pytest.raises(NotIssued, match="gone"):
            handouts.take(session, found, desk_member := make_member(session, desk), now=desk.now)
        with pytest.raises(NotIssued, match="ended"):
            handouts.take(session, found, desk_member, now=ends)

    assert is_new
    assert again == (coupon, False)


def make_member(session, desk):
    row = Member(number="M234567ABCD", state="active", source="test", created_at=desk.now)
    session.add(row)
    session.flush()
    return row.id


GIFT = Rule(
    "trip-gift",
    "跟团礼",
    Trigger.PURCHASE,
    Award(AwardKind.FIXED, 0),
    when=Conditions(least_amount=50000),
    coupon=1,
)
BOTH = Rule("points", "消费积分", Trigger.PURCHASE, Award(AwardKind.PER_AMOUNT, 1), coupon=2)
LARGER = Rule("double", "双倍", Trigger.PURCHASE, Award(AwardKind.PER_AMOUNT, 2))


def counter(desk, *book):
    """Return a till of another shop than the desk's."""
    with desk.db.transaction() as session:
        session.get_one(Shop, desk.shop).name = "虹桥店"
    return Counter(desk.db, *book)


def test_a_rule_gives_a_coupon_beside_or_instead_of_points_once_and_a_refund_takes_an_unused_one(desk):
    instead, beside = desk.template(per_member=None), desk.template(per_member=None)
    assert (instead, beside) == (1, 2)
    shop = counter(desk, Book((GIFT, BOTH)))
    shop.now = desk.now = shop.now + timedelta(hours=1)
    wang = shop.member()

    bought = shop.buy(wang, 600, "A1")
    shop.buy(wang, 600, "A1")
    shop.buy(wang, 100, "A2")

    with desk.db.reading() as session:
        from bot.earning import explaining

        said = explaining.of_purchase(session, shop.purchase("A1"))
        had = {row.template_id for row in session.scalars(select(Coupon))}
    assert bought.points == 600
    assert said == [
        "“消费积分”得 600 分和优惠券：¥600.00，每 ¥1.00 得 1 分；送优惠券一张，送完为止。",
        "“跟团礼”得优惠券：送优惠券一张，送完为止。",
    ]
    assert had == {instead, beside}
    assert len(desk.good(wang)) == 3

    shop.refund("A1", 600)
    assert len(desk.good(wang)) == 1


def fan_of(desk, member_id, messages):
    with desk.db.transaction() as session:
        fan = Fan(
            account_id=1, openid=f"o-{member_id}", standing="following", created_at=desk.now, follow_count=1,
            message_count=messages, member_id=member_id,
        )  # fmt: skip
        session.add(fan)


def test_a_coupon_for_a_segment_is_given_and_used_by_those_who_fit_it_then_and_says_so(desk):
    talkers = Circle(7, "常聊天的客人", '{"all":[{"field":"messages","ask":"at_least","value":5}]}')
    gone = Circle(8, "从前的人群", '{"all":[{"field":"no_more","ask":"is","value":1}]}')
    given = desk.template(per_member=None, gets=Who(circle=talkers))
    quiet, alice, old = desk.member(), desk.member(), desk.member()
    fan_of(desk, quiet, 1)
    fan_of(desk, old, 9)
    with desk.db.transaction() as session:
        merging.merge(session, kept_id=alice, merged_id=old, why="同一人", by="林", now=desk.now)
        session.execute(update(Fan).where(Fan.member_id == old).values(member_id=alice))

    with pytest.raises(NotIssued) as refused:
        desk.issue(given, quiet)
    with desk.db.reading() as session:
        looked = issuing.may_get(session, session.get_one(Member, quiet), given, now=desk.now)
    assert handouts.words_of(refused.value) == handouts.words_of(looked)
    assert handouts.words_of(looked) == "您暂不符合这张券的领取条件，仅限「常聊天的客人」"
    desk.use(desk.issue(given, alice))

    mine, lost = desk.have(alice, uses=Who(circle=talkers)), desk.have(alice, uses=Who(circle=gone))
    with desk.db.transaction() as session:
        session.execute(update(Fan).values(message_count=0))
    for coupon, name in ((mine, "常聊天的客人"), (lost, "从前的人群")):
        with pytest.raises(NotUsable) as unusable:
            desk.use(coupon)
        assert [(one.code, one.words) for one in unusable.value.reasons] == [
            ("not_for_member", f"仅限「{name}」")
        ]
    with desk.db.transaction() as session:
        session.execute(update(Fan).values(message_count=5))
    assert desk.use(mine).state == "used"


def test_a_refund_takes_the_coupon_it_gave_though_it_is_held_or_a_friend_has_it_and_not_once_it_was_used(
    desk,
):
    desk.template(per_member=None, least=0, transferable=True)
    shop = counter(desk, Book((GIFT,)))
    desk.now = shop.now
    wang, friend = shop.member(), shop.member(name="李")
    coupons = {}
    for number in ("held", "given", "used"):
        shop.now = desk.now = shop.now + timedelta(days=1)
        shop.buy(wang, 600, number)
        [coupons[number]] = set(desk.good(wang)) - set(coupons.values())
    hold = desk.asked(100)
    desk.use(coupons["held"], hold, hold=10)
    desk.take(desk.offer(coupons["given"]), friend)
    desk.use(coupons["used"])

    for number in coupons:
        shop.refund(number, 600, f"R-{number}")

    states = {number: desk.coupon(key).state for number, key in coupons.items()}
    assert states == {"held": "void", "given": "void", "used": "used"}
    assert told(desk, coupons["held"]) == ["issued", "held", "released", "voided"]
    with pytest.raises(NotOpen):
        desk.use(coupons["held"], hold)
    assert desk.good(wang) == desk.good(friend) == []


def test_a_visit_that_was_none_leaves_none_of_its_coupons_but_the_one_that_was_used(desk):
    desk.template(per_member=None)
    shop = counter(desk, Book((replace(GIFT, trigger=Trigger.VISIT, when=Conditions()),)))
    desk.now = shop.now
    wang, used = shop.member(), None
    for number in range(2):
        with desk.db.transaction() as session:
            happened = Happening(f"visit:{number}", Trigger.VISIT, desk.now, shop.shop)
            buying.happen(session, shop.vault, wang, happened, now=desk.now)
        used = used or desk.good(wang)[0]
    desk.use(used)
    [left] = desk.good(wang)

    for _twice in range(2):
        with desk.db.transaction() as session:
            for number in range(2):
                locking.of_happening(session, wang, f"visit:{number}")
                buying.withdraw(session, f"visit:{number}", now=desk.now)

    assert (desk.coupon(used).state, desk.coupon(left).state) == ("used", "void")
    with desk.db.reading() as session:
        reasons = session.scalars(select(CouponEvent.reason).where(CouponEvent.kind == "voided")).all()
    assert reasons == ["到店记录已撤销"]


def test_a_rule_that_gives_way_in_its_group_gives_no_coupon_either(desk):
    desk.template(), desk.template()
    group = Group("one", "取最大", Mode.LARGEST, ("points", "double"))
    shop = counter(desk, Book((BOTH, LARGER), (group,)))
    wang = shop.member()
    shop.buy(wang, 600, "A1")

    assert shop.balance(wang) == 1200
    assert desk.good(wang) == []


def test_a_purchase_refunded_to_the_last_fen_gives_the_coupon_back_and_a_part_of_it_does_not(desk):
    shop = counter(desk)
    desk.now = shop.now
    wang = shop.member()
    coupon = desk.have(wang)
    shop.buy(wang, 350, "A1")
    desk.use(coupon, desk.asked(400, receipt="A1", shop=shop.shop))

    shop.refund("A1", 100)
    assert desk.coupon(coupon).state == "used"
    shop.refund("A1", 250, "R2")
    assert desk.coupon(coupon).state == "returned"


def test_who_has_coupons_that_end_soon_is_told_once_and_of_one_day_in_one_message(desk):
    alice, quiet = desk.member(), desk.member()
    for days in (3, 3, 30):
        desk.have(alice, dates=Dates(days=days))
    desk.have(quiet, dates=Dates(days=3))
    with desk.db.transaction() as session:
        fan = Fan(
            account_id=1, openid="o-alice", standing="following", created_at=desk.now, follow_count=1,
            message_count=0, member_id=alice,
        )  # fmt: skip
        session.add(fan)
    desk.later(days=1)
    looked = []
    for _twice in range(2):
        with desk.db.transaction() as session:
            looked.append(reminding.remind(session, way={1: "https://a/"}, now=desk.now, most=99))

    with desk.db.reading() as session:
        [notice] = session.scalars(select(ReachNotice))
    assert looked == [3, 0]
    assert notice.intent == "coupon_ending"
    assert (notice.facts["number"], notice.facts["names"]) == ("2", "满减券")


def follower(desk, member, *, name="o-alice", **facts):
    with desk.db.transaction() as session:
        fan = Fan(
            account_id=1, openid=name, standing="following", created_at=desk.now, follow_count=1,
            message_count=0, member_id=member, **facts,
        )  # fmt: skip
        session.add(fan)
        session.flush()
        return fan.id


def runtime_of(desk):
    server = SimpleNamespace(public_url="https://wx.example")
    account = SimpleNamespace(id=1)
    return SimpleNamespace(db=desk.db, config=SimpleNamespace(server=server), accounts={"head": account})


def notices(desk):
    with desk.db.reading() as session:
        return [
            (one.fan_id, one.intent, one.facts["item"])
            for one in session.scalars(select(ReachNotice).order_by(ReachNotice.id))
        ]


def test_a_member_hears_of_a_coupon_that_a_rule_gave_once_and_of_none_that_was_taken_back(desk):
    shop = counter(desk)
    shop.now = desk.now
    wang, alone = shop.member(), shop.member()
    fan = follower(desk, wang)
    template = desk.template(name="感谢券", per_member=None)
    shop.publish(Book((replace(BOTH, coupon=template),)), at=shop.now - timedelta(days=1))
    for number, whose in (("A1", wang), ("A2", alone), ("A3", wang)):
        shop.buy(whose, 350, number)
    shop.refund("A3", 350)
    wishes = [one for one in make.promises(desk.db) if one.job == "coupons.tell"]
    assert len(wishes) == 3

    for wish in wishes * 2:
        with contextlib.suppress(Pointless):
            jobs.tell(runtime_of(desk), **wish.arguments)

    assert notices(desk) == [(fan, "coupon_given", "感谢券")]


def test_a_slice_that_ends_amid_a_members_coupons_and_one_that_comes_late_leave_none_untold(desk):
    desk.now = desk.now.astimezone(HERE).replace(hour=0, minute=30)
    alice, bob = desk.member(), desk.member()
    for whose in (alice, bob, bob, alice):
        desk.have(whose, dates=Dates(days=3))
    with desk.db.transaction() as session:
        for whose in (alice, bob):
            session.add(
                Fan(
                    account_id=1, openid=f"o-{whose}", standing="following", created_at=desk.now,
                    follow_count=1, message_count=0, member_id=whose,
                )
            )  # fmt: skip

    def remind():
        with desk.db.transaction() as session:
            return reminding.remind(session, way={}, now=desk.now, most=1)

    desk.later(hours=23)
    desk.have(alice, dates=Dates(days=3))  # which ends on the same day
    desk.later(hours=1)
    first = [remind() for _ in range(3)]
    desk.later(hours=24)
    late = remind()

    with desk.db.reading() as session:
        said = sorted((one.fan_id, one.facts["number"]) for one in session.scalars(select(ReachNotice)))
    assert (first, late) == ([2, 2, 0], 1)
    assert said == [(1, "1"), (1, "2"), (2, "2")]


def test_jobs_tidy_what_is_over(desk):
    from bot.coupons import jobs
    from bot.runtime import open_runtime
    from tests.support.members import config

    alice = desk.member()
    desk.now -= timedelta(days=3)
    ended, held = desk.have(alice, dates=Dates(days=1)), desk.have(alice)
    desk.use(held, hold=10)
    offered = desk.have(alice, transferable=True, dates=Dates(days=2))
    desk.offer(offered)
    runtime = open_runtime(config(str(desk.db.url)))
    for _twice in range(2):
        jobs.tidy(runtime)
    runtime.close()

    states = [desk.coupon(one).state for one in (ended, held, offered)]
    assert states == ["expired", "issued", "expired"]
    with desk.db.reading() as session:
        assert session.scalar(select(CouponUse.open_coupon_id)) is None
