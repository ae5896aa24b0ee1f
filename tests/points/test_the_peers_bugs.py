"""What went wrong in other systems and must not here: each bug with its project, and the test that would see it.

Bugs that a test elsewhere proves already are named in `ELSEWHERE`, so that it can be found from here, and held to be
tests: run on every database where that matters, with something asserted, and not passed over.  One has no place: a
forged answer that leaves out what a questionnaire demands. There are no questionnaires; a survey is what a till's key
says was answered (`tests/earning/test_till_api.py`, what is not signed is refused).
"""

import ast
import os
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.earning.models import EarningAward
from bot.earning.rules.book import Trigger
from bot.members import merging
from bot.members.models import Member
from bot.points import ledger, reconciling
from bot.points.models import PointEntry, PointLot
from bot.points.refusals import NotEnough
from bot.purchases.models import Purchase
from tests.earning.conftest import NOON, Counter, counter, sqlite  # noqa: F401 - fixtures
from tests.support.databases import kinds

TESTS = Path(__file__).parents[1]
ELSEWHERE = {
    "macrozheng/mall #299: refunds at the same time lose points, or give them twice": (
        "points/test_races.py::test_a_spend_that_is_refunded_by_many_at_once_comes_back_once"
    ),
    "ruoyi-vue-pro updatePointDecr, slimkit/plus #448: no `points >= n` in the update, ten threads go below zero": (
        "points/test_races.py::test_what_is_there_for_five_is_spent_five_times"
    ),
    "ruoyi-vue-pro: no unique business key, a repeated call counts twice": (
        "points/test_races.py::test_one_wish_that_arrives_many_times_at_once_is_granted_once"
    ),
    "ruoyi-vue-pro: what was spent already is not clawed back at all": (
        "points/test_ledger.py::test_a_claw_back_takes_its_own_points_then_others_then_becomes_debt_that_the_next_points_pay"
    ),
    "alphajiang/hyena #3: what expires now may still be spent, what is good expires": (
        "points/test_ledger.py::test_the_last_moment_before_the_end_still_counts"
    ),
    "alphajiang/hyena #3: the balance is wrong until the job has run": (
        "points/test_ledger.py::test_expired_points_are_not_spent_however_late_the_job_is"
    ),
    "formance: a key with another body returns the first answer as if it were this one's": (
        "points/test_ledger.py::test_the_same_key_again_is_the_same_answer_and_another_wish_under_it_is_an_error"
    ),
    "Open Loyalty: the oldest points are taken, not those that end first; what was taken is not stored": (
        "points/test_ledger.py::test_points_are_spent_soonest_expiry_first_and_what_was_taken_is_stored"
    ),
    "liberu #1058: points expire by what they are called, and some lots never do": (
        "points/test_ledger.py::test_whatever_gave_a_lot_it_expires_by_its_end_and_not_by_what_it_is_called"
    ),
    "Odoo #206048: history is only a log beside the balance, and max(…, 0) hides that they differ": (
        "points/test_ledger.py::test_reconciling_says_what_is_wrong_and_where"
    ),
    "django-oscar #4016: which offers exclude each other depends on their order": (
        "earning/test_rules.py::test_the_order_of_rules_groups_and_occasions_does_not_matter"
    ),
    "Open Loyalty #79: nobody can see why points were given": (
        "earning/test_settling.py::test_every_judgement_keeps_the_trace_a_clerk_reads_out"
    ),
    "Mautic: who was born on 29 February has a birthday every four years": (
        "earning/test_rules.py::test_somebody_born_on_29_february_has_a_birthday_every_year"
    ),
    "1Panel/CordysCRM #54, #103: what is imported twice is there twice": (
        "earning/test_office.py::test_a_sheet_of_purchases_counts_each_receipt_once"
    ),
    "django-oscar #2101, #4612, saleor #544, yudao: check, then act; of a hundred coupons more are issued": (
        "coupons/test_races.py::test_of_a_hundred_coupons_two_hundred_wishes_get_exactly_a_hundred"
    ),
    "django-oscar #2101, saleor #544, shopware #11245: one coupon is used by whoever comes at the same time": (
        "coupons/test_races.py::test_a_coupon_tried_two_hundred_times_at_two_counters_is_used_once"
    ),
    "saleor #15855: a refund gives back what was never counted as used": (
        "coupons/test_stories.py::test_a_purchase_refunded_to_the_last_fen_gives_the_coupon_back_and_a_part_of_it_does_not"
    ),
    "yudao: the last of the stock is had by many": (
        "mall/test_races.py::test_two_hundred_want_the_last_one_and_one_has_it"
    ),
    "Open Loyalty #131: levels go by the balance, so who spends falls": (
        "levels/test_reviewing.py::test_level_after_spending_points_is_the_level_before"
    ),
    "ruoyi-vue-pro: a job nobody is signed in to sees all shops' rows": (
        "test_scope.py::test_a_model_that_says_nothing_cannot_be_used_at_all"
    ),
    "chatwoot #4158: a chat that is opened again goes back to the agent who has gone home": (
        "desk/test_ladder.py::test_the_ladder_is_the_shop_its_spares_the_branch_and_who_served_before"
    ),
    "chatwoot #10376: who waited while all were away waits for ever": (
        "desk/test_patience.py::test_a_long_line_elsewhere_hides_nobody_and_who_waits_for_nobody_is_taken_down"
    ),
    "Mautic #7881, #7338: whoever comes back is never, or always, taken in again": (
        "series/test_entering.py::test_a_return_enters_again_after_the_days_of_the_rule"
    ),
    "fast-poster: a long name with emoji is cut, or stops the poster": (
        "posters/test_words.py::test_no_name_however_strange_stops_a_poster"
    ),
    "fast-poster: a code that is drawn is not one that is read": (
        "posters/test_designs.py::test_forty_staff_each_get_their_own_code_on_a_small_poster"
    ),
}


PASSED_OVER = {"skip", "skipif", "xfail"}


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_a_bug_that_is_proven_elsewhere_still_is(place, request):
    file, name = place.split("::")
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    [found] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    inside = list(ast.walk(found))
    said = {node.attr for node in inside if isinstance(node, ast.Attribute)}
    whole = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }

    assert "raises" in said or any(isinstance(node, ast.Assert) for node in inside)
    assert said.isdisjoint(PASSED_OVER)
    assert "pytestmark" not in whole
    # Where the rest of its file is run, it is run; a race on every database there is.
    run = {item.nodeid for item in request.session.items}
    beside = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    } - {name}
    plain = {one.partition("[")[0] for one in run}
    if {f"tests/{file}::{one}" for one in beside} <= plain:
        each = [f"[{kind.id}]" for kind in kinds(os.environ.get("DATABASE_URLS", ""))]
        assert f"tests/{place}" in plain
        assert "/test_races.py" not in file or {f"tests/{place}{one}" for one in each} <= run


def test_who_has_too_little_gets_nothing_of_what_they_would_have_paid_for(counter: Counter):  # noqa: F811
    """ruoyi-vue-pro `createPointRecord`: short of points it logs and returns, and the order keeps its discount."""
    member = counter.member()
    counter.buy(member, 20, "A1")

    with pytest.raises(NotEnough), counter.db.transaction() as session:
        session.get_one(Purchase, 1).note = "以 50 积分抵扣"
        ledger.spend(session, member, 50, key="1", source="mall", reason="抵扣", now=NOON)

    assert counter.purchase("A1").note == ""
    assert counter.balance(member) == 20


def test_a_spend_that_names_an_order_is_not_let_through_for_it(counter: Counter):  # noqa: F811
    """Open Loyalty: spends with a `transactionId` pass by the check of the balance."""
    member = counter.member()
    counter.buy(member, 20, "A1")

    with pytest.raises(NotEnough), counter.db.transaction() as session:
        ledger.spend(
            session, member, 21, key="1", source="mall", reason="抵扣", reference="purchase:1", now=NOON
        )


def test_rules_that_gave_way_are_not_said_to_have_given(counter: Counter):  # noqa: F811
    """Open Loyalty `evaluateEvent`: the names of all beaten rules are written down as if they had paid."""
    member = counter.member(born=date(1990, 6, 1))
    counter.happen(member, Trigger.REGISTER)
    counter.happen(member, Trigger.BIRTHDAY)
    counter.buy(member, 120, "A1")

    with counter.db.reading() as session:
        given = [(row.reason, row.points, row.facts["rules"]) for row in session.scalars(select(PointEntry))]
        awards = {row.rule: row.points for row in session.scalars(select(EarningAward))}
        lots = [(row.cause, row.points) for row in session.scalars(select(PointLot))]
    assert given == [("注册礼", 100, {"register": 100}), ("生日礼", 100, {"birthday": 100})]
    assert awards == {"register": 0, "birthday": 200}
    assert lots == [("rule:register", 100), ("rule:birthday", 100)]


def test_two_who_become_one_and_two_again_have_what_they_had(counter: Counter):  # noqa: F811
    """Mautic `ContactMerger`: points are added up, the loser is deleted, and nothing can be taken apart again."""
    kept, merged = counter.member(), counter.member()
    counter.buy(kept, 100, "A1")
    counter.buy(merged, 60, "A2")
    with counter.db.transaction() as session:
        row = merging.merge(session, kept_id=kept, merged_id=merged, why="同一人", by="林", now=NOON)
        assert row is not None
        spent = ledger.spend(session, kept, 130, key="1", source="mall", reason="兑换", now=NOON)
        assert ledger.balance(session, merged, NOON).available == 30
        ledger.refund(session, spent.id, key="2", source="mall", reason="退货", now=NOON)
    counter.refund("A2", 20)  # of what was bought before, by who is another now

    with counter.db.transaction() as session:
        assert merging.unmerge(session, row.id, by="林", now=NOON)

    assert (counter.balance(kept), counter.balance(merged)) == (100, 40)
    with counter.db.reading() as session:
        assert session.get_one(Member, merged).merged_into_id is None
        assert reconciling.findings(session) == []
