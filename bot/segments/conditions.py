"""Conditions as data: what may stand in a segment's document, read once and refused with a path.

A document is a group: `{"all": [...]}`, `{"any": [...]}` or `{"none": [...]}` of
conditions and of groups.  A condition is `{"field", "ask", "value"}` of a field in
`bot.segments.fields`:

    {"all": [{"field": "tags", "ask": "any", "value": [3, 7]},
             {"field": "last_active", "ask": "within", "value": 30},
             {"none": [{"field": "member", "ask": "is", "value": true}]}]}

`{"all": []}` is everybody.  Days are counted back from now; the days of
`between` (`{"since", "until"}`, either may be missing) are Shanghai's, the last included.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from bot.errors import YizhanError
from bot.segments.fields import FIELDS, Ask, Field, Kind

DEEPEST: Final = 3
MOST_CONDITIONS: Final = 40
MOST_VALUES: Final = 200
MOST_DAYS: Final = 3650
LARGEST_NUMBER: Final = 1_000_000
LONGEST_NAME: Final = 64
EVERYBODY: Final[Mapping[str, Any]] = {"all": []}


class Junction(enum.StrEnum):
    """How the parts of a group hold together."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, checked: `value` has the type of its field and ask (days of `between` are dates)."""

    field: Field
    ask: Ask
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups; an empty one holds for everybody."""

    junction: Junction
    of: tuple["Condition | Group", ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where: `path` as `all[2].value`, `code` a constant word, `facts` for its sentence."""

    path: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class BadConditions(YizhanError):
    """The writer's move: the document is not one of conditions. `problems` are never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.path or 'document'}: {one.code}" for one in problems))
        self.problems = problems


def read(document: Any) -> Group:
    """Return the conditions of `document`; raise `BadConditions` with everything that is wrong in it."""
    problems: list[Problem] = []
    group = _group(document, "", 1, problems)
    count = sum(1 for _one in conditions(group)) if group else 0
    if count > MOST_CONDITIONS:
        problems.append(Problem("", "too_many", {"most": MOST_CONDITIONS, "n": count}))
    if problems or group is None:
        raise BadConditions(problems)
    return group


def conditions(group: Group) -> Iterator[Condition]:
    """Yield every condition, however deep."""
    for one in group.of:
        if isinstance(one, Group):
            yield from conditions(one)
        else:
            yield one


def _group(said: Any, path: str, depth: int, problems: list[Problem]) -> Group | None:
    junction = _junction(said)
    if junction is None:
        problems.append(Problem(path, "no_group"))
        return None
    if depth > DEEPEST:
        problems.append(Problem(path, "too_deep", {"most": DEEPEST}))
        return None
    parts = said[junction.value]
    if not isinstance(parts, list):
        problems.append(Problem(f"{path}{junction.value}", "no_list"))
        return None
    found: list[Condition | Group] = []
    for number, one in enumerate(parts[: MOST_CONDITIONS + 1]):
        place = f"{path}{junction.value}[{number}]"
        part: Condition | Group | None
        if _junction(one) is not None:
            part = _group(one, f"{place}.", depth + 1, problems)
        else:
            part = _condition(one, place, problems)
        if part is not None:
            found.append(part)
    if len(parts) > MOST_CONDITIONS:
        problems.append(Problem(path, "too_many", {"most": MOST_CONDITIONS, "n": len(parts)}))
    return Group(junction, tuple(found))


def _junction(said: Any) -> Junction | None:
    if not isinstance(said, dict) or len(said) != 1:
        return None
    [name] = said
    return Junction(name) if name in set(Junction) else None


def _condition(said: Any, place: str, problems: list[Problem]) -> Condition | None:
    if not isinstance(said, dict) or set(said) != {"field", "ask", "value"}:
        problems.append(Problem(place, "no_condition"))
        return None
    about = FIELDS.get(said["field"]) if isinstance(said["field"], str) else None
    if about is None:
        problems.append(Problem(f"{place}.field", "unknown_field"))
        return None
    if not isinstance(said["ask"], str) or said["ask"] not in {one.value for one in about.asks}:
        problems.append(Problem(f"{place}.ask", "unknown_ask", {"field": about.name}))
        return None
    ask = Ask(said["ask"])
    value, problem = _value(about, ask, said["value"])
    if problem is not None:
        problems.append(Problem(f"{place}.value", *problem))
        return None
    return Condition(about, ask, value)


Wrong = tuple[str, dict[str, Any]]


def _value(about: Field, ask: Ask, value: Any) -> tuple[Any, Wrong | None]:
    if about.kind is Kind.FLAG:
        return value, None if isinstance(value, bool) else ("no_flag", {})
    if about.kind is Kind.NUMBER:
        return value, _number(value, 0, LARGEST_NUMBER)
    if about.kind is Kind.MOMENT:
        return _days(value) if ask is Ask.BETWEEN else (value, _number(value, 1, MOST_DAYS))
    if not isinstance(value, list) or not value:
        return value, ("nothing_chosen", {})
    if len(value) > MOST_VALUES:
        return value, ("too_many_values", {"most": MOST_VALUES, "n": len(value)})
    wanted = list(dict.fromkeys(value)) if all(isinstance(one, int | str) for one in value) else value
    if about.kind is Kind.KEYS and not all(type(one) is int and 0 < one < 2**63 for one in wanted):
        return value, ("no_keys", {})
    if about.kind is Kind.CHOICE and not all(isinstance(one, str) and one in about.choices for one in wanted):
        return value, ("no_choice", {})
    if about.kind is Kind.NAMES and not all(
        isinstance(one, str) and one and len(one) <= LONGEST_NAME for one in wanted
    ):
        return value, ("no_names", {})
    return wanted, None


def _number(value: Any, least: int, most: int) -> Wrong | None:
    if type(value) is not int or not least <= value <= most:
        return "no_number", {"least": least, "most": most}
    return None


def _days(value: Any) -> tuple[Any, Wrong | None]:
    if not isinstance(value, dict) or not value or not set(value) <= {"since", "until"}:
        return value, ("no_days", {})
    days = {}
    for edge, said in value.items():
        try:
            day = date.fromisoformat(said) if isinstance(said, str) else None
        except ValueError:
            day = None
        if day is None or not 1970 < day.year < 3000:  # far-off years do not survive the way to UTC
            return value, ("no_days", {})
        days[edge] = day
    if "since" in days and "until" in days and days["until"] < days["since"]:
        return value, ("days_backwards", {})
    return days, None
