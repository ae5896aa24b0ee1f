"""How what several rules would give comes together: the groups of a book, from the leaves up.

What competes are the members of a group, each with all it yields in the span:
a rule that pays for three purchases of a day counts with their sum.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.earning.rules.book import Group, Mode, Rule, Span, leaves
from bot.earning.rules.facts import Step

Place = tuple[str, str]  # a rule's code, an occasion's key
Awards = dict[Place, int]
Say = Callable[[Place, Step], None]


@dataclass(frozen=True, slots=True)
class Resolver:
    """Brings one day's awards together. `keys` are its occasions, the earliest first."""

    rules: Mapping[str, Rule]
    keys: Sequence[str]
    day: date
    say: Say

    def resolve(self, group: Group, found: Awards) -> Awards:
        """Return what is left of `found` after the group, and say why of each that is not."""
        if group.span is Span.DAY:
            return self._combine(group, found)
        left: Awards = {}
        for key in self.keys:
            left |= self._combine(
                group, {place: points for place, points in found.items() if place[1] == key}
            )
        return left

    def _combine(self, group: Group, found: Awards) -> Awards:
        parts = [part for member in group.members if (part := self._part(member, found))[1]]
        mode, campaign = group.during(self.day)
        if mode is Mode.STACK or len(parts) < 2:
            left = {place: points for _member, part in parts for place, points in part.items()}
        else:
            left = self._choose(group, mode, parts)
        if campaign and len(parts) > 1:
            for place in left:
                self.say(place, Step("campaign", {"campaign": campaign, "mode": mode.value}))
        return self._cut(group, left)

    def _part(self, member: str | Group, found: Awards) -> tuple[str | Group, Awards]:
        if isinstance(member, Group):
            held = set(leaves(member))
            return member, self.resolve(member, {place: n for place, n in found.items() if place[0] in held})
        return member, {place: points for place, points in found.items() if place[0] == member}

    def _choose(self, group: Group, mode: Mode, parts: list[tuple[str | Group, Awards]]) -> Awards:
        def rank(part: tuple[str | Group, Awards]) -> tuple[int, int, tuple[int, ...]]:
            member, awards = part
            priority = self._priority(member)
            worth = sum(awards.values()) if mode is Mode.LARGEST else 0
            return worth, priority, _backwards(_code(member))

        winner = max(parts, key=rank)
        said = {
            "by": self._name(winner[0]),
            "points": sum(winner[1].values()),
            "group": group.name,
        }
        what = "smaller" if mode is Mode.LARGEST else "later"
        for part in parts:
            if part is not winner:
                for place, points in part[1].items():
                    self.say(place, Step(what, {**said, "own": points}))
        return winner[1]

    def _cut(self, group: Group, found: Awards) -> Awards:
        """Hold to the group's cap; what happened first keeps its points."""
        if group.cap is None or sum(found.values()) <= group.cap:
            return found
        room, left = group.cap, {}
        for place in sorted(found, key=self._order):
            points = min(found[place], room)
            if points < found[place]:
                self.say(place, Step("group_cap", {"most": group.cap, "group": group.name, "points": points}))
            if points:
                left[place] = points
            room -= points
        return left

    def _order(self, place: Place) -> tuple[int, int, str]:
        return self.keys.index(place[1]), -self.rules[place[0]].priority, place[0]

    def _priority(self, member: str | Group) -> int:
        codes: Iterable[str] = [member] if isinstance(member, str) else leaves(member)
        return max((self.rules[code].priority for code in codes if code in self.rules), default=0)

    def _name(self, member: str | Group) -> str:
        return self.rules[member].name if isinstance(member, str) else member.name


def _code(member: str | Group) -> str:
    return member if isinstance(member, str) else member.code


def _backwards(code: str) -> tuple[int, ...]:
    """Order codes so that the first in the alphabet is the greatest."""
    return (*(-ord(letter) for letter in code), 1)
