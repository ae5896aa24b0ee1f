"""Asking the rules as a message would, and having every other rule say why it is not its turn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.replies.conditions import Circumstances, WhyNot
from bot.replies.models import AutoReply, Trigger
from bot.replies.rules import Rule, RuleBook, book_of, books_of, compiled, normal, precedence


@dataclass(frozen=True, slots=True)
class Question:
    """What comes in: words, a button's key, or nothing but the event."""

    trigger: Trigger
    said: str
    account_id: int | None
    at: Circumstances


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule, and why it does not answer; None for the one that does."""

    row: AutoReply
    why_not: WhyNot | None


@dataclass(frozen=True, slots=True)
class Trial:
    """Which rule answers, and what all of that trigger say.

    With `is_default` nothing fitted, so the default rule answers, if there is one.
    """

    winner: Rule | None
    is_default: bool
    verdicts: tuple[Verdict, ...]


def look_up(book: RuleBook, question: Question) -> Rule | None:
    """Return the rule a handler would find."""
    if question.trigger is Trigger.FOLLOW:
        return book.on_follow(question.at)
    if question.trigger is Trigger.DEFAULT:
        return book.otherwise(question.at)
    if question.trigger is Trigger.EVENT_KEY:
        return book.by_event_key(question.said, question.at)
    return book.by_keyword(question.said, question.at)


def ask(rows: Iterable[AutoReply], question: Question) -> Trial:
    """Ask all `rows`, disabled ones included."""
    rows = sorted(rows, key=precedence)
    books: Mapping[int | None, RuleBook] = books_of(row for row in rows if row.enabled)
    book = book_of(books, question.account_id)
    winner = look_up(book, question)
    verdicts = tuple(
        Verdict(row, _why_not(row, question, winner)) for row in rows if row.trigger == question.trigger
    )
    falls = winner is None and question.trigger in {Trigger.KEYWORD, Trigger.EVENT_KEY}
    if falls:
        winner = book.otherwise(question.at)
    return Trial(winner, falls, verdicts)


def _why_not(row: AutoReply, question: Question, winner: Rule | None) -> WhyNot | None:
    if winner is not None and row.id == winner.id:
        return None
    rule = compiled(row)
    said = normal(question.said) if question.trigger is Trigger.KEYWORD else question.said
    if not rule.fits(said):
        return WhyNot.NO_MATCH
    if not row.enabled:
        return WhyNot.DISABLED
    if row.account_id not in {None, question.account_id}:
        return WhyNot.OTHER_ACCOUNT
    return rule.why_not(question.at) or WhyNot.LATER
