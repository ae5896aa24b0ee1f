"""Which rule answers: the rules of the database, compiled once and remembered by every process.

Regular expressions are RE2's, whose time grows with the length of the text and
nothing else: no pattern an operator writes can make a message wait.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import re2
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered, bump
from bot.replies.models import AutoReply, Match, Trigger
from bot.wechat.replies import Reply, from_document

RANK = {Match.EXACT: 0, Match.CONTAINS: 1, Match.REGEX: 2}
PATTERN_MEMORY = 1 << 20


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to answer."""

    id: int
    title: str
    reply: Reply | None
    follow_ups: tuple[Reply, ...]


class RuleBook:
    """The rules of one account, in the order in which they are asked."""

    def __init__(self, rows: Iterable[AutoReply]) -> None:
        self._follow: Rule | None = None
        self._default: Rule | None = None
        self._event_keys: dict[str, Rule] = {}
        self._exact: dict[str, tuple[int, Rule]] = {}
        self._searched: list[tuple[int, Callable[[str], bool], Rule]] = []
        for place, row in enumerate(sorted(rows, key=_precedence)):
            self._add(place, row)

    def on_follow(self) -> Rule | None:
        """Return the rule that greets a new follower."""
        return self._follow

    def otherwise(self) -> Rule | None:
        """Return the rule for what nothing else answers."""
        return self._default

    def by_event_key(self, key: str) -> Rule | None:
        """Return the rule for a menu button's key."""
        return self._event_keys.get(key)

    def by_keyword(self, text: str) -> Rule | None:
        """Return the rule that answers `text`.

        Case, full-width forms and surrounding space do not count. Higher
        priority wins; among equals exact words before contained ones before
        patterns, then the older rule.
        """
        words = normal(text)
        place, found = self._exact.get(words, (None, None))
        for other, matches, rule in self._searched:
            if place is not None and other > place:
                break
            if matches(words):
                return rule
        return found

    def _add(self, place: int, row: AutoReply) -> None:
        rule = Rule(
            row.id,
            row.title,
            from_document(row.reply) if row.reply else None,
            tuple(from_document(document) for document in row.follow_ups),
        )
        if row.trigger == Trigger.FOLLOW:
            self._follow = self._follow or rule
        elif row.trigger == Trigger.DEFAULT:
            self._default = self._default or rule
        elif row.trigger == Trigger.EVENT_KEY:
            for word in row.words:
                self._event_keys.setdefault(word, rule)
        elif row.match == Match.EXACT:
            for word in row.words:
                self._exact.setdefault(normal(word), (place, rule))
        else:
            self._searched.extend((place, _searcher(row.match, word), rule) for word in row.words)


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

    Raise `ValueError` for a pattern or a reply that cannot be used; nothing is saved then.
    """
    if rule.trigger == Trigger.KEYWORD and rule.match == Match.REGEX:
        for word in rule.words:
            check_pattern(word)
    for document in [*([rule.reply] if rule.reply else []), *rule.follow_ups]:
        from_document(document)
    session.add(rule)
    bump(session, "replies")


def load(session: Session) -> Mapping[int | None, RuleBook]:
    """Return the rule book of every account that has rules of its own; None is the one of all others."""
    rows = session.scalars(select(AutoReply).where(AutoReply.enabled)).all()
    shared = [row for row in rows if row.account_id is None]
    accounts = {row.account_id for row in rows if row.account_id is not None}
    books: dict[int | None, RuleBook] = {None: RuleBook(shared)}
    for account_id in accounts:
        books[account_id] = RuleBook([row for row in rows if row.account_id in {None, account_id}])
    return books


RULES: Remembered[Mapping[int | None, RuleBook]] = Remembered("replies", load)


def _precedence(row: AutoReply) -> tuple[int, int, int, int]:
    """Order rules: priority, then an account's own before shared ones, then kind of match, then age."""
    return (-row.priority, 0 if row.account_id is not None else 1, RANK[Match(row.match)], row.id)


def _searcher(match: str, word: str) -> Callable[[str], bool]:
    if match == Match.CONTAINS:
        wanted = normal(word)
        return lambda text: wanted in text
    pattern = _compiled(word)
    return lambda text: pattern.search(text) is not None


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY
    return re2.compile(pattern, options)
