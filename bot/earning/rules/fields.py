"""Reading one object of JSON field by field, keeping what is wrong with the place it is in."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from bot.told import Told, told

Choice = TypeVar("Choice", bound=enum.StrEnum)
LONGEST = 64  # characters of a code or a name
MOST = 10**12  # points, fen, days: beyond any use, within every column


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: `rules.birthday.award.per`."""

    where: str
    what: Told


@dataclass(slots=True)
class Fields:
    """The fields of one object. What was not asked for when `done` is called is a problem, too."""

    where: str
    values: Mapping[str, Any]
    problems: list[Problem]
    _asked: set[str] = field(default_factory=set)

    def wrong(self, name: str, what: Told) -> None:
        """Keep a problem with a field."""
        self.problems.append(Problem(f"{self.where}.{name}" if name else self.where, what))

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a text without outer blanks."""
        value = self._take(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong(name, told("please fill this in"))
            return ""
        if len(value.strip()) > LONGEST:
            self.wrong(name, told("at most %(longest)s characters", longest=LONGEST))
        return value.strip()[:LONGEST]

    def whole(self, name: str, *, default: int = 0, least: int = 0) -> int:
        """Return a whole number."""
        found = self.maybe(name, least=least)
        return default if found is None else found

    def maybe(self, name: str, *, least: int = 0) -> int | None:
        """Return a whole number, or None where none is named."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
            self.wrong(name, told("a whole number from %(least)s on", least=least))
            return None
        return value

    def truth(self, name: str) -> bool:
        """Return true or false; false where nothing is said."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, told("true or false"))
        return value is True

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        """Return one of `kind`."""
        value = self._take(name)
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            self.wrong(name, told("one of %(names)s", names=", ".join(one.value for one in kind)))
            return default

    def day(self, name: str) -> date | None:
        """Return a day, written 2026-12-31."""
        value = self._take(name)
        if value is None or value == "":
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.wrong(name, told("a day such as 2026-12-31"))
            return None

    def texts(self, name: str) -> frozenset[str]:
        """Return a set of short texts."""
        return frozenset(
            one.strip()
            for one in self._list(name)
            if self._is(
                name, isinstance(one, str) and 0 < len(one.strip()) <= LONGEST, told("a list of texts")
            )
        )

    def wholes(self, name: str, *, most: int = MOST) -> frozenset[int]:
        """Return a set of whole numbers."""
        right = told("a list of whole numbers from 0 to %(most)s", most=most)
        return frozenset(
            one
            for one in self._list(name)
            if self._is(name, isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= most, right)
        )

    def object(self, name: str) -> "Fields":
        """Return an object to read from; an empty one where there is none."""
        value = self._take(name)
        if value is not None and not isinstance(value, Mapping):
            self.wrong(name, told("an object"))
        return Fields(f"{self.where}.{name}", value if isinstance(value, Mapping) else {}, self.problems)

    def objects(self, name: str, label: str = "code") -> list["Fields"]:
        """Return a list of objects to read from, each called by its `label` or its number."""
        found = []
        for number, one in enumerate(self._list(name), 1):
            if self._is(name, isinstance(one, Mapping), told("a list of objects")):
                called = one.get(label) if isinstance(one.get(label), str) else None
                found.append(Fields(f"{self.where}.{name}.{called or number}", one, self.problems))
        return found

    def raw(self, name: str) -> Any:
        """Return what stands there, for the caller to look at."""
        return self._take(name)

    def done(self) -> None:
        """Complain of what nobody asked for: a misspelt condition must not be one that always holds."""
        for name in sorted(set(self.values) - self._asked):
            self.wrong(str(name)[:LONGEST], told("there is no such field"))

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self.values.get(name)

    def _list(self, name: str) -> Sequence[Any]:
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(name, told("a list"))
            return ()
        return value

    def _is(self, name: str, right: bool, what: Told) -> bool:  # noqa: FBT001 - the condition that is checked
        if not right:
            self.wrong(name, what)
        return right
