"""Which rule answers."""

import time

import pytest

from bot.replies import rules
from bot.replies.models import AutoReply
from bot.replies.rules import RuleBook
from tests import make


def rule(number: int, *words: str, match: str = "exact", **more: object) -> AutoReply:
    facts = {
        "id": number,
        "account_id": None,
        "title": str(number),
        "trigger": "keyword",
        "match": match,
        "words": list(words),
        "reply": {"type": "text", "content": str(number)},
        "follow_ups": [],
        "priority": 0,
        "enabled": True,
    }
    return AutoReply(**{**facts, **more})


def answer(book: RuleBook, text: str) -> int | None:
    found = book.by_keyword(text)
    return found.id if found else None


@pytest.mark.parametrize("text", ["WiFi", " wifi ", "ＷＩＦＩ", "WIFI\n"])
def test_case_width_and_space_do_not_count(text):
    assert answer(RuleBook([rule(1, "wifi")]), text) == 1


def test_a_contained_word_is_found_in_the_message_and_not_the_other_way_round():
    book = RuleBook([rule(1, "退改签", match="contains")])

    assert answer(book, "请问退改签怎么收费") == 1
    assert answer(book, "退") is None


def test_a_pattern_is_searched_for():
    book = RuleBook([rule(1, r"\b[A-Z]{2}\d{6}\b", match="regex")])

    assert answer(book, "我的订单是ab123456谢谢") == 1
    assert answer(book, "xab123456") is None


def test_the_higher_priority_wins_whatever_the_kind_of_match():
    exact, contains = rule(1, "价格"), rule(2, "价格", match="contains", priority=5)

    assert answer(RuleBook([exact, contains]), "价格") == 2


def test_among_equals_exact_beats_contained_beats_pattern_and_the_older_rule_beats_the_newer():
    book = [rule(1, "价.", match="regex"), rule(2, "价", match="contains"), rule(4, "价格"), rule(3, "价格")]

    assert answer(RuleBook(book), "价格") == 3
    assert answer(RuleBook(book[:2]), "价格") == 2
    assert answer(RuleBook(book[:1]), "价格") == 1


def test_an_accounts_own_rule_comes_before_a_shared_one():
    assert answer(RuleBook([rule(1, "价格"), rule(2, "价格", account_id=1)]), "价格") == 2


def test_each_account_answers_by_its_own_rules_and_the_shared_ones(db):
    from bot.accounts.register import enrol

    with db.transaction() as session:
        ids = enrol(session, [make.account("a"), make.account("b")])
    make.rule(db, words=["共用"], content="共用")
    make.rule(db, words=["自用"], content="自用", account_id=ids["a"])
    make.rule(db, words=["停用"], content="停用", enabled=False)

    with db.reading() as session:
        books = rules.load(session)

    assert books[ids["a"]].by_keyword("自用")
    assert books[ids["a"]].by_keyword("共用")
    assert ids["b"] not in books
    assert books[None].by_keyword("共用")
    assert not books[None].by_keyword("停用")


def test_a_pattern_that_would_run_away_elsewhere_does_not_here():
    book = RuleBook([rule(1, r"(a+)+$", match="regex"), rule(2, r"(.*a){20}b", match="regex")])
    began = time.perf_counter()

    assert answer(book, "a" * 2000 + "!") is None
    assert time.perf_counter() - began < 1  # a backtracking engine needs longer than the universe has


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=x)", "a{5000}"])
def test_a_pattern_that_cannot_be_used_is_refused_when_it_is_saved(db, pattern):
    with pytest.raises(ValueError, match="pattern"):
        make.rule(db, match="regex", words=[pattern], content="x")


def test_a_reply_that_cannot_be_sent_is_refused_when_it_is_saved(db):
    with pytest.raises(ValueError, match="unknown reply type"):
        make.rule(db, words=["x"], reply={"type": "hologram"})
