"""A ladder of levels as it is written down, and what it says of a score or a day; no database is asked."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from bot.errors import YizhanError

BASE: Final = "base"  # the key of the lowest level in every version: who has no row is on it
KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MOST_LEVELS: Final = 8
MOST_SCORE: Final = 100_000_000_00
MOST_DAYS: Final = 180
MOST_BENEFITS: Final = 12
LONGEST_NAME: Final = 16
LONGEST_TEXT: Final = 60


class Measure(enum.StrEnum):
    """What is added up: points that were earned, or money that was spent (fen)."""

    POINTS = "points"
    SPEND = "spend"


class Period(enum.StrEnum):
    """Over which days, always from a midnight of Shanghai.

    A rolling year counts the last twelve months, and a level holds for twelve
    from the day it was reached.  The others begin for all on the first of
    January, or for each on the day they joined.
    """

    ROLLING = "rolling"
    CALENDAR = "calendar"
    MEMBERSHIP = "membership"


class Colour(enum.StrEnum):
    """How a level's card looks."""

    PINE = "pine"
    SILVER = "silver"
    GOLD = "gold"
    NIGHT = "night"
    SEA = "sea"
    BERRY = "berry"


@dataclass(frozen=True, slots=True)
class Level:
    """One level: from `threshold` on, with what it gives in words, and what is said on a birthday."""

    key: str
    name: str
    threshold: int
    colour: Colour = Colour.PINE
    benefits: tuple[str, ...] = ()
    birthday: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels from the lowest up. `notice_days` before a period ends who would fall is told so."""

    measure: Measure
    period: Period
    levels: tuple[Level, ...]
    grace_days: int = 30
    notice_days: int = 30

    def level(self, key: str) -> Level | None:
        """Return the level of that key."""
        return next((one for one in self.levels if one.key == key), None)

    def rank(self, key: str) -> int:
        """Return how high the level stands, from 0; -1 for one that is not on this ladder."""
        return next((place for place, one in enumerate(self.levels) if one.key == key), -1)

    def reached(self, score: int) -> Level:
        """Return the highest level for that score."""
        return next((one for one in reversed(self.levels) if score >= one.threshold), self.levels[0])

    def above(self, key: str) -> Level | None:
        """Return the level one step up; None from the highest."""
        place = self.rank(key) + 1
        return self.levels[place] if place < len(self.levels) else None

    def below(self, key: str) -> Level:
        """Return the level one step down, or the lowest."""
        return self.levels[max(self.rank(key) - 1, 0)]

    def here(self, key: str, was: "Ladder | None") -> str:
        """Return the key, or where a level that is gone leads: the next below it on the ladder it was on."""
        if self.rank(key) >= 0 or was is None:
            return key if self.rank(key) >= 0 else BASE
        lower = was.levels[: max(was.rank(key), 0)]
        return next((one.key for one in reversed(lower) if self.rank(one.key) >= 0), BASE)

    def counted(self, today: date, joined: date) -> tuple[date, date]:
        """Return the days (first, and the one after the last) whose score decides what is reached today."""
        if self.period is Period.ROLLING:
            return year_on(today + timedelta(days=1), -1), today + timedelta(days=1)
        return self.spell(today, joined)

    def spell(self, day: date, joined: date) -> tuple[date, date]:
        """Return the days for which a level holds that was reached, or kept, on `day`."""
        if self.period is Period.ROLLING:
            return day, year_on(day)
        first = date(day.year, 1, 1)
        if self.period is Period.MEMBERSHIP:
            first = year_on(joined, day.year - joined.year)
            if first > day:
                first = year_on(joined, day.year - joined.year - 1)
            return first, year_on(joined, first.year - joined.year + 1)
        return first, date(day.year + 1, 1, 1)


def year_on(day: date, years: int = 1) -> date:
    """Return the same day so many years on; of 29 February, the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where: `place` is a field, or `level2.name`; `code` a constant word, `facts` for it."""

    place: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class BadLadder(YizhanError):
    """The writer's move: this is no ladder. `problems` are never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.place}: {one.code}" for one in problems))
        self.problems = problems


def write(ladder: Ladder) -> dict[str, Any]:
    """Return the ladder as JSON."""
    return {
        "measure": ladder.measure.value,
        "period": ladder.period.value,
        "grace_days": ladder.grace_days,
        "notice_days": ladder.notice_days,
        "levels": [
            {
                "key": one.key,
                "name": one.name,
                "threshold": one.threshold,
                "colour": one.colour.value,
                "benefits": list(one.benefits),
                "birthday": one.birthday,
            }
            for one in ladder.levels
        ],
    }


def read(definition: Mapping[str, Any]) -> Ladder:
    """Return the ladder of its definition; raise `BadLadder` with everything that is wrong in it."""
    problems: list[Problem] = []
    rows = definition.get("levels")
    rows = rows if isinstance(rows, list) else []
    if not 2 <= len(rows) <= MOST_LEVELS:
        problems.append(Problem("levels", "how_many", {"most": MOST_LEVELS}))
    levels = tuple(_level(row, f"level{place}", problems) for place, row in enumerate(rows, 1))
    _order(levels, problems)
    found = Ladder(
        measure=_choice(definition, "measure", Measure.SPEND, problems),
        period=_choice(definition, "period", Period.ROLLING, problems),
        levels=levels,
        grace_days=_whole(definition, "grace_days", "grace_days", MOST_DAYS, problems),
        notice_days=_whole(definition, "notice_days", "notice_days", MOST_DAYS, problems),
    )
    if problems:
        raise BadLadder(problems)
    return found


def _level(row: Mapping[str, Any], place: str, problems: list[Problem]) -> Level:
    row = row if isinstance(row, Mapping) else {}
    key, name = str(row.get("key", "")), str(row.get("name", "")).strip()
    if not KEY.fullmatch(key):
        problems.append(Problem(f"{place}.key", "bad_key"))
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(Problem(f"{place}.name", "bad_name", {"most": LONGEST_NAME}))
    said = row.get("benefits", [])
    benefits = tuple(str(one).strip() for one in said if str(one).strip()) if isinstance(said, list) else ()
    birthday = str(row.get("birthday", "")).strip()
    if (
        not isinstance(said, list)
        or len(benefits) > MOST_BENEFITS
        or any(len(one) > LONGEST_TEXT for one in benefits)
    ):
        problems.append(
            Problem(f"{place}.benefits", "bad_benefits", {"most": MOST_BENEFITS, "longest": LONGEST_TEXT})
        )
    if len(birthday) > LONGEST_TEXT:
        problems.append(Problem(f"{place}.birthday", "too_long", {"longest": LONGEST_TEXT}))
    return Level(
        key=key,
        name=name,
        threshold=_whole(row, "threshold", f"{place}.threshold", MOST_SCORE, problems),
        colour=_choice(row, "colour", Colour.PINE, problems, f"{place}.colour"),
        benefits=benefits,
        birthday=birthday,
    )


def _order(levels: tuple[Level, ...], problems: list[Problem]) -> None:
    if levels and levels[0].key != BASE:
        problems.append(Problem("level1.key", "no_base", {"key": BASE}))
    if levels and levels[0].threshold:
        problems.append(Problem("level1.threshold", "not_zero"))
    seen: dict[str, set[str]] = {"key": set(), "name": set()}
    for place, one in enumerate(levels, 1):
        for what, value in (("key", one.key), ("name", one.name)):
            if value in seen[what]:
                problems.append(Problem(f"level{place}.{what}", "twice"))
            seen[what].add(value)
        if place > 1 and one.threshold <= levels[place - 2].threshold:
            problems.append(Problem(f"level{place}.threshold", "not_higher"))


def _whole(row: Mapping[str, Any], name: str, place: str, most: int, problems: list[Problem]) -> int:
    value = row.get(name, 0)
    if type(value) is not int or not 0 <= value <= most:
        problems.append(Problem(place, "bad_number", {"most": most}))
        return 0
    return value


def _choice(
    row: Mapping[str, Any], name: str, usual: Any, problems: list[Problem], place: str | None = None
) -> Any:
    try:
        return type(usual)(row.get(name, usual.value))
    except ValueError:
        problems.append(Problem(place or name, "no_choice"))
        return usual
