"""What a book would have given for what happened, beside what another gives: before it is published.

Nothing is written but the batch's own row.  Each member's days are judged in
order, a slice of members at a time, with the facts as they were then and
purchases less what was refunded since.  Limits begin with the period; budgets
are not taken from, but what a rule would give beyond its budget is counted as cut.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.batches import work
from bot.batches.models import Batch, BatchState
from bot.coupons.terms import Circle
from bot.db import Database
from bot.earning import limits, occasions, travellers, versions
from bot.earning.models import EarningOccasion
from bot.earning.rules.book import Book, Window
from bot.earning.rules.evaluating import Judge
from bot.earning.rules.facts import Facts, Occasion, Used
from bot.earning.rules.reading import read
from bot.replica import Surveys
from bot.users.roles import Permission

KIND = "earning.replay"
MEMBERS = 200  # read at once
NOWHERE = "0"  # the shop of what happened in none


@dataclass(slots=True)
class Tried:
    """A book at work on one member after another; `given` is by rule and by shop, for all of them."""

    book: Book
    judge: Judge
    rules: dict[str, list[int]] = field(default_factory=dict)  # code: points, times
    shops: dict[str, int] = field(default_factory=dict)
    days: dict[str, dict[str, int]] = field(default_factory=dict)  # code: day: points, for daily budgets
    _had: dict[str, list[tuple[date, int, int]]] = field(default_factory=dict)
    _windows: dict[str, list[Window]] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> "Tried":
        """Return a book ready to be tried; raise `BadBook` if it is none."""
        book = read(definition)
        made = cls(book, Judge(book))
        made._windows = {rule.code: [one.window for one in rule.limits] for rule in book.rules if rule.limits}
        return made

    def begin_member(self) -> None:
        """Forget what the one before had."""
        self._had.clear()

    def judge_day(self, day: date, happened: tuple[Occasion, ...]) -> int:
        """Return what the member's day comes to, and count it."""
        outcome = self.judge.evaluate(
            Facts(day, happened, self._used(day)) if self._windows else Facts(day, happened)
        )
        if not outcome.points:
            return 0
        shops = {occasion.key: occasion.shop_id for occasion in happened}
        for line in outcome.trace:
            if not line.points:
                continue
            counted = self.rules.setdefault(line.rule, [0, 0])
            counted[0] += line.points
            counted[1] += 1
            shop = str(shops[line.occasion] or NOWHERE)
            self.shops[shop] = self.shops.get(shop, 0) + line.points
            if line.rule in self._windows:
                self._had.setdefault(line.rule, []).append((day, 1, line.points))
            self._count_day(line.rule, day, line.points)
        return outcome.points

    def _count_day(self, code: str, day: date, points: int) -> None:
        rule = self.book.rule(code)
        if rule is not None and rule.budget.daily is not None:
            found = self.days.setdefault(code, {})
            found[day.isoformat()] = found.get(day.isoformat(), 0) + points

    def _used(self, day: date) -> dict[tuple[str, Window], Used]:
        found = {}
        for code, had in self._had.items():
            for window in self._windows[code]:
                first, last = limits.span(window, day)
                inside = [(times, points) for when, times, points in had if first <= when <= last]
                found[code, window] = Used(sum(one[0] for one in inside), sum(one[1] for one in inside))
        return found


def begin(
    session: Session,
    *,
    definition: Mapping[str, Any],
    against: Mapping[str, Any],
    first: date,
    last: date,
    maker: Actor,
    now: datetime,
) -> Batch:
    """Begin trying a definition on what happened from `first` to `last`, beside `against`.

    Raise `BadBook` if either is none.  What is tried is kept in the batch: the draft may change meanwhile.
    """
    read(definition)
    read(against)
    total = session.scalar(
        select(func.count(EarningOccasion.id)).where(EarningOccasion.day.between(first, last))
    )
    return work.begin(
        session,
        kind=KIND,
        title=f"{first} – {last}",
        arguments={
            "definition": dict(definition),
            "against": dict(against),
            "first": first.isoformat(),
            "last": last.isoformat(),
        },
        total=total or 0,
        needs=Permission.EARNING_PUBLISH,
        maker=maker,
        now=now,
    )


def run(db: Database, surveys: Surveys, batch_id: int, *, now: datetime, seconds: float = work.SLICE) -> None:
    """Try the next members for some seconds; what was not committed is simply done again."""
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
    if batch is None:
        return
    new, old = (_resumed(batch, name) for name in ("definition", "against"))
    first, last = (date.fromisoformat(batch.arguments[name]) for name in ("first", "last"))
    after, members, done, over = batch.notes.get("after", 0), batch.notes.get("members", 0), 0, False
    until = time.monotonic() + seconds
    while not over and time.monotonic() < until:
        circles = {*new.book.circles, *old.book.circles}
        asked = partial(_next, after=after, first=first, last=last, circles=circles, now=now)
        keys, members_days = surveys.take_all(asked)
        for happened in members_days:
            new.begin_member()
            old.begin_member()
            for day, on_it in happened:
                new.judge_day(day, on_it)
                old.judge_day(day, on_it)
                done += len(on_it)
        over = not keys
        after, members = (keys[-1], members + len(keys)) if keys else (after, members)
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is None:
            return
        work.advance(batch, done=done)
        batch.notes = {"after": after, "members": members, "new": _kept(new), "old": _kept(old)}
        if over:
            batch.done = batch.total
            work.end(batch, BatchState.DONE, now=now)
        else:
            work.go_on(session, batch, now=now)


def cut_by_budgets(book: Book, found: Mapping[str, Any]) -> dict[str, int]:
    """Return by how much each rule would have gone beyond its budgets, which would have cut it."""
    cut: dict[str, int] = {}
    for rule in book.rules:
        points = found["rules"].get(rule.code, [0, 0])[0]
        over = 0
        if rule.budget.daily is not None:
            days = found["days"].get(rule.code, {})
            over = sum(max(0, given - rule.budget.daily) for given in days.values())
        if rule.budget.total is not None:
            over = max(over, points - rule.budget.total)
        if over > 0:
            cut[rule.code] = over
    return cut


def _next(
    session: Session, after: int, first: date, last: date, *, circles: Collection[Circle], now: datetime
) -> tuple[list[int], list[list[tuple[date, tuple[Occasion, ...]]]]]:
    """Return the next members, and the days of each with what happened on them."""
    keys = _members(session, after, first, last)
    return keys, list(_by_member(session, keys, first, last, circles=circles, now=now))


def _members(session: Session, after: int, first: date, last: date) -> list[int]:
    wanted = select(EarningOccasion.member_id).where(
        EarningOccasion.member_id > after, EarningOccasion.day.between(first, last)
    )
    ordered = wanted.distinct().order_by(EarningOccasion.member_id)
    return list(session.scalars(ordered.limit(MEMBERS)))


def _by_member(
    session: Session, keys: list[int], first: date, last: date, *, circles: Collection[Circle], now: datetime
) -> Iterator[list[tuple[date, tuple[Occasion, ...]]]]:
    """Yield each member's days in order, with what happened on them.

    Who fitted a segment that no rule asked for then, nobody knows: who fits it now counts as fitting. Where
    the version that judged it asked, what was found then stands.
    """
    if not keys:
        return
    wanted = select(EarningOccasion).where(
        EarningOccasion.member_id.in_(keys), EarningOccasion.day.between(first, last)
    )
    rows: Sequence[EarningOccasion] = session.scalars(
        wanted.order_by(EarningOccasion.member_id, EarningOccasion.day, EarningOccasion.id)
    ).all()
    left = {one.key: one for one in occasions.judged(session, rows)}
    fits = travellers.inside_each(session, circles, keys, now)
    asked = {one: _marks_asked(session, one) for one in {row.version_id for row in rows}}
    for member_id, theirs in groupby(rows, key=lambda row: row.member_id):
        now_in = fits[member_id]
        yield [
            (
                day,
                tuple(
                    _with(left[row.key], now_in - asked[row.version_id]) for row in on_it if row.key in left
                ),
            )
            for day, on_it in groupby(theirs, key=lambda row: row.day)
        ]
    session.expunge_all()


def _marks_asked(session: Session, version_id: int | None) -> frozenset[str]:
    """Return the marks of the segments that the version asked for; none where nothing judged."""
    if version_id is None:
        return frozenset()
    return frozenset(one.mark for one in versions.judges.of(session, version_id)[0].circles)


def _with(occasion: Occasion, circles: frozenset[str]) -> Occasion:
    who = replace(occasion.who, circles=occasion.who.circles | circles)
    return replace(occasion, who=who) if circles else occasion


def _resumed(batch: Batch, name: str) -> Tried:
    tried = Tried.of(batch.arguments[name])
    kept = batch.notes.get("new" if name == "definition" else "old")
    if kept:
        tried.rules, tried.shops, tried.days = kept["rules"], kept["shops"], kept["days"]
    return tried


def _kept(tried: Tried) -> dict[str, Any]:
    return {"rules": tried.rules, "shops": tried.shops, "days": tried.days}
