"""A part of a document being read: what is wrong with it is noted with its path, and reading goes on."""

from collections.abc import Mapping
from typing import Any

from posters.colours import colour
from posters.errors import Problem
from posters.template import Area, Colour, Gradient, Paint, Shadow

MOST_TEXT = 500
BLACK: Colour = (0, 0, 0, 255)
WHITE: Colour = (255, 255, 255, 255)


class Part:
    """A mapping of the document at its path. What is wrong is noted, and something harmless returned."""

    def __init__(self, found: Any, path: str, problems: list[Problem]) -> None:
        self.path, self.problems = path, problems
        self.found: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        if not isinstance(found, Mapping):
            problems.append(Problem(path, "type", {"wanted": "object"}))

    def wrong(self, key: str, code: str, **facts: object) -> None:
        """Note what is wrong with a key, or with this part itself."""
        path = f"{self.path}.{key}" if self.path and key else key or self.path
        self.problems.append(Problem(path, code, facts))

    def knows(self, *keys: str) -> None:
        """Note every key but these."""
        for key in sorted(map(str, self.found)):
            if key not in keys:
                self.wrong(key, "unknown")

    def get(self, key: str, default: Any = None) -> Any:
        """Return what stands under a key."""
        return self.found.get(key, default)

    def part(self, key: str) -> "Part":
        """Return the part under a key; what is in a part that is missing is not asked for."""
        path = f"{self.path}.{key}" if self.path else key
        if key not in self.found:
            self.wrong(key, "missing")
            return Part({}, path, [])
        return Part(self.found[key], path, self.problems)

    def number(self, key: str, least: float, most: float, default: float | None = None) -> float:
        """Return a number within bounds."""
        said = self.get(key, default)
        if said is None:
            self.wrong(key, "missing")
        elif isinstance(said, bool) or not isinstance(said, int | float):
            self.wrong(key, "type", wanted="number")
        elif not least <= said <= most:
            self.wrong(key, "range", least=least, most=most)
        else:
            return said
        return least

    def text(self, key: str, *, most: int = MOST_TEXT, default: str | None = None) -> str:
        """Return words; with a default they may be missing or empty."""
        said = self.get(key, default)
        if said is None:
            self.wrong(key, "missing")
        elif not isinstance(said, str):
            self.wrong(key, "type", wanted="text")
        elif not said.strip() and default is None:
            self.wrong(key, "empty")
        elif len(said) > most:
            self.wrong(key, "too_long", most=most)
        else:
            return said
        return ""

    def choice(self, key: str, *choices: str) -> Any:
        """Return one of the choices; the first stands for none."""
        said = self.get(key, choices[0])
        if said in choices:
            return said
        self.wrong(key, "choice", choices=list(choices))
        return choices[0]

    def flag(self, key: str) -> bool:
        """Return true or false; false stands for none."""
        said = self.get(key, False)
        if not isinstance(said, bool):
            self.wrong(key, "type", wanted="true or false")
        return said is True

    def colour(self, key: str, default: Colour | None = None) -> Colour:
        """Return a colour."""
        if key not in self.found and default is not None:
            return default
        found = colour(self.get(key))
        if found is None:
            self.wrong(key, "colour" if key in self.found else "missing")
        return found or BLACK

    def paint(self, key: str, default: Paint | None = None) -> Paint:
        """Return a colour or a gradient."""
        if not isinstance(self.get(key), Mapping):
            if isinstance(default, Gradient) and key not in self.found:
                return default
            return self.colour(key, default if isinstance(default, tuple) else None)
        part = self.part(key)
        part.knows("colours", "places", "angle")
        said = part.get("colours")
        if not isinstance(said, list) or not 2 <= len(said) <= 8:
            part.wrong("colours", "type", wanted="2 to 8 colours")
            return BLACK
        places = part.get("places", [index / (len(said) - 1) for index in range(len(said))])
        if (
            not isinstance(places, list)
            or len(places) != len(said)
            or not all(isinstance(place, int | float) and 0 <= place <= 1 for place in places)
            or places != sorted(places)
        ):
            part.wrong("places", "type", wanted="a rising number from 0 to 1 for each colour")
            return BLACK
        found = [colour(one) for one in said]
        for index, one in enumerate(found):
            if one is None:
                part.wrong(f"colours[{index}]", "colour")
        stops = tuple((one or BLACK, float(place)) for one, place in zip(found, places, strict=True))
        return Gradient(stops, part.number("angle", 0, 360, 90))

    def area(self, canvas: Area, *, inside: bool) -> Area:
        """Return where a box is: within the canvas, or no further from it than its own size."""
        slack_x, slack_y = (0.0, 0.0) if inside else (canvas.width, canvas.height)
        area = Area(
            self.number("x", -slack_x, canvas.width + slack_x),
            self.number("y", -slack_y, canvas.height + slack_y),
            self.number("width", 0 if not inside else 1, canvas.width + 2 * slack_x),
            self.number("height", 0 if not inside else 1, canvas.height + 2 * slack_y),
        )
        if inside and (area.x + area.width > canvas.width or area.y + area.height > canvas.height):
            self.wrong("", "outside")
        return area

    def shadow(self) -> Shadow | None:
        """Return the shadow, if there is one."""
        if self.get("shadow") is None:
            return None
        part = self.part("shadow")
        part.knows("colour", "x", "y", "blur")
        return Shadow(
            part.colour("colour"),
            part.number("x", -200, 200, 0),
            part.number("y", -200, 200, 0),
            part.number("blur", 0, 200, 0),
        )
