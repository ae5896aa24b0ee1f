"""Rules for a saved segment: who fits is asked when it happens, and remembered for refunds."""

from dataclasses import replace
from datetime import date, timedelta

import orjson
import pytest
from sqlalchemy import update

from bot.audit import Actor
from bot.batches.models import Batch
from bot.config import DatabaseConfig
from bot.coupons.terms import Circle
from bot.earning import replay
from bot.earning.rules import reading, writing
from bot.earning.rules.book import Book, Conditions
from bot.fans.models import Fan
from bot.replica import Surveys
from tests.earning.books import PURCHASE, fixed
from tests.earning.conftest import NOON, Counter
from tests.support.statements import statements_of

TALKATIVE = {"all": [{"field": "messages", "ask": "at_least", "value": 3}]}
CIRCLE = Circle(7, "常来信的", orjson.dumps(TALKATIVE).decode())
RULE = replace(PURCHASE, code="loyal", name="老友加赠", award=fixed(30), when=Conditions(circle=CIRCLE))


def fan(counter: Counter, member: int, *, messages: int) -> int:
    with counter.db.transaction() as session:
        row = Fan(
            account_id=1,
            openid=f"o{member}",
            standing="following",
            created_at=counter.now,
            follow_count=1,
            message_count=messages,
            member_id=member,
        )
        session.add(row)
        session.flush()
        return row.id


def test_a_rule_for_a_segment_gives_to_who_fits_it_and_a_refund_goes_by_what_was_then(counter: Counter):
    counter.publish(Book((RULE,)), at=NOON - timedelta(days=1))
    anna, bob, nobody = (counter.member() for _ in range(3))
    of_anna = fan(counter, anna, messages=3)
    fan(counter, bob, messages=2)
    for number, member in enumerate((anna, bob, nobody)):
        counter.buy(member, 100, f"{number}")
    assert [counter.balance(one) for one in (anna, bob, nobody)] == [30, 0, 0]

    with counter.db.transaction() as session:
        session.execute(update(Fan).where(Fan.id == of_anna).values(message_count=0))
    counter.refund("0", 40)
    assert counter.balance(anna) == 30
    counter.buy(anna, 100, "later")
    assert counter.balance(anna) == 30


def test_it_survives_being_written_and_what_are_no_conditions_is_refused():
    book = Book((RULE,))
    assert reading.read(writing.write(book)) == book
    for wrong in ("", "[]", '{"all": [{"field": "shoe size"}]}', None, TALKATIVE):
        definition = writing.write(book)
        definition["rules"][0]["when"]["circle"]["conditions"] = wrong
        with pytest.raises(reading.BadBook, match="conditions"):
            reading.read(definition)


def replayed(counter: Counter, new: Book, old: Book) -> tuple[dict, dict]:
    """Return what each book gave by its rules, over May and June."""
    with counter.db.transaction() as session:
        batch = replay.begin(
            session,
            definition=writing.write(new),
            against=writing.write(old),
            first=date(2026, 5, 1),
            last=date(2026, 6, 30),
            maker=Actor("林", 1),
            now=counter.now,
        ).id
    surveys = Surveys(counter.db, DatabaseConfig())
    for _turn in range(3):
        replay.run(counter.db, surveys, batch, now=counter.now)
    with counter.db.reading() as session:
        notes = session.get_one(Batch, batch).notes
    return notes["new"]["rules"], notes["old"]["rules"]


def test_a_replay_asks_who_fits_now_for_nobody_knows_who_did(counter: Counter):
    counter.publish(Book((PURCHASE,)), at=NOON - timedelta(days=5))
    anna, bob = counter.member(), counter.member()
    fan(counter, anna, messages=5)
    counter.buy(anna, 100, "1")
    counter.buy(bob, 100, "2")

    assert replayed(counter, Book((RULE,)), Book((PURCHASE,))) == ({"loyal": [30, 1]}, {"purchase": [200, 2]})


def test_a_replay_goes_by_who_fitted_where_the_version_then_asked(counter: Counter):
    book = Book((RULE,))
    counter.publish(book, at=NOON - timedelta(days=5))
    anna, bob = counter.member(), counter.member()
    of_anna, of_bob = (fan(counter, one, messages=number) for one, number in ((anna, 3), (bob, 0)))
    counter.buy(anna, 100, "1")
    counter.buy(bob, 100, "2")
    with counter.db.transaction() as session:  # since then they have changed places
        session.execute(update(Fan).where(Fan.id == of_anna).values(message_count=0))
        session.execute(update(Fan).where(Fan.id == of_bob).values(message_count=9))

    assert replayed(counter, book, book) == ({"loyal": [30, 1]}, {"loyal": [30, 1]})


def test_a_replay_asks_once_for_all_members_who_fits(counter: Counter):
    counter.publish(Book((PURCHASE,)), at=NOON - timedelta(days=5))
    for number in range(4):
        fan(counter, member := counter.member(), messages=5)
        counter.buy(member, 100, str(number))

    with statements_of(counter.db) as said:
        found, _old = replayed(counter, Book((RULE,)), Book((PURCHASE,)))

    assert found == {"loyal": [120, 4]}
    assert sum("fan.message_count >=" in one for one in said) == 1
