"""A step as it stands in a version: when, for whom, and what is said.

`{"from": "trigger" or "before", "unit": "minutes", "hours" or "days", "n": 3,
"at": "10:00", "hours": ["09:00", "20:00"], "only": a document of bot.segments,
"answer": a document of bot.materials.documents}`.  `at` goes with days, all of
it is Shanghai's; what is not there does not count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bot.materials import documents
from bot.materials.documents import Answer

MOST = 12
UNITS: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after the trigger, or after the step before; with `at` on that day at that time (`HH:MM`)."""

    unit: str = "minutes"
    n: int = 0
    at: str | None = None
    from_trigger: bool = False

    @property
    def span(self) -> timedelta:
        """The delay without its time of day."""
        return UNITS[self.unit] * self.n


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a series. `hours` are those in which it may be said."""

    delay: Delay
    answer: Answer
    hours: tuple[str, str] | None = None
    only: Mapping[str, Any] | None = None


def read(document: Mapping[str, Any]) -> Step:
    """Return the step kept in `document`; raise `ValueError` where it is none."""
    unit, n, at = document.get("unit", "minutes"), document.get("n", 0), document.get("at")
    if unit not in UNITS or not isinstance(n, int) or n < 0 or UNITS[unit] * n > LONGEST:
        raise ValueError(f"{n!r} {unit!r}: minutes, hours or days up to {LONGEST.days} days")
    if at is not None and unit != "days":
        raise ValueError("a time of day goes with days")
    hours = document.get("hours")
    delay = Delay(unit, n, at, from_trigger=document.get("from") == "trigger")
    answer = documents.read(document["answer"])
    return Step(delay, answer, (hours[0], hours[1]) if hours else None, document.get("only") or None)


def read_all(found: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Return the steps of a version."""
    return tuple(read(one) for one in found)
