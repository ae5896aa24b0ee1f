"""From what happens to the ledger: once, whatever comes first, and back again when money goes back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from bot.db import Database
from bot.earning import buying, limits, traces, versions
from bot.earning.models import EarningAward, EarningBudget, EarningJudgement
from bot.earning.rules.book import Book, Budget, Conditions, Group, Limit, Mode, Rule, Trigger, Window
from bot.earning.rules.words import read_out
from bot.members.models import Member, MemberState
from bot.moments import HERE
from bot.points import days, ledger, reporting
from bot.points.models import PointEntry
from bot.points.reconciling import findings
from bot.purchases.models import PurchaseState
from bot.purchases.receipts import BadReceipt, Line
from bot.purchases.recording import By, NumberReused
from tests.bench.rule_book import twenty
from tests.earning.books import PURCHASE, fixed, per_yuan
from tests.earning.conftest import NOON, Counter

BORN = date(1990, 6, 1)
PLAIN = Book((PURCHASE,))


def test_birthday_registration_and_purchase_of_one_day_come_to_the_largest_whatever_comes_first(
    counter: Counter,
):
    first, second = counter.member(born=BORN), counter.member(born=BORN)

    counter.happen(first, Trigger.REGISTER)
    counter.happen(first, Trigger.BIRTHDAY)
    counter.buy(first, 350, "A1")
    counter.buy(second, 350, "A2")
    counter.happen(second, Trigger.BIRTHDAY)
    counter.happen(second, Trigger.REGISTER)

    assert (counter.balance(first), counter.balance(second)) == (350, 350)
    with counter.db.reading() as session:
        given = [(one.entry.reason, one.points) for one in ledger.history(session, first)]
    assert given == [("消费积分", 150), ("生日礼", 100), ("注册礼", 100)]


def test_every_judgement_keeps_the_trace_a_clerk_reads_out(counter: Counter):
    member = counter.member(born=BORN)
    counter.happen(member, Trigger.BIRTHDAY)
    counter.buy(member, 350, "A1")

    with counter.db.reading() as session:
        last = session.scalars(select(EarningJudgement).order_by(EarningJudgement.id.desc())).first()

    assert (last.before, last.after) == (200, 350)
    assert [read_out(line) for line in traces.read(last.trace)] == [
        "“生日礼”未计入：200 分；“同日多项”取最大一项，“消费积分”350 分，不少于本项 200 分。",
        "“消费积分”得 350 分：¥350.00，每 ¥1.00 得 1 分。",
    ]


def test_the_same_receipt_earns_once_and_another_under_its_number_is_refused(counter: Counter):
    member = counter.member()

    first = counter.buy(member, 120, "A1")
    again = counter.buy(member, 120, "A1")
    with pytest.raises(NumberReused):
        counter.buy(member, 130, "A1")

    assert (first.is_new, again.is_new) == (True, False)
    assert (first.points, again.points, counter.balance(member)) == (120, 120, 120)


def test_a_receipt_that_comes_again_after_its_member_was_merged_is_the_same_receipt(counter: Counter):
    first, kept, other = (counter.member() for _who in range(3))
    counter.buy(first, 120, "A1")
    with counter.db.transaction() as session:
        session.get_one(Member, first).merged_into_id = kept
        session.get_one(Member, first).state = MemberState.MERGED.value

    again = counter.buy(kept, 120, "A1")

    assert (again.is_new, again.points, counter.balance(kept)) == (False, 120, 120)
    for member, yuan in ((kept, 130), (other, 120)):
        with pytest.raises(NumberReused):
            counter.buy(member, yuan, "A1")


def test_a_refund_takes_back_what_would_not_have_been_earned_and_never_more(counter: Counter):
    member = counter.member(born=BORN)
    counter.happen(member, Trigger.BIRTHDAY)
    counter.buy(member, 350, "A1")

    part = counter.refund("A1", 100)
    again = counter.refund("A1", 100)
    rest = counter.refund("A1", 250, "R2")

    assert (part.taken, part.points, again.is_new, again.taken) == (100, 250, False, 0)
    assert (rest.taken, rest.points) == (50, 0)
    assert counter.balance(member) == 200  # the birthday's, which counts again
    with pytest.raises(BadReceipt):
        counter.refund("A1", 1, "R3")


def test_what_was_spent_already_becomes_a_debt_that_the_next_purchase_pays(counter: Counter):
    member = counter.member()
    counter.buy(member, 300, "A1")
    with counter.db.transaction() as session:
        ledger.spend(session, member, 250, key="s1", source="test", reason="兑换", now=NOON)

    counter.refund("A1", 300)
    owed = counter.balance(member)
    counter.buy(member, 400, "A2")

    assert (owed, counter.balance(member)) == (-250, 150)


def test_a_refund_by_item_takes_that_item_s_points(counter: Counter):
    tea = Rule("tea", "茶叶加分", Trigger.PURCHASE, per_yuan(3, categories=frozenset({"tea"})))
    counter.publish(Book((tea,)), at=NOON - timedelta(days=1))
    member = counter.member()
    lines = (Line("t1", "龙井", "tea", 2, 20000), Line("c1", "丝巾", "silk", 1, 10000))

    bought = counter.buy(member, 300, "A1", lines=lines)
    counter.refund("A1", 100, lines=(Line("t1", "龙井", "tea", 1, 10000),))
    then = counter.balance(member)
    counter.refund("A1", 100, "R2")

    assert (bought.points, then, counter.balance(member)) == (600, 300, 150)


def test_a_purchase_is_judged_by_the_version_of_its_time(counter: Counter):
    counter.publish(Book((replace(PURCHASE, award=per_yuan(2)),)), at=NOON - timedelta(hours=1))
    member = counter.member()

    before = counter.buy(member, 100, "A1", at=NOON - timedelta(hours=2))
    after = counter.buy(member, 100, "A2")
    with pytest.raises(versions.InThePast), counter.db.transaction() as session:
        versions.publish(
            session, {"rules": []}, note="", in_force_from=NOON - timedelta(days=1), by="林", now=NOON
        )

    assert (before.points, after.points) == (100, 200)


def test_limits_hold_for_a_till_that_comes_back_after_a_day(counter: Counter):
    counter.now = NOON + timedelta(days=9)
    monthly = Book((replace(PURCHASE, limits=(Limit(Window.MONTH, points=250),)),))
    counter.publish(monthly, at=NOON - timedelta(days=9))
    member = counter.member()

    today = counter.buy(member, 200, "A2")
    late = counter.buy(member, 200, "A1", at=counter.now - timedelta(hours=20))

    assert (today.points, late.points) == (200, 50)
    assert counter.balance(member) == 250


def test_what_waits_for_approval_earns_when_it_is_approved_and_only_once(counter: Counter):
    member = counter.member()
    bought = counter.buy(member, 900, "A1", state=PurchaseState.WAITING)
    waiting = counter.balance(member)
    chief = By("hand", "陈", 2)

    decided = []
    for approve in (True, False):
        with counter.db.transaction() as session:
            purchase = session.get_one(type(bought.purchase), bought.purchase.id)
            decided.append(
                buying.decide(session, counter.vault, purchase, approve=approve, by=chief, now=NOON)
            )

    assert (waiting, counter.balance(member), decided) == (0, 900, [True, False])
    assert counter.purchase("A1").state == PurchaseState.COUNTED


def test_points_end_when_the_rule_says(counter: Counter):
    counter.publish(Book((replace(PURCHASE, days=30),)), at=NOON - timedelta(days=1))
    member = counter.member()
    counter.buy(member, 100, "A1")

    with counter.db.reading() as session:
        soon = ledger.next_expiry(session, member, NOON)

    assert soon is not None
    assert soon.at == datetime(2026, 7, 1, 16, tzinfo=UTC)  # the end of 1 July in Shanghai


def test_what_ends_together_is_one_row_of_the_ledger_and_is_taken_back_from_it(counter: Counter):
    rules = (PURCHASE, replace(PURCHASE, code="more", name="加赠", award=fixed(30)))
    soon = replace(PURCHASE, code="soon", name="限时积分", award=fixed(5), days=7)
    counter.publish(Book((*rules, soon)), at=NOON - timedelta(days=1))
    member = counter.member()

    counter.buy(member, 100, "A1")
    counter.refund("A1", 100)

    with counter.db.reading() as session:
        rows = [(one.entry.kind, one.entry.reason, one.points) for one in ledger.history(session, member)]
    assert sorted(rows) == [
        ("claw_back", "退款扣回", -130),
        ("claw_back", "退款扣回", -5),
        ("earn", "加赠、消费积分", 130),
        ("earn", "限时积分", 5),
    ]
    assert counter.balance(member) == 0


def test_points_of_a_rule_for_a_campaign_are_reported_under_it_and_go_back_under_it(counter: Counter):
    sale = replace(PURCHASE, code="sale", name="淡季多一倍", days=365, campaign=7)
    counter.publish(Book((replace(PURCHASE, days=365), sale)), at=NOON - timedelta(days=1))
    anna = counter.member()
    counter.buy(anna, 100, "1")
    counter.buy(anna, 50, "2")
    counter.refund("2", 50)
    today = NOON.astimezone(HERE).date()

    with counter.db.transaction() as session:
        days.add_up(session, today, now=NOON + timedelta(days=1))
        asked = reporting.Asked(today, today)
        found = reporting.lines(session, asked, reporting.By.CAMPAIGN)
        of_it = reporting.lines(session, replace(asked, campaign=7), reporting.By.CAUSE)
        given = select(PointEntry.campaign_id, PointEntry.points).where(PointEntry.kind == "earn")
        rows = session.execute(given.order_by(PointEntry.id)).all()

    assert {key: (numbers["outstanding"], numbers["issued"]) for key, numbers in found.items()} == {
        0: (100, 150),
        7: (100, 150),
    }
    assert list(of_it) == ["rule:sale"]
    assert sorted(rows, key=str) == [(7, 100), (7, 50), (None, 100), (None, 50)]
    assert counter.balance(anna) == 200


def test_concurrent_purchases_never_give_more_than_the_budget(db: Database):
    """Eight tills at once, on every database; what each member has is what the ledger and the awards say."""
    given = replace(PURCHASE, award=fixed(30), budget=Budget(total=200, daily=150))
    counter = Counter(db, Book((given,), (Group("g", "组", Mode.LARGEST, ("purchase",)),)))
    members = [counter.member() for _number in range(4)]

    def shop(number: int) -> int:
        return counter.buy(members[number % 4], 10, f"A{number}").points

    with ThreadPoolExecutor(8) as pool:
        points = list(pool.map(shop, range(8)))

    assert sorted(points) == [0, 0, 0, 30, 30, 30, 30, 30]
    assert sum(counter.balance(member) for member in members) == 150
    with db.reading() as session:
        spent = {row.span: row.spent for row in session.scalars(select(EarningBudget))}
        assert spent == {"total": 150, "2026-06-01": 150}
        assert session.scalar(select(func.sum(EarningAward.points))) == 150


def test_the_last_of_a_budget_is_given_in_part_and_what_goes_back_may_be_given_again(counter: Counter):
    counter.publish(Book((replace(PURCHASE, budget=Budget(total=250)),)), at=NOON - timedelta(days=1))
    member, other = counter.member(), counter.member()

    assert counter.buy(member, 200, "A1").points == 200
    assert counter.buy(other, 200, "A2").points == 50
    counter.refund("A1", 200)
    counter.buy(other, 100, "A3")
    assert counter.balance(other) == 250  # the day is judged as a whole: what was cut before is made good
    with counter.db.reading() as session:
        assert session.scalar(select(EarningBudget.spent)) == 250


def test_one_receipt_reported_by_eight_at_once_is_one(db: Database):
    counter = Counter(db)
    member = counter.member()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _number: counter.buy(member, 120, "A1"), range(8)))

    assert [one.is_new for one in found].count(True) == 1
    assert {one.points for one in found} == {120}
    assert counter.balance(member) == 120


def test_windows_begin_in_shanghai_and_on_mondays():
    assert limits.span(Window.WEEK, date(2026, 6, 7)) == (date(2026, 6, 1), date(2026, 6, 7))
    assert limits.span(Window.MONTH, date(2028, 2, 9)) == (date(2028, 2, 1), date(2028, 2, 29))


def test_staff_who_are_members_earn_nothing_by_rules_for_travellers(counter: Counter):
    from bot.fans.models import Fan

    member = counter.member()
    with counter.db.transaction() as session:
        session.add(
            Fan(
                account_id=1,
                openid="o-staff",
                standing="following",
                created_at=NOON,
                follow_count=1,
                message_count=0,
                member_id=member,
                staff_id=7,
            )
        )

    assert counter.buy(member, 100, "A1").points == 0
    counter.publish(Book((replace(PURCHASE, when=Conditions(staff=True)),)), at=NOON)
    assert counter.buy(member, 100, "A2", at=NOON + timedelta(minutes=1)).points == 100


def test_an_award_is_eighteen_statements_however_many_rules_there_are(db: Database):
    """BEGIN and COMMIT aside, for a member who had points before; the second purchase of a day reads the day again."""
    counter, seen = Counter(db, twenty()), []
    member = counter.member()
    counter.buy(member, 200, "A1", at=NOON - timedelta(days=1))

    def count(number: str) -> int:
        seen.clear()
        counter.buy(member, 200, number)
        return len(seen)

    event.listen(db.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    counts = [count("A2"), count("A3")]

    # SQLite tells ids back row by row; its statements are no round trips.
    assert counts[0] <= (22 if db.dialect == "sqlite" else 18), seen
    assert counts[1] <= 26
    with db.reading() as session:
        assert findings(session) == []
