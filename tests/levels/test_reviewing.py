"""From the counter to the level: what raises it, what does not lower it, and what becomes of it over the years."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.audit import Actor
from bot.batches.models import Batch
from bot.coupons import issuing, templates, who
from bot.coupons.models import TemplateState
from bot.coupons.refusals import NotIssued
from bot.coupons.terms import Dates, Kind, Terms, Who
from bot.db import utc_now
from bot.earning.models import EarningOccasion
from bot.earning.rules.book import Aspect, Award, AwardKind, Book, Coefficient, Conditions, Rule, Trigger
from bot.jobs import JOBS
from bot.levels import giving, ladder, simulating, standing, taking_along, versions
from bot.levels.giving import NotGiven
from bot.levels.ladder import BASE, Measure
from bot.levels.models import LevelChange, MemberLevel
from bot.members import erasing, merging
from bot.outbox.models import Promise
from bot.points import adjusting, ledger
from bot.segments import compiling
from bot.tags import keeping
from bot.tags.models import FanTag, RuleKind
from tests import make
from tests.earning.books import PURCHASE
from tests.levels.world import DAY, Stairs, rungs

PLAIN = Book((PURCHASE,))  # a point for each yuan


@pytest.fixture
def by_points(stairs: Stairs) -> Stairs:
    """Levels by points earned, a point for each yuan."""
    stairs.put(rungs(Measure.POINTS))
    stairs.publish(PLAIN, at=stairs.now - 399 * DAY)
    return stairs


def test_level_after_spending_points_is_the_level_before(by_points: Stairs):
    anna = by_points.member()
    by_points.buy(anna, 3200, "A1")
    with by_points.db.transaction() as session:
        ledger.spend(session, anna, 3000, key="s", source="mall", reason="兑换", now=by_points.now)
    by_points.now += DAY
    by_points.buy(anna, 10, "A2")

    found = by_points.standing(anna)

    assert (found.name, found.score, found.missing, found.next_name) == ("金卡", 3210, 6790, "钻卡")
    assert by_points.changes(anna) == [("earned", BASE, "gold")]


def test_a_coupon_for_a_level_is_for_who_has_reached_it(by_points: Stairs):
    anna, now = by_points.member(), by_points.now
    with by_points.db.transaction() as session:
        gold = Who(levels=frozenset({"gold"}))
        terms = Terms(Kind.AMOUNT, amount=500, dates=Dates(days=3), gets=gold, uses=gold)
        row = templates.add(session, "金卡礼", terms, total=None, per_member=2, by="test", now=now)
        row.state = TemplateState.OPEN
        key = row.id
    with pytest.raises(NotIssued), by_points.db.transaction() as session:
        issuing.issue(session, key, anna, key="1", source="test", now=now)
    with by_points.db.reading() as session:
        assert who.lacks(gold, who.of(session, [anna], gold, now=now)) == "仅限金卡"
    by_points.buy(anna, 3200, "A1")
    with by_points.db.transaction() as session:
        issuing.issue(session, key, anna, key="2", source="test", now=now)
        assert who.lacks(gold, who.of(session, [anna], gold, now=now)) is None


def test_points_by_hand_count_only_where_it_is_said_and_what_is_taken_back_counts_no_more(by_points: Stairs):
    anna = by_points.member()
    by_points.buy(anna, 900, "A1")
    with by_points.db.transaction() as session:
        for source, key in ((adjusting.SOURCE, "1"), (adjusting.SOURCE_FOR_LEVELS, "2")):
            said = {"reason": "补录", "now": by_points.now}
            ledger.adjust(session, anna, 60, key=key, source=source, **said)

    assert by_points.standing(anna).score == 960
    by_points.refund("A1", 400)
    assert by_points.standing(anna).score == 560


def test_a_refund_that_takes_the_qualifying_sum_away_lowers_the_level_only_at_the_periods_end(stairs: Stairs):
    anna = stairs.on("2026-03-10").member()
    stairs.fan(anna)
    stairs.buy(anna, 3000, "A1")
    stairs.on("2026-05-01").refund("A1", 2500)
    stairs.buy(anna, 100, "A2")
    in_may = (stairs.level(anna), stairs.standing(anna).score)
    seen = []
    for day in ("2027-02-08", "2027-02-09", "2027-03-09", "2027-03-10", "2027-04-08", "2027-04-09"):
        stairs.on(day).look(anna)
        seen.append(stairs.level(anna))
    for year in ("2028", "2029", "2030"):
        for day in ("-03-12", "-04-12", "-05-20"):
            stairs.on(year + day).look(anna)

    assert in_may == ("金卡", 60_000)
    assert seen == ["金卡"] * 5 + ["银卡"]
    assert stairs.changes(anna) == [
        ("earned", BASE, "gold"),
        ("fell", "gold", "silver"),
        ("fell", "silver", BASE),
    ]
    assert [words[:12] for words in stairs.told()] == [
        "您已升为金卡会员，谢谢您",
        "您的金卡会员身份保留到2",
        "您的银卡会员身份保留到2",
    ]
    assert "保留到2027年3月9日。在那之前再消费 ¥2,400，" in stairs.told()[1]


def test_who_makes_it_up_after_the_notice_keeps_the_level_for_another_period(stairs: Stairs):
    anna = stairs.on("2026-03-09").member()
    stairs.buy(anna, 600, "A1")
    stairs.on("2026-03-10").buy(anna, 600, "A2")  # reached today: what came before is not of this period
    stairs.on("2027-02-20").look(anna)
    warned = stairs.standing(anna)
    stairs.on("2027-03-05").buy(anna, 400, "A3")
    stairs.on("2027-03-10").look(anna)

    kept = stairs.standing(anna)

    assert (warned.stage, warned.keeps, warned.last) == ("warned", 40_000, date(2027, 3, 9))
    assert (kept.name, kept.last) == ("银卡", date(2028, 3, 9))
    assert stairs.changes(anna)[-1] == ("kept", "silver", "silver")


def test_a_purchase_is_judged_by_the_level_of_its_time_however_late_the_till_reports_it(stairs: Stairs):
    more = Rule(
        "more",
        "会员加倍",
        Trigger.PURCHASE,
        Award(AwardKind.PER_AMOUNT, 1),
        coefficients=(Coefficient(Aspect.LEVEL, (("gold", 200),)),),
        when=Conditions(levels=frozenset({"silver", "gold"})),
        days=365,
    )
    stairs.publish(Book((more,)), at=stairs.now - 10 * DAY)
    anna = stairs.member()

    first = stairs.buy(anna, 3000, "A1")  # by it she rises, and it is not doubled
    second = stairs.buy(anna, 100, "A2")
    stairs.now += timedelta(hours=2)
    late = stairs.buy(anna, 100, "A3", at=stairs.now - timedelta(hours=5))

    assert (first.points, second.points, late.points) == (0, 200, 0)
    with stairs.db.reading() as session:
        facts = [
            row.facts["who"]["level"]
            for row in session.scalars(select(EarningOccasion).order_by(EarningOccasion.id))
        ]
        before = standing.at(session, anna, stairs.now - 500 * DAY)
    assert (facts, before) == ([BASE, "gold", BASE], "")


def test_a_level_by_hand_lies_on_top_until_its_day_and_what_is_earned_goes_on_beneath(stairs: Stairs):
    anna = stairs.on("2026-03-10").member()
    stairs.fan(anna)
    until = date(2026, 6, 30)
    give = {"until": until, "reason": "投诉补偿", "by": "林"}
    with stairs.db.transaction() as session:
        giving.give(session, anna, "gold", now=stairs.now, **give)
    stairs.buy(anna, 1000, "A1")
    with pytest.raises(NotGiven), stairs.db.transaction() as session:
        giving.give(session, anna, "silver", now=stairs.now, **give)
    given = stairs.on("2026-06-30", 23).standing(anna)
    stairs.on("2026-07-01", 0).look(anna)

    assert (given.name, given.last, given.given_until) == ("金卡", until, until)
    assert stairs.level(anna) == "银卡"
    assert stairs.changes(anna) == [
        ("given", BASE, "gold"),
        ("earned", "gold", "gold"),
        ("given_over", "gold", "silver"),
    ]
    assert len(stairs.told()) == 1


def test_two_who_are_one_have_the_better_level_and_each_has_their_own_when_they_are_two(
    stairs: Stairs, runtime
):
    stairs.now = utc_now()  # which the jobs go by
    anna, other = stairs.member(), stairs.member()
    stairs.buy(anna, 600, "A1")
    stairs.buy(other, 3000, "B1")
    merge = stairs.merge(anna, other)
    JOBS["levels.join"](runtime, kept_id=anna, merged_id=other)
    JOBS["levels.join"](runtime, kept_id=anna, merged_id=other)
    together = (stairs.level(anna), stairs.standing(other).score)
    with stairs.db.transaction() as session:
        promised = session.scalars(select(Promise.job).where(Promise.job.like("levels.%"))).all()
        assert merging.unmerge(session, merge.id, by="林", now=stairs.now)
    JOBS["levels.part"](runtime, kept_id=anna, merged_id=other)

    assert (together, promised) == (("金卡", 360_000), ["levels.join"])
    assert (stairs.level(anna), stairs.level(other)) == ("普卡", "金卡")
    assert [why for why, _before, _after in stairs.changes(anna)] == ["merged", "parted"]


def test_a_merge_that_was_undone_before_its_job_came_raises_nobody_and_one_done_again_lowers_nobody(
    stairs: Stairs, runtime
):
    stairs.now = utc_now()  # which the jobs go by
    anna, other = stairs.member(), stairs.member()
    stairs.buy(other, 3000, "B1")
    merge = stairs.merge(anna, other)
    with stairs.db.transaction() as session:
        assert merging.unmerge(session, merge.id, by="林", now=stairs.now)
    for job in ("levels.part", "levels.join"):  # the outbox keeps no order
        JOBS[job](runtime, kept_id=anna, merged_id=other)
    parted = (stairs.level(anna), stairs.changes(anna), stairs.level(other))
    stairs.merge(anna, other)
    for job in ("levels.join", "levels.part"):
        JOBS[job](runtime, kept_id=anna, merged_id=other)

    assert parted == ("普卡", [], "金卡")
    assert stairs.changes(anna) == [("merged", BASE, "gold")]
    with stairs.db.reading() as session:
        assert [one["why"] for one in taking_along.rows(session, anna)] == ["会员资料合并", "达到升级条件"]


def test_a_level_for_ever_is_typed_as_the_last_day_there_is(stairs: Stairs):
    anna = stairs.member()
    with stairs.db.transaction() as session:
        giving.give(session, anna, "gold", until=date.max, reason="股东", by="林", now=stairs.now)

    assert stairs.look(anna) == "gold"
    assert stairs.level(anna) == "金卡"


def test_an_erased_member_has_no_level_and_nothing_written_about_it_is_left(stairs: Stairs, runtime):
    anna = stairs.member()
    with stairs.db.transaction() as session:
        giving.give(
            session, anna, "gold", until=date(2099, 1, 1), reason="她的先生是股东", by="林", now=stairs.now
        )
    with stairs.db.transaction() as session:
        erasing.erase_member(session, anna, now=utc_now())
        session.execute(update(MemberLevel).values(next_at=stairs.now))
    JOBS["levels.look"](runtime)
    JOBS["levels.forget_words"](runtime)

    with stairs.db.reading() as session:
        assert standing.of(session, anna, now=stairs.now) is None
        assert session.scalars(select(LevelChange.reason)).all() == [""]
        assert session.get_one(MemberLevel, anna).next_at is None


def test_tags_go_by_the_level_on_every_wechat_of_the_member_and_segments_ask_for_it(stairs: Stairs, runtime):
    anna, bert = stairs.member(), stairs.member()
    fans = [stairs.fan(anna, "o-1"), stairs.fan(anna, "o-2"), stairs.fan(bert, "o-3")]
    with stairs.db.transaction() as session:
        silver, gold = (make.tag(session, name, kind="automatic") for name in ("银卡客", "金卡客"))
        keeping.put_rules(session, silver, {RuleKind.LEVEL: ["silver"]})
        keeping.put_rules(session, gold, {RuleKind.LEVEL: ["gold", "diamond"]})
        session.add(FanTag(fan_id=fans[1], tag_id=silver.id, tagged_at=stairs.now, source="hand"))

    def on():
        with stairs.db.reading() as session:
            return {(row.fan_id, row.tag_id) for row in session.scalars(select(FanTag))}

    stairs.buy(anna, 1000, "A1")
    as_silver = on()
    stairs.buy(anna, 2000, "A2")

    assert as_silver == {(fans[0], silver.id), (fans[1], silver.id)}
    assert on() == {(fans[0], gold.id), (fans[1], gold.id), (fans[1], silver.id)}
    with stairs.db.reading() as session:
        for ask, keys, wanted in (
            ("any", ["gold"], fans[:2]),
            ("any", [BASE], fans[2:]),
            ("none", ["gold"], fans[2:]),
        ):
            document = {"all": [{"field": "level", "ask": ask, "value": keys}]}
            found = session.scalars(compiling.select(document, account_id=1, now=stairs.now))
            assert sorted(found) == wanted


def test_publishing_raises_who_has_reached_more_lowers_nobody_and_was_tried_before(stairs: Stairs, runtime):
    members = [stairs.member() for _ in range(5)]
    stairs.now = utc_now()
    for number, member in enumerate(members):
        stairs.buy(member, (200, 800, 1200, 3000, 11_000)[number], f"A{number}")
    easier = ladder.write(rungs())
    easier["levels"][1]["threshold"], easier["levels"][3]["threshold"] = 80_000, 2_000_000
    del easier["levels"][2]
    partner = stairs.member()
    with stairs.db.transaction() as session:
        giving.give(
            session, partner, "diamond", until=date(2099, 1, 1), reason="股东", by="林", now=stairs.now
        )
    with stairs.db.transaction() as session:
        batch = simulating.begin(session, definition=easier, title="试", maker=Actor("林"), now=utc_now())
    JOBS["levels.simulate"](runtime, batch_id=batch.id)
    with stairs.db.transaction() as session:
        notes = session.get_one(Batch, batch.id).notes
        row = versions.publish(session, easier, note="放宽", by="林", now=utc_now())
    JOBS["levels.review_all"](runtime, version_id=row.id)
    stairs.now = utc_now()

    assert (notes["up"], notes["down"]) == (1, 1)
    assert notes["then"] == {BASE: 1, "silver": 3, "diamond": 2}
    assert [stairs.level(member) for member in members] == ["普卡", "银卡", "银卡", "银卡", "钻卡"]
    assert stairs.changes(members[3])[-1] == ("ladder", "gold", "silver")
    assert stairs.changes(members[1]) == [("ladder", BASE, "silver")]


def test_the_clock_looks_at_those_whose_day_has_come_and_reads_nobody_else(
    stairs: Stairs, runtime, monkeypatch
):
    anna, bert = stairs.on("2026-03-10").member(), stairs.member()
    for number, member in enumerate((anna, bert)):
        stairs.on(f"2026-03-{10 + 10 * number}").buy(member, 1000, f"A{number}")
    looked = []
    review = JOBS["levels.look"].__globals__["reviewing"].review
    monkeypatch.setattr(
        "bot.levels.jobs.reviewing.review",
        lambda session, member_id, **said: looked.append(member_id) or review(session, member_id, **said),
    )
    stairs.on("2027-02-08", 0)
    monkeypatch.setattr("bot.levels.jobs.utc_now", lambda: stairs.now)

    JOBS["levels.look"](runtime)
    JOBS["levels.look"](runtime)

    assert looked == [anna]
    assert stairs.row(anna).next_at == datetime(2027, 3, 10, tzinfo=stairs.now.tzinfo)
