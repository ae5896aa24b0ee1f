"""Judging a day: the brief's two examples, every kind of rule, and what holds for all books there are."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.earning.rules import birthdays, writing
from bot.earning.rules.book import (
    Aspect,
    Award,
    AwardKind,
    Book,
    Coefficient,
    Conditions,
    Group,
    Limit,
    Mixing,
    Mode,
    Rounding,
    Rule,
    Span,
    Tier,
    Trigger,
    Window,
    leaves,
)
from bot.earning.rules.evaluating import evaluate
from bot.earning.rules.facts import Facts, Item, Traveller, Used
from bot.earning.rules.reading import BadBook, read
from bot.earning.rules.words import read_out
from tests.earning.books import (
    BIRTHDAY,
    BRIEF,
    PURCHASE,
    REGISTER,
    books,
    bought,
    day_of,
    days,
    fixed,
    happened,
    per_yuan,
)

QUICK = settings(max_examples=60, deadline=None)


def one_rule(rule: Rule, *occasions, **more) -> int:
    return evaluate(day_of(*occasions, **more), Book((rule,))).points


def test_registering_and_spending_on_ones_birthday_earns_the_largest_alone():
    day = [happened(Trigger.REGISTER), happened(Trigger.BIRTHDAY), bought(150)]

    outcome = evaluate(day_of(*day), BRIEF)

    assert outcome.points == 200
    assert outcome.by_rule() == {"birthday": 200}
    assert [read_out(line) for line in outcome.trace if line.rule != "birthday"] == [
        "“消费积分”未计入：¥150.00，每 ¥1.00 得 1 分；“同日多项”取最大一项，“生日礼”200 分，不少于本项 150 分。",
        "“注册礼”未计入：100 分；“同日多项”取最大一项，“生日礼”200 分，不少于本项 100 分。",
    ]


def test_the_off_season_campaign_lets_both_count():
    winter = date(2026, 12, 24)
    day = [happened(Trigger.BIRTHDAY, day=winter), bought(150, day=winter)]

    outcome = evaluate(day_of(*day, day=winter), BRIEF)

    assert outcome.by_rule() == {"birthday": 200, "purchase": 150}
    assert "“淡季活动”期间各项都算" in read_out(outcome.trace[0])


def test_two_purchases_of_an_ordinary_day_both_count_though_the_group_takes_the_largest():
    assert evaluate(day_of(bought(80, "a"), bought(50, "b")), BRIEF).points == 130


def test_groups_nest_and_may_look_at_one_occasion_at_a_time():
    rules = (
        Rule("base", "基础", Trigger.PURCHASE, fixed(100)),
        Rule("double", "双倍", Trigger.PURCHASE, fixed(200)),
        Rule("weekend", "周末", Trigger.PURCHASE, fixed(80)),
    )
    best = Group("best", "取大", Mode.LARGEST, ("double", "weekend"), Span.OCCASION)
    whole = Group("whole", "合计", Mode.STACK, ("base", best))

    assert evaluate(day_of(bought(1)), Book(rules, (whole,))).points == 300
    assert evaluate(day_of(bought(1, "a"), bought(1, "b")), Book(rules, (whole,))).points == 600
    assert evaluate(day_of(bought(1)), Book(rules, (replace(whole, cap=250),))).points == 250


def test_first_takes_the_rule_of_the_highest_priority_even_if_it_gives_less():
    rules = (replace(REGISTER, priority=5), BIRTHDAY)
    group = Group("g", "先到先得", Mode.FIRST, ("register", "birthday"))

    outcome = evaluate(day_of(happened(Trigger.REGISTER), happened(Trigger.BIRTHDAY)), Book(rules, (group,)))

    assert outcome.by_rule() == {"register": 100}


@pytest.mark.parametrize(
    ("award", "points"),
    [
        (fixed(30), 30),
        (per_yuan(), 199),
        (per_yuan(10, per=10000, whole=True), 10),
        (per_yuan(10, per=10000), 19),
        (per_yuan(10, per=10000, rounding=Rounding.HALF_UP), 20),
        (per_yuan(2, categories=frozenset({"tea"})), 100),
        (Award(AwardKind.PER_ITEM, 7, skus=frozenset({"s2"})), 21),
        (Award(AwardKind.TIERED, tiers=(Tier(10000, 50), Tier(15000, 90), Tier(50000, 500))), 90),
    ],
)
def test_points_are_counted_by_amount_piece_or_tier(award: Award, points: int):
    items = (Item("s1", "tea", 1, 5000), Item("s2", "tour", 3, 14990))
    purchase = replace(bought(0), amount=19990, items=items)

    assert one_rule(Rule("r", "规则", Trigger.PURCHASE, award), purchase) == points


@pytest.mark.parametrize(("mixing", "points"), [("multiply", 300), ("largest", 200), ("add", 250)])
def test_coefficients_of_level_and_payment_come_together_as_the_rule_says(mixing: str, points: int):
    factors = (
        Coefficient(Aspect.LEVEL, (("gold", 150),)),
        Coefficient(Aspect.PAYMENT, (("wechat", 200),)),
    )
    rule = replace(PURCHASE, coefficients=factors, mixing=Mixing(mixing))
    purchase = bought(100, payment="wechat", who=Traveller(level="gold"))

    assert one_rule(rule, purchase) == points
    assert one_rule(rule, bought(100)) == 100


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (Conditions(starts=date(2026, 7, 1)), "2026年7月1日起才有"),
        (Conditions(ends=date(2026, 5, 31)), "已于2026年5月31日结束"),
        (Conditions(weekdays=frozenset({5, 6})), "只在周六、周日有，当天是周一"),
        (Conditions(shops=frozenset({9})), "外滩店不参加"),
        (Conditions(levels=frozenset({"金卡"})), "限金卡会员"),
        (Conditions(segments=frozenset({"老客"})), "限带“老客”标签的会员"),
        (Conditions(payments=frozenset({"cash"})), "限现金"),
        (Conditions(birthday=True), "限生日当天"),
        (Conditions(least_amount=50000), "满 ¥500.00 才有，这笔 ¥100.00"),
    ],
)
def test_what_does_not_hold_is_said_in_words(when: Conditions, said: str):
    outcome = evaluate(day_of(bought(100, shop_id=3)), Book((replace(PURCHASE, when=when),)))

    assert outcome.points == 0
    assert read_out(outcome.trace[0], {3: "外滩店"}) == f"“消费积分”未计入：{said}。"


def test_staff_earn_only_where_a_rule_says_so():
    purchase = bought(100, who=Traveller(staff=True))

    assert one_rule(PURCHASE, purchase) == 0
    assert one_rule(replace(PURCHASE, when=Conditions(staff=True)), purchase) == 100


def test_limits_count_what_was_had_before_and_on_the_day():
    twice = replace(PURCHASE, limits=(Limit(Window.DAY, times=2),))
    monthly = replace(PURCHASE, limits=(Limit(Window.MONTH, points=250),))
    three = [bought(100, key, hours=hour) for hour, key in enumerate("abc")]

    assert one_rule(twice, *three) == 200
    assert one_rule(monthly, *three) == 250
    assert one_rule(monthly, *three, used={("purchase", Window.MONTH): Used(2, 200)}) == 50
    assert one_rule(PURCHASE, *three, ceilings={"purchase": 130}) == 130


def test_of_one_moment_what_was_noted_first_comes_first():
    once = replace(PURCHASE, limits=(Limit(Window.DAY, times=1),))
    ninth, tenth = (happened(Trigger.PURCHASE, f"purchase:{key}", amount=10_000) for key in (9, 10))

    outcome = evaluate(day_of(tenth, ninth), Book((once,)))

    assert (outcome.of("purchase:9"), outcome.of("purchase:10")) == (100, 0)


def test_somebody_born_on_29_february_has_a_birthday_every_year():
    born = date(2000, 2, 29)

    assert [day for day in (27, 28) if birthdays.is_solar(born, date(2026, 2, day))] == [28]
    assert not birthdays.is_solar(born, date(2028, 2, 28))
    assert birthdays.is_solar(born, date(2028, 2, 29))
    assert not birthdays.is_solar(born, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("born", "day"),
    [
        (date(1990, 10, 3), date(2026, 9, 25)),  # 八月十五
        (date(1984, 2, 2), date(2026, 2, 17)),  # 正月初一
        (date(2001, 5, 30), date(2026, 5, 24)),  # 闰四月初八 is kept on 四月初八
    ],
)
def test_a_lunar_birthday_is_once_a_year_on_the_day_of_the_lunar_calendar(born: date, day: date):
    year = [date(2026, 1, 1) + timedelta(days=one) for one in range(365)]

    assert [one for one in year if birthdays.is_lunar(born, one)] == [day]


@QUICK
@given(books(), days(), st.randoms(use_true_random=False))
def test_the_order_of_rules_groups_and_occasions_does_not_matter(book: Book, day: Facts, chance):
    def mixed(found):
        return tuple(chance.sample(found, len(found)))

    def turned(group: Group) -> Group:
        members = [turned(one) if isinstance(one, Group) else one for one in group.members]
        return replace(group, members=mixed(members))

    other = Book(mixed(book.rules), mixed([turned(group) for group in book.groups]))
    first, second = evaluate(day, book), evaluate(replace(day, occasions=mixed(day.occasions)), other)

    assert first.by_rule() == second.by_rule()
    assert {(line.rule, line.occasion, line.points) for line in first.trace} == {
        (line.rule, line.occasion, line.points) for line in second.trace
    }


@QUICK
@given(books(), days())
def test_caps_and_limits_hold_and_points_are_what_the_lines_say(book: Book, day: Facts):
    outcome = evaluate(day, book)

    assert outcome.points == sum(line.points for line in outcome.trace)
    assert all(line.points >= 0 for line in outcome.trace)
    for rule in book.rules:
        lines = [line for line in outcome.trace if line.rule == rule.code]
        assert all(line.points <= rule.cap for line in lines if rule.cap is not None)
        for limit in rule.limits:
            assert limit.points is None or sum(line.points for line in lines) <= limit.points
            assert limit.times is None or len([line for line in lines if line.points]) <= limit.times
    for group in book.groups:
        held = [line for line in outcome.trace if line.rule in set(leaves(group))]
        spans = {line.occasion for line in held} if group.span is Span.OCCASION else {None}
        for occasion in spans if group.cap is not None else ():
            inside = [line.points for line in held if occasion in {None, line.occasion}]
            assert sum(inside) <= group.cap


@QUICK
@given(books(), days())
def test_the_largest_is_never_more_than_all_together_nor_less_than_each(book: Book, day: Facts):
    codes = tuple(rule.code for rule in book.rules)
    together, alone = (
        evaluate(day, Book(book.rules, (Group("all", "全部", mode, codes),)))
        for mode in (Mode.STACK, Mode.LARGEST)
    )

    assert alone.points <= together.points
    assert alone.points == max(together.by_rule().values(), default=0)


@QUICK
@given(books(), days())
def test_a_book_goes_into_json_and_comes_back_the_same(book: Book, day: Facts):
    kept = json.loads(json.dumps(writing.write(book)))

    assert evaluate(day, read(kept)) == evaluate(day, book)


def test_what_is_wrong_with_a_definition_is_said_with_its_place():
    definition = {
        "rules": [
            {"code": "a", "name": "甲", "trigger": "purchase", "award": {"kind": "fixed"}, "wehn": {}},
            {
                "code": "a",
                "name": "",
                "trigger": "register",
                "award": {"kind": "per_amount", "points": True},
                "limits": [{"window": "day"}],
            },
            {
                "code": "c",
                "name": "送券",
                "trigger": "purchase",
                "award": {"kind": "fixed"},
                "coupon": 1,
                "limits": [{"window": "month", "times": 1}],
                "budget": {"daily": 9},
            },
        ],
        "groups": [{"code": "g", "name": "组", "mode": "largest", "members": ["a", "b", "b"]}],
    }

    with pytest.raises(BadBook) as caught:
        read(definition)

    assert {problem.where for problem in caught.value.problems} == {
        "book.rules.a.award.points",
        "book.rules.a.wehn",
        "book.rules.a.name",
        "book.rules.a.award.kind",
        "book.rules.a.limits.day",
        "book.rules.c.limits",
        "book.rules.c.budget",
        "book.rules.a",
        "book.groups.b",
    }
