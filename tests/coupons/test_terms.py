"""What a coupon takes off, and why not: the arithmetic, every reason once, and terms that survive being kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.coupons import discounts, saying, scopes, templates, terms
from bot.coupons.scopes import Basket, Line, Standing
from bot.coupons.terms import Circle, Dates, Goods, Hours, Kind, Scope, Terms, Who
from bot.coupons.who import Known

MONDAY_NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
FEN = st.integers(0, 10**9)
WORDS = st.sampled_from(["线路", "伴手礼", "签证"])
GOODS = st.builds(
    Goods, *(st.frozensets(WORDS, max_size=2) for _name in ("categories", "brands", "products"))
)
TERMS = st.one_of(
    st.builds(Terms, st.just(Kind.AMOUNT), amount=st.integers(1, 10**9)),
    st.builds(
        Terms, st.just(Kind.PERCENT), percent=st.integers(1, 99), cap=st.none() | st.integers(1, 10**6)
    ),
)
LINES = st.lists(st.builds(Line, FEN, category=WORDS, brand=WORDS, product=WORDS), min_size=1, max_size=8)


@given(said=TERMS, include=GOODS, exclude=GOODS, lines=LINES, data=st.data())
@settings(max_examples=40, deadline=None)
def test_lines_sum_to_the_discount_none_gives_more_than_it_is_and_what_is_left_to_pay_is_never_below_zero(
    said, include, exclude, lines, data
):
    before = tuple(data.draw(st.integers(0, line.amount)) for line in lines)
    basket = Basket(1, tuple(lines), before)
    said = replace(said, scope=Scope(include, exclude))

    found = scopes.worth(said, basket)

    assert sum(found.lines) == found.discount
    for line, share, left in zip(lines, found.lines, basket.left(), strict=True):
        assert 0 <= share <= left
        takes = said.scope.takes(category=line.category, brand=line.brand, product=line.product)
        assert takes or share == 0
    assert sum(basket.left()) - found.discount >= 0
    if said.cap is not None:
        assert found.discount <= said.cap


@given(discount=st.integers(0, 10**6), amounts=st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_shares_are_the_exact_parts_rounded_down_or_up(discount, amounts):
    whole = sum(amounts)
    discount = min(discount, whole)

    shares = discounts.shared(discount, amounts)

    assert sum(shares) == discount
    assert all(
        discount * amount // whole <= share <= -(-discount * amount // whole)
        for share, amount in zip(shares, amounts, strict=True)
        if whole
    )


@pytest.mark.parametrize(
    ("said", "eligible", "off"),
    [
        (Terms(Kind.AMOUNT, amount=5000), 30000, 5000),
        (Terms(Kind.AMOUNT, amount=5000), 3000, 3000),
        (Terms(Kind.PERCENT, percent=15), 10000, 1500),
        (Terms(Kind.PERCENT, percent=15), 10, 2),  # 1.5 fen
        (Terms(Kind.PERCENT, percent=15, cap=1000), 10000, 1000),
        (Terms(Kind.GIFT, gift="水杯"), 10000, 0),
    ],
)
def test_what_is_taken_off(said, eligible, off):
    assert discounts.off(said, eligible) == off


ALL = Terms(
    Kind.PERCENT,
    percent=12,
    cap=9900,
    least=10000,
    scope=Scope(
        Goods(frozenset({"线路"})), Goods(products=frozenset({"P9"})), frozenset({1, 2}), frozenset({3})
    ),
    dates=Dates(date(2026, 1, 1), date(2026, 12, 31), 30, 1),
    hours=Hours(frozenset({0, 4}), "09:00", "20:00", ((date(2026, 10, 1), date(2026, 10, 7)),)),
    gets=Who(frozenset({"gold"}), frozenset({"老客"}), first_purchase=True),
    uses=Who(tags=frozenset({"亲子"}), circle=Circle(7, "亲子客群", '{"all":[{"value":false}]}')),
    transferable=True,
    group="节日",
    alone=True,
    grace=3,
    note="凭身份证",
)
GOOD = Standing("issued", MONDAY_NOON - timedelta(days=1), MONDAY_NOON + timedelta(days=9))
TRIP = Basket(1, (Line(20000, "线路"), Line(5000, "伴手礼")))
KNOWN = Known(tags=frozenset({"亲子"}), is_inside=True)


def test_terms_come_back_as_they_were_kept_and_little_is_kept_of_little():
    assert terms.read(terms.write(ALL)) == ALL
    assert terms.write(Terms(Kind.AMOUNT, amount=100, dates=Dates(days=3))) == {
        "kind": "amount",
        "amount": 100,
        "dates": {"days": 3},
    }
    assert templates.problems(ALL) == {}
    assert set(templates.problems(Terms(Kind.PERCENT))) == {"percent", "ends"}


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (None, {}),
        ("used", {"coupon": replace(GOOD, state="used")}),
        ("held", {"coupon": replace(GOOD, state="held")}),
        ("offered", {"coupon": replace(GOOD, state="offered")}),
        ("void", {"coupon": replace(GOOD, state="void")}),
        ("expired", {"coupon": replace(GOOD, valid_until=MONDAY_NOON)}),
        ("not_begun", {"coupon": replace(GOOD, valid_from=MONDAY_NOON + timedelta(days=1))}),
        ("blackout", {"hours": Hours(not_days=((date(2026, 5, 31), date(2026, 6, 1)),))}),
        ("weekday", {"hours": Hours(weekdays=frozenset({1}))}),
        ("hours", {"hours": Hours(since="13:00")}),
        ("not_for_member", {"member": Known()}),
        ("not_for_member", {"member": replace(KNOWN, is_inside=False)}),
        ("shop", {"basket": replace(TRIP, shop_id=3)}),
        ("no_amount", {"basket": Basket(1, (Line(0, "线路"),))}),
        ("nothing_in_scope", {"basket": Basket(1, (Line(90000, "线路", product="P9"),))}),
        ("too_little", {"basket": Basket(1, (Line(9000, "线路"), Line(5000, "伴手礼")))}),
        ("too_little", {"basket": replace(TRIP, before=(10001, 0))}),
    ],
)
def test_each_reason_why_not_has_a_code_and_words(code, facts):
    said = replace(ALL, hours=facts.get("hours", ALL.hours))
    found = scopes.why_not(
        said,
        facts.get("coupon", GOOD),
        facts.get("basket", TRIP),
        facts.get("member", KNOWN),
        now=MONDAY_NOON,
    )

    assert [one.code for one in found] == ([code] if code else [])
    assert all(one.words for one in found)


def test_several_reasons_are_all_said_and_none_that_needs_a_basket_on_a_phone():
    late = replace(GOOD, valid_until=MONDAY_NOON)

    at_counter = scopes.why_not(ALL, late, replace(TRIP, shop_id=3), Known(), now=MONDAY_NOON)
    on_phone = scopes.why_not(ALL, GOOD, None, KNOWN, now=MONDAY_NOON)

    assert [one.code for one in at_counter] == ["expired", "not_for_member", "shop"]
    assert on_phone == []
    [short] = scopes.why_not(ALL, GOOD, Basket(1, (Line(5800, "线路"),)), KNOWN, now=MONDAY_NOON)
    assert short.words == "适用商品满 ¥100 可用，还差 ¥42"


@pytest.mark.parametrize(
    ("dates", "span"),
    [
        (Dates(days=1), ("2026-06-01T04", "2026-06-01T16")),
        (Dates(days=30), ("2026-06-01T04", "2026-06-30T16")),
        (Dates(days=7, wait=1), ("2026-06-01T16", "2026-06-08T16")),
        (Dates(ends=date(2026, 6, 1)), ("2026-06-01T04", "2026-06-01T16")),
        (
            Dates(begins=date(2026, 6, 10), ends=date(2026, 6, 12), days=30),
            ("2026-06-09T16", "2026-06-12T16"),
        ),
        (Dates(ends=date(2026, 5, 31)), None),
        (Dates(ends=date(2026, 6, 3), wait=5), None),
    ],
)
def test_from_when_and_until_when_a_coupon_is_good(dates, span):
    found = dates.span(MONDAY_NOON)

    assert (found and tuple(f"{one.astimezone(UTC):%Y-%m-%dT%H}" for one in found)) == span


def test_the_ticket_says_it_in_short_chinese():
    assert saying.worth(Terms(Kind.AMOUNT, amount=5000, least=30000)) == "满¥300减¥50"
    assert saying.face(Terms(Kind.PERCENT, percent=15)) == ("折", "8.5")
    assert saying.worth(Terms(Kind.PERCENT, percent=20, cap=5000)) == "8折，最多减¥50"
    lines = saying.rules(ALL, {1: "外滩店", 2: "虹桥店", 3: "泉城路店"}, {"gold": "金卡会员"})
    assert "限线路" in lines
    assert "限外滩店、虹桥店使用" in lines
    assert "10月1日至10月7日不可用" in lines
    assert "可以转赠给朋友" in lines
