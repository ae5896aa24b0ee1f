"""Rule books for tests: the two of the brief, and whatever hypothesis thinks of."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from bot.earning.rules import book
from bot.earning.rules.book import (
    Award,
    AwardKind,
    Book,
    Campaign,
    Conditions,
    Group,
    Limit,
    Mode,
    Rule,
    Span,
    Tier,
    Trigger,
    Window,
)
from bot.earning.rules.facts import Facts, Item, Occasion, Traveller

DAY = date(2026, 6, 1)  # a Monday
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
OFF_SEASON = Campaign("淡季活动", Mode.STACK, date(2026, 12, 1), date(2027, 2, 28))


def fixed(points: int) -> Award:
    return Award(AwardKind.FIXED, points)


def per_yuan(points: int = 1, **more) -> Award:
    return Award(AwardKind.PER_AMOUNT, points, **more)


REGISTER = Rule("register", "注册礼", Trigger.REGISTER, fixed(100))
BIRTHDAY = Rule("birthday", "生日礼", Trigger.BIRTHDAY, fixed(200))
PURCHASE = Rule("purchase", "消费积分", Trigger.PURCHASE, per_yuan())
BRIEF = Book(
    (REGISTER, BIRTHDAY, PURCHASE),
    (
        Group(
            "same-day",
            "同日多项",
            Mode.LARGEST,
            ("register", "birthday", "purchase"),
            campaigns=(OFF_SEASON,),
        ),
    ),
)


def happened(
    trigger: Trigger, key: str | None = None, *, hours: int = 0, day: date = DAY, **facts
) -> Occasion:
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC) + timedelta(hours=hours)
    who = facts.pop("who", Traveller(birthday=trigger is Trigger.BIRTHDAY))
    return Occasion(key or trigger.value, trigger, at, who, **facts)


def bought(yuan: int, key: str = "purchase", **facts) -> Occasion:
    return happened(Trigger.PURCHASE, key, amount=yuan * 100, **facts)


def day_of(*occasions: Occasion, day: date = DAY, **more) -> Facts:
    return Facts(day, occasions, **more)


points = st.integers(1, 500)
caps = st.none() | st.integers(1, 800)
conditions = st.builds(
    Conditions,
    weekdays=st.sampled_from([frozenset(), frozenset({0, 2}), frozenset({5})]),
    shops=st.sampled_from([frozenset(), frozenset({1})]),
    payments=st.sampled_from([frozenset(), frozenset({"cash"})]),
    least_amount=st.sampled_from([0, 5000]),
    birthday=st.booleans(),
    staff=st.booleans(),
)
awards = st.one_of(
    st.builds(fixed, points),
    st.builds(
        per_yuan,
        st.integers(1, 20),
        per=st.sampled_from([1, 100, 700]),
        whole=st.booleans(),
        categories=st.sampled_from([frozenset(), frozenset({"tea"})]),
    ),
    st.builds(
        lambda least, first, second: Award(
            AwardKind.TIERED, tiers=(Tier(0, first), Tier(least, first + second))
        ),
        st.integers(1, 20000),
        points,
        points,
    ),
)
coefficients = st.lists(
    st.builds(
        book.Coefficient,
        st.sampled_from(book.Aspect),
        st.lists(
            st.tuples(st.sampled_from(["0", "1", "cash", "gold"]), st.integers(0, 400)),
            min_size=1,
            max_size=2,
            unique_by=lambda one: one[0],
        ).map(lambda found: tuple(sorted(found))),
    ),
    max_size=2,
    unique_by=lambda one: one.aspect,
).map(tuple)
limits = st.lists(
    st.builds(Limit, st.sampled_from(Window), st.none() | st.integers(1, 3), st.integers(1, 500)),
    max_size=2,
    unique_by=lambda one: one.window,
).map(tuple)


@st.composite
def books(draw) -> Book:
    """A book of up to six rules, and a tree over some of them."""
    rules = []
    for number in range(draw(st.integers(1, 6))):
        trigger = draw(
            st.sampled_from([Trigger.PURCHASE, Trigger.PURCHASE, Trigger.REGISTER, Trigger.BIRTHDAY])
        )
        rules.append(
            Rule(
                f"r{number}",
                f"规则{number}",
                trigger,
                draw(awards if trigger is Trigger.PURCHASE else st.builds(fixed, points)),
                coefficients=draw(coefficients),
                mixing=draw(st.sampled_from(book.Mixing)),
                when=draw(conditions),
                limits=draw(limits),
                cap=draw(caps),
                priority=draw(st.integers(0, 2)),
            )
        )
    codes = draw(st.permutations([rule.code for rule in rules]))
    groups = []
    while len(codes) > 1 and len(groups) < 3 and draw(st.booleans()):
        taken = draw(st.integers(1, len(codes)))
        members: list = list(codes[:taken])
        codes = codes[taken:]
        span = draw(st.sampled_from(Span))
        if taken > 2 and draw(st.booleans()):
            inner_span = span if span is Span.OCCASION else draw(st.sampled_from(Span))
            inner = Group(
                f"i{len(groups)}",
                "内组",
                draw(st.sampled_from(Mode)),
                tuple(members[:2]),
                inner_span,
                draw(caps),
            )
            members = [inner, *members[2:]]
        groups.append(
            Group(f"g{len(groups)}", "组", draw(st.sampled_from(Mode)), tuple(members), span, draw(caps))
        )
    return Book(tuple(rules), tuple(groups))


@st.composite
def days(draw) -> Facts:
    """A day with up to five occasions."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        trigger = draw(
            st.sampled_from([Trigger.PURCHASE, Trigger.PURCHASE, Trigger.REGISTER, Trigger.BIRTHDAY])
        )
        amount = draw(st.integers(1, 50000)) if trigger is Trigger.PURCHASE else 0
        tea = draw(st.integers(0, amount))
        found.append(
            Occasion(
                f"o{number}",
                trigger,
                NOON + timedelta(minutes=draw(st.integers(0, 3))),
                Traveller(level=draw(st.sampled_from(["", "gold"])), birthday=draw(st.booleans())),
                shop_id=draw(st.sampled_from([None, 1, 2])),
                amount=amount,
                payment=draw(st.sampled_from(["cash", "card"])),
                items=(Item("s1", "tea", 1, tea), Item("s2", "tour", 2, amount - tea)) if amount else (),
            )
        )
    return Facts(DAY, tuple(found))
