"""A design as data: a canvas, what is behind everything, and boxes from back to front.

Lengths are in units of the canvas; drawing scales them to the pixels asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Colour = tuple[int, int, int, int]
FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")
ASSET = "asset:"
INK: Colour = (30, 42, 43, 255)
PINE: Colour = (15, 107, 92, 255)


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours along a line: 0 is from left to right, 90 from top to bottom. Places go from 0 to 1."""

    stops: tuple[tuple[Colour, float], ...]
    angle: float = 90


Paint = Colour | Gradient


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a box casts."""

    colour: Colour
    x: float = 0
    y: float = 0
    blur: float = 0


@dataclass(frozen=True, slots=True)
class Area:
    """Where a box is."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Area") -> bool:
        """Whether the two have any place in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Text:
    """Words. `{name}` in `text` is filled in from the facts; if no field is known, `default` stands."""

    area: Area
    text: str
    size: float
    default: str = ""
    least: float = 0  # how small shrinking may make it
    weight: Literal["regular", "medium", "bold", "heavy"] = "regular"
    paint: Paint = INK
    align: Literal["left", "centre", "right"] = "left"
    valign: Literal["top", "middle", "bottom"] = "top"
    fit: Literal["shrink", "wrap", "ellipsis"] = "shrink"
    lines: int = 1
    leading: float = 1.4
    spacing: float = 0  # between characters, in parts of the size
    vertical: bool = False
    balance: bool = False  # lines of about the same length, rather than a full one and a rest
    shadow: Shadow | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what must be filled in, in order."""
        return tuple(FIELD.findall(self.text))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the facts by its name. Without it: the first character of `initial`, or nothing at all."""

    area: Area
    source: str
    fit: Literal["cover", "contain"] = "cover"
    form: Literal["plain", "rounded", "circle"] = "plain"
    radius: float = 0
    ring: float = 0
    ring_colour: Colour = (255, 255, 255, 255)
    missing: Literal["initial", "blank"] = "blank"
    initial: str = "name"  # which text the initial is taken from
    initial_paint: Paint = PINE
    initial_colour: Colour = (255, 255, 255, 255)


@dataclass(frozen=True, slots=True)
class Code:
    """The QR code on its plate. Its quiet zone of four modules lies inside the area."""

    area: Area
    colour: Colour = (0, 0, 0, 255)
    plate: Colour = (255, 255, 255, 255)
    radius: float = 0
    logo: str = ""  # the name of a picture to set into its middle, if the facts have it


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle, a rounded one, an ellipse, or a line from corner to corner of its area."""

    area: Area
    form: Literal["rect", "rounded", "ellipse", "line"] = "rect"
    paint: Paint | None = None
    radius: float = 0
    outline: Colour | None = None
    outline_width: float = 0
    shadow: Shadow | None = None


Box = Text | Picture | Code | Shape


@dataclass(frozen=True, slots=True)
class Background:
    """One of: a paint, a picture of the facts (`asset:…`) over a paint, or a drawn scene."""

    paint: Paint = (255, 255, 255, 255)
    picture: str = ""
    scene: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A design that can be drawn. Equal templates draw equal posters."""

    title: str
    title_en: str
    width: int
    height: int
    background: Background
    boxes: tuple[Box, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The names of the texts it shows."""
        return frozenset(name for box in self.boxes if isinstance(box, Text) for name in box.fields)

    @property
    def pictures(self) -> frozenset[str]:
        """The names of the pictures it can show."""
        names = {box.source for box in self.boxes if isinstance(box, Picture)}
        names |= {box.logo for box in self.boxes if isinstance(box, Code)} | {self.background.picture}
        return frozenset(names - {""})

    @property
    def code(self) -> Code:
        """Its one QR code."""
        return next(box for box in self.boxes if isinstance(box, Code))


@dataclass(frozen=True, slots=True)
class Facts:
    """What one poster says: texts (name, title, shop, address, slogan …), where its code leads, pictures.

    Pictures are files as they came (avatar, logo, `asset:…`), looked at before they are unpacked.
    """

    texts: Mapping[str, str]
    code: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)
