"""Which rule answers: the rules of the database, compiled once and remembered by every process.

Regular expressions are RE2's, whose time grows with the length of the text and
nothing else: no pattern an operator writes can make a message wait.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import re2
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered, bump
from bot.materials import documents, uses
from bot.materials.documents import Answer
from bot.replies.conditions import ANYWHERE, Circumstances, Condition, WhyNot
from bot.replies.models import AutoReply, Choosing, Match, ReplyHits, Trigger

RANK = {Match.EXACT: 0, Match.CONTAINS: 1, Match.REGEX: 2}
PATTERN_MEMORY = 1 << 20
Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to answer. `fits` compares `normal` words, or an event's key as it is."""

    id: int
    title: str
    answers: tuple[Answer, ...]
    choosing: str
    follow_ups: tuple[Answer, ...]
    condition: Condition | None
    fits: Fits
    notify_desk: bool = False
    asks_helped: bool = False

    @property
    def reply(self) -> Answer | None:
        """The first of the answers; None if the rule says nothing at first."""
        return self.answers[0] if self.answers else None

    def why_not(self, at: Circumstances) -> WhyNot | None:
        """Return what keeps the rule from answering, whatever was said; None if nothing does."""
        return self.condition.why_not(at) if self.condition is not None else None


class RuleBook:
    """The rules of one account, in the order in which they are asked."""

    def __init__(self, rows: Iterable[AutoReply]) -> None:
        self._follow: list[Rule] = []
        self._default: list[Rule] = []
        self._event_keys: dict[str, list[Rule]] = {}
        self._exact: dict[str, list[tuple[int, Rule]]] = {}
        self._searched: list[tuple[int, Fits, Rule]] = []
        for place, row in enumerate(sorted(rows, key=precedence)):
            self._add(place, row)

    def on_follow(self, at: Circumstances = ANYWHERE) -> Rule | None:
        """Return the rule that greets a new follower."""
        return _first(self._follow, at)

    def otherwise(self, at: Circumstances = ANYWHERE) -> Rule | None:
        """Return the rule for what nothing else answers."""
        return _first(self._default, at)

    def by_event_key(self, key: str, at: Circumstances = ANYWHERE) -> Rule | None:
        """Return the rule for a menu button's key."""
        return _first(self._event_keys.get(key, ()), at)

    def by_keyword(self, text: str, at: Circumstances = ANYWHERE) -> Rule | None:
        """Return the rule that answers `text`.

        Case, full-width forms and surrounding space do not count. Rules of the
        fan's last code come first, then those of their shop, then the higher priority; among
        equals an account's own before shared ones, exact words before
        contained ones before patterns, then the older rule.
        """
        words = normal(text)
        place, found = None, None
        for candidate, rule in self._exact.get(words, ()):
            if rule.condition is None or rule.condition.why_not(at) is None:
                place, found = candidate, rule
                break
        for other, fits, rule in self._searched:
            if place is not None and other > place:
                break
            if (rule.condition is None or rule.condition.why_not(at) is None) and fits(words):
                return rule
        return found

    def _add(self, place: int, row: AutoReply) -> None:
        rule = compiled(row)
        if row.trigger == Trigger.FOLLOW:
            self._follow.append(rule)
        elif row.trigger == Trigger.DEFAULT:
            self._default.append(rule)
        elif row.trigger == Trigger.EVENT_KEY:
            for word in dict.fromkeys(row.words):
                self._event_keys.setdefault(word, []).append(rule)
        elif row.match == Match.EXACT:
            for word in {normal(word) for word in row.words}:
                self._exact.setdefault(word, []).append((place, rule))
        else:
            self._searched.append((place, rule.fits, rule))


def compiled(row: AutoReply) -> Rule:
    """Return the rule that `row` describes."""
    answers = [row.reply, *(row.variants or [])] if row.reply else []
    condition = Condition(
        row.shop_id,
        row.channel_id,
        row.weekdays,
        row.from_time,
        row.until_time,
        row.valid_from,
        row.valid_until,
    )
    return Rule(
        row.id,
        row.title,
        tuple(documents.read(document) for document in answers),
        row.choosing or Choosing.RANDOM,
        tuple(documents.read(document) for document in row.follow_ups),
        None if condition.is_none else condition,
        _fits(row),
        bool(row.notify_desk),
        bool(row.asks_helped),
    )


def normal(text: str) -> str:
    """Return `text` as keywords are compared: half-width, lower case, no space around."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def check_pattern(pattern: str) -> None:
    """Raise `ValueError`, saying why, if RE2 does not take `pattern`."""
    try:
        _compiled(pattern)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(
            f"pattern {pattern!r}: {reason}; backreferences and look-around are not available"
        ) from None


def save(session: Session, rule: AutoReply) -> None:
    """Add or update `rule`, and have every process answer by it within a second.

    Raise `ValueError` for a pattern, a reply or a material that cannot be used; nothing is saved then.
    """
    if rule.trigger == Trigger.KEYWORD and rule.match == Match.REGEX:
        for word in rule.words:
            check_pattern(word)
    said = [*([rule.reply] if rule.reply else []), *(rule.variants or []), *rule.follow_ups]
    for document in said:
        documents.read(document)
    session.add(rule)
    session.flush()
    user = uses.User("auto_reply", rule.id, rule.title, rule.account_id)
    uses.put(session, user, documents.named(*said))
    bump(session, "replies")


def remove(session: Session, rule: AutoReply) -> None:
    """Delete `rule` with its hits, and have no process answer by it a second later."""
    session.execute(delete(ReplyHits).where(ReplyHits.rule_id == rule.id))
    uses.drop(session, "auto_reply", rule.id)
    session.delete(rule)
    bump(session, "replies")


def load(session: Session) -> Mapping[int | None, RuleBook]:
    """Return the rule book of every account that has rules of its own; None is the one of all others."""
    return books_of(session.scalars(select(AutoReply).where(AutoReply.enabled)).all())


def books_of(rows: Iterable[AutoReply]) -> Mapping[int | None, RuleBook]:
    """Return what `load` does, of rows that are enabled."""
    rows = list(rows)
    shared = [row for row in rows if row.account_id is None]
    accounts = {row.account_id for row in rows if row.account_id is not None}
    books: dict[int | None, RuleBook] = {None: RuleBook(shared)}
    for account_id in accounts:
        books[account_id] = RuleBook([row for row in rows if row.account_id in {None, account_id}])
    return books


def book_of(books: Mapping[int | None, RuleBook], account_id: int | None) -> RuleBook:
    """Return the book an account answers by."""
    return books.get(account_id) or books.get(None) or RuleBook([])


RULES: Remembered[Mapping[int | None, RuleBook]] = Remembered("replies", load)


def nearness(row: AutoReply) -> int:
    """Tell whose rule it is: 0 that of a code, 1 that of a shop, 2 everybody's; the nearer is asked first."""
    if row.channel_id is not None:
        return 0
    return 1 if row.shop_id is not None else 2


def precedence(row: AutoReply) -> tuple[int, int, int, int, int]:
    """Order rules: how near, priority, an account's own before shared ones, kind of match, age."""
    return (
        nearness(row),
        -row.priority,
        0 if row.account_id is not None else 1,
        RANK[Match(row.match)],
        row.id,
    )


def _first(rules: Iterable[Rule], at: Circumstances) -> Rule | None:
    return next((rule for rule in rules if rule.why_not(at) is None), None)


def _fits(row: AutoReply) -> Fits:
    if row.trigger in {Trigger.FOLLOW, Trigger.DEFAULT}:
        return lambda _text: True
    if row.trigger == Trigger.EVENT_KEY:
        return frozenset(row.words).__contains__
    if row.match == Match.EXACT:
        return frozenset(normal(word) for word in row.words).__contains__
    if row.match == Match.CONTAINS:
        wanted = [normal(word) for word in row.words]
        return lambda text: any(word in text for word in wanted)
    patterns = [_compiled(word) for word in row.words]
    return lambda text: any(pattern.search(text) is not None for pattern in patterns)


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY
    return re2.compile(pattern, options)
