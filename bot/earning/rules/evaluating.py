"""Judging a member's day by a book: candidates, limits, groups; and the trace of it all.

No input or output: the same facts and the same book are the same outcome,
whatever order rules and occasions are given in.
"""

from datetime import datetime

from bot.earning.rules.book import Book, Rule, Trigger
from bot.earning.rules.facts import Facts, Line, Occasion, Outcome, Step, Used
from bot.earning.rules.reckoning import is_birthday, lacks, reckon
from bot.earning.rules.tree import Awards, Place, Resolver


class Judge:
    """A book made ready to judge many days."""

    def __init__(self, book: Book) -> None:
        self._rules = {rule.code: rule for rule in book.rules}
        self._tree = book.tree
        self._by_trigger: dict[Trigger, list[Rule]] = {}
        for rule in sorted(book.rules, key=lambda rule: (-rule.priority, rule.code)):
            self._by_trigger.setdefault(rule.trigger, []).append(rule)

    def evaluate(self, facts: Facts) -> Outcome:
        """Return what the day comes to, and the line of every rule that was asked."""
        occasions = sorted(facts.occasions, key=_came)
        steps: dict[Place, list[Step]] = {}
        found: Awards = {}
        given: dict[str, Used] = {}
        for occasion in occasions:
            for rule in self._by_trigger.get(occasion.trigger, ()):
                if _is_asked(rule, occasion):
                    place = (rule.code, occasion.key)
                    said = steps[place] = []
                    points = _candidate(rule, occasion, facts, given, said)
                    if points:
                        found[place] = points
        keys = [occasion.key for occasion in occasions]
        resolver = Resolver(self._rules, keys, facts.day, lambda place, step: steps[place].append(step))
        left = resolver.resolve(self._tree, found)
        for (code, key), points in left.items():
            if points and self._rules[code].coupon is not None:
                steps[code, key].append(_coupon(self._rules[code]))
        lines = tuple(
            Line(code, self._rules[code].name, key, left.get((code, key), 0), tuple(said))
            for (code, key), said in steps.items()
        )
        return Outcome(sum(left.values()), lines)


def evaluate(facts: Facts, book: Book) -> Outcome:
    """Return what the day comes to by the book; for many days make one `Judge`."""
    return Judge(book).evaluate(facts)


def _came(occasion: Occasion) -> tuple[datetime, int, str]:
    # Of one moment, by number: as text, `purchase:10` would come before `purchase:9` and take its points.
    return occasion.at, len(occasion.key), occasion.key


def _is_asked(rule: Rule, occasion: Occasion) -> bool:
    if rule.trigger is Trigger.CUSTOM:
        return rule.event == occasion.event
    return rule.trigger is not Trigger.BIRTHDAY or is_birthday(rule, occasion)


def _candidate(
    rule: Rule, occasion: Occasion, facts: Facts, given: dict[str, Used], steps: list[Step]
) -> int:
    missing = lacks(rule, occasion, facts.day)
    if missing is not None:
        steps.append(missing)
        return 0
    if rule.gives_only_a_coupon:
        steps.append(_coupon(rule))
        return 0
    points = reckon(rule, occasion, facts.day, steps)
    if points <= 0:
        steps.append(Step("nothing"))
        return 0
    today = given.get(rule.code, Used())
    points = _within_limits(rule, points, facts, today, steps)
    ceiling = facts.ceilings.get(rule.code)
    if ceiling is not None and points > ceiling - today.points:
        points = max(0, ceiling - today.points)
        steps.append(Step("budget", {"points": points}))
    if points:
        given[rule.code] = Used(today.times + 1, today.points + points)
    return points


def _coupon(rule: Rule) -> Step:
    return Step("coupon", {"template": rule.coupon})


def _within_limits(rule: Rule, points: int, facts: Facts, today: Used, steps: list[Step]) -> int:
    for limit in rule.limits:
        before = facts.used.get((rule.code, limit.window), Used())
        said = {"window": limit.window.value, "times": limit.times, "most": limit.points}
        if limit.times is not None and before.times + today.times >= limit.times:
            steps.append(Step("times", said))
            return 0
        if limit.points is not None and points > (room := limit.points - before.points - today.points):
            points = max(0, room)
            steps.append(Step("limit", {**said, "points": points}))
    return points
