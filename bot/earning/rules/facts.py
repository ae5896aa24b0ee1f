"""What a book judges: one member's day, and what they had before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from bot.earning.rules.book import Trigger, Window


@dataclass(frozen=True, slots=True)
class Traveller:
    """What was known of the member when it happened; `circles` are marks of saved segments they fitted."""

    level: str = ""
    segments: frozenset[str] = frozenset()
    staff: bool = False
    birthday: bool = False
    lunar_birthday: bool = False
    circles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a purchase: pieces and what they came to (fen)."""

    sku: str
    category: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing that happened. `key` tells it from all others; a refunded purchase has what is left of it."""

    key: str
    trigger: Trigger
    at: datetime
    who: Traveller = field(default_factory=Traveller)
    event: str = ""
    shop_id: int | None = None
    amount: int = 0
    payment: str = ""
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """What a member had by a rule in a window, before this day."""

    times: int = 0
    points: int = 0


NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Facts:
    """A member's day. `ceilings` are the most a rule may give on it, where its budget is at an end."""

    day: date
    occasions: tuple[Occasion, ...]
    used: Mapping[tuple[str, Window], Used] = field(default_factory=lambda: NOTHING)
    ceilings: Mapping[str, int] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reckoning: what, and the figures and names that say it. Both go into JSON as they are."""

    what: str
    facts: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Line:
    """What a rule made of an occasion: the steps, and the points that count in the end."""

    rule: str
    name: str
    occasion: str
    points: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the day comes to, and why. `points` is the sum of the lines'."""

    points: int
    trace: tuple[Line, ...]

    def by_rule(self) -> dict[str, int]:
        """Return the points of each rule that gave any."""
        found: dict[str, int] = {}
        for line in self.trace:
            if line.points:
                found[line.rule] = found.get(line.rule, 0) + line.points
        return found

    def of(self, occasion: str) -> int:
        """Return what counts for one occasion."""
        return sum(line.points for line in self.trace if line.occasion == occasion)
