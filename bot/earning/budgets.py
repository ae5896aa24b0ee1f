"""What a rule may give to everybody: taken by conditional updates, so that no race gives more."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.earning.models import EarningBudget
from bot.earning.rules.book import Book

TOTAL = "total"


class _Short(Exception):
    def __init__(self, rule: str, left: int) -> None:
        super().__init__(rule, left)
        self.rule = rule
        self.left = left


def reserve(session: Session, book: Book, changes: Mapping[str, int], day: date) -> tuple[str, int] | None:
    """Take what the rules give more from their budgets, and put back what they give less.

    Either all of it is done, and None comes back; or nothing, and the first rule
    that has too little left comes back with how much that is.  Rows are taken in
    the order of their rules, and a rule without a budget has none.
    """
    moves = [
        (rule, span, points, most)
        for rule, points in sorted(changes.items())
        if points
        for span, most in _spans(book, rule, day)
    ]
    if not moves:
        return None
    try:
        with session.begin_nested():
            for rule, span, points, most in moves:
                _move(session, rule, span, points, most)
    except _Short as short:
        return short.rule, short.left
    return None


def spent(session: Session, rules: list[str]) -> dict[tuple[str, str], int]:
    """Return what these rules have given, by rule and span."""
    rows = session.execute(
        select(EarningBudget.rule, EarningBudget.span, EarningBudget.spent).where(
            EarningBudget.rule.in_(rules)
        )
    )
    return {(row.rule, row.span): row.spent for row in rows}


def _spans(book: Book, code: str, day: date) -> list[tuple[str, int]]:
    rule = book.rule(code)
    if rule is None:
        return []
    found = ((TOTAL, rule.budget.total), (day.isoformat(), rule.budget.daily))
    return [(span, most) for span, most in found if most is not None]


def _move(session: Session, rule: str, span: str, points: int, most: int) -> None:
    place = (EarningBudget.rule == rule) & (EarningBudget.span == span)
    fits = place & (EarningBudget.spent + points <= most) if points > 0 else place
    # Never below zero: a budget that came after the points has not been charged for them.
    kept = EarningBudget.spent + points
    change = update(EarningBudget).execution_options(synchronize_session=False)
    if points < 0:
        session.execute(change.where(place, kept < 0).values(spent=0))
        session.execute(change.where(place, EarningBudget.spent > 0, kept >= 0).values(spent=kept))
        return
    done: Any = session.execute(change.where(fits).values(spent=kept))
    if done.rowcount:
        return
    row = {"rule": rule, "span": span, "spent": 0}
    insert_where_free(session.connection(), table_of(EarningBudget), [row])
    done = session.execute(change.where(fits).values(spent=kept))
    if not done.rowcount:
        had = session.scalar(select(EarningBudget.spent).where(place)) or 0
        raise _Short(rule, max(0, most - had))
