"""What scenes are drawn with. Places are in units of 1080 by 1920, whatever the pixels; the same every time."""

import math
import random
from collections.abc import Callable, Iterable, Sequence

from PIL import Image, ImageColor, ImageDraw, ImageFilter

from posters.painting import painted
from posters.template import Colour, Gradient

FINER = 2  # scenes are drawn twice as large and made small again
WIDE, HIGH = 1080, 1920
Point = tuple[float, float]


def tint(said: str) -> Colour:
    """Return `#RRGGBB` or `#RRGGBBAA` as numbers."""
    red, green, blue, alpha = ImageColor.getcolor(said, "RGBA")  # type: ignore[misc]  # four, for RGBA
    return red, green, blue, alpha


class Scene:
    """A picture being painted, from back to front."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.image = Image.new("RGB", (size[0] * FINER, size[1] * FINER))
        self.pen = ImageDraw.Draw(self.image)
        self.x, self.y = self.image.width / WIDE, self.image.height / HIGH

    def sky(self, *colours: str, places: Sequence[float] = (), angle: float = 90) -> None:
        """Fill everything with colours from top to bottom."""
        self.image.paste(painted(self.image.size, _gradient(colours, places, angle)).convert("RGB"))

    def at(self, points: Iterable[Point]) -> list[Point]:
        """Return places in pixels."""
        return [(x * self.x, y * self.y) for x, y in points]

    def area(self, points: Sequence[Point], *colours: str, blur: float = 0) -> None:
        """Fill a polygon with a colour, or with colours from its top to its bottom."""
        placed = self.at(points)
        if len(colours) == 1 and len(colours[0]) == 7 and not blur:
            self.pen.polygon(placed, fill=colours[0])
            return
        self._fill(_bounds(placed), lambda pen, move: pen.polygon(move(placed), fill=255), colours, blur)

    def disc(
        self, x: float, y: float, radius: float, *colours: str, high: float = 0, blur: float = 0
    ) -> None:
        """Fill a circle, or an ellipse `high` half-high."""
        tall = high or radius
        box = self.at([(x - radius, y - tall), (x + radius, y + tall)])
        if len(colours) == 1 and len(colours[0]) == 7 and not blur:
            self.pen.ellipse((*box[0], *box[1]), fill=colours[0])
            return

        def fill(pen: ImageDraw.ImageDraw, move: Callable[[Sequence[Point]], list[Point]]) -> None:
            one, other = move(box)
            pen.ellipse((*one, *other), fill=255)

        self._fill(_bounds(box), fill, colours, blur)

    def block(self, x: float, y: float, wide: float, high: float, *colours: str, radius: float = 0) -> None:
        """Fill a rectangle, perhaps with round corners."""
        box = self.at([(x, y), (x + wide, y + high)])
        if len(colours) == 1 and len(colours[0]) == 7:
            self.pen.rounded_rectangle((*box[0], *box[1]), radius * self.x, fill=colours[0])
            return

        def fill(pen: ImageDraw.ImageDraw, move: Callable[[Sequence[Point]], list[Point]]) -> None:
            one, other = move(box)
            pen.rounded_rectangle((*one, *other), radius * self.x, fill=255)

        self._fill(_bounds(box), fill, colours, 0)

    def line(self, points: Sequence[Point], colour: str, width: float, *, blur: float = 0) -> None:
        """Draw a line with round ends and corners."""
        placed, thick = self.at(points), max(1, round(width * self.x))

        def stroke(
            pen: ImageDraw.ImageDraw, move: Callable[[Sequence[Point]], list[Point]], ink: str | int
        ) -> None:
            moved = move(placed)
            pen.line(moved, fill=ink, width=thick, joint="curve")
            if thick > 3:
                half = thick / 2
                for x, y in (moved[0], moved[-1]):
                    pen.ellipse((x - half, y - half, x + half, y + half), fill=ink)

        if len(colour) == 7 and not blur:
            stroke(self.pen, list, colour)
            return
        self._fill(_bounds(placed, thick), lambda pen, move: stroke(pen, move, 255), (colour,), blur)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float) -> None:
        """Draw a circle's line."""
        self.line(arc(x, y, radius, 0, 360), colour, width)

    def glow(self, x: float, y: float, radius: float, colour: str) -> None:
        """Let light fade out around a place."""
        red, green, blue, alpha = tint(colour)
        side = (max(1, round(2 * radius * self.x)), max(1, round(2 * radius * self.y)))
        light = Image.radial_gradient("L").resize(side, Image.Resampling.BILINEAR)
        # The gradient reaches white at the corners; beyond the circle there is no light.
        table = [round(alpha * max(0.0, 1 - value * math.sqrt(2) / 255) ** 1.6) for value in range(256)]
        corner = (round((x - radius) * self.x), round((y - radius) * self.y))
        self.image.paste((red, green, blue), corner, light.point(table))

    def haze(self, top: float, bottom: float, colour: str, *alphas: int) -> None:
        """Lay mist over a band; `alphas` from its top to its bottom."""
        red, green, blue, _ = tint(colour)
        stops = [((red, green, blue, alpha), index / (len(alphas) - 1)) for index, alpha in enumerate(alphas)]
        size = (self.image.width, max(1, round((bottom - top) * self.y)))
        veil = painted(size, Gradient(tuple(stops)))
        self.image.paste(veil, (0, round(top * self.y)), veil)

    def mirror(self, shore: float, depth: float, colour: str, *, alpha: int, blur: float = 4) -> None:
        """Show what is above `shore` again below it, as still water does."""
        top, edge = round((shore - depth) * self.y), round(shore * self.y)
        above = self.image.crop((0, top, self.image.width, edge)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        softened = above.filter(ImageFilter.GaussianBlur(blur * self.x))
        water = Image.new("RGB", softened.size, colour)
        self.image.paste(Image.blend(water, softened, alpha / 255), (0, edge))

    def done(self, *, grain: float = 2.2) -> Image.Image:
        """Return the scene in its own size, with a grain that hides the steps of its gradients."""
        small = self.image.reduce(FINER)
        if grain <= 0:
            return small
        noise = Image.frombytes("L", self.size, random.Random(7).randbytes(self.size[0] * self.size[1]))
        light = noise.point([round(value / 255 * grain * 2) for value in range(256)])
        plus = Image.merge("RGB", (light, light, light))
        from PIL import ImageChops

        return ImageChops.subtract(
            ImageChops.add(small, plus), Image.new("RGB", self.size, (round(grain),) * 3)
        )

    def _fill(
        self,
        box: tuple[int, int, int, int],
        shape: Callable[[ImageDraw.ImageDraw, Callable[[Sequence[Point]], list[Point]]], None],
        colours: Sequence[str],
        blur: float,
    ) -> None:
        spread = round(blur * self.x * 3)
        left, top = max(box[0] - spread, -spread), max(box[1] - spread, -spread)
        right, bottom = min(box[2], self.image.width) + spread, min(box[3], self.image.height) + spread
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top), 0)
        shape(ImageDraw.Draw(mask), lambda points: [(x - left, y - top) for x, y in points])
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self.x))
        if len(colours) == 1:
            red, green, blue, alpha = tint(colours[0])
            self.image.paste(
                (red, green, blue), (left, top), mask.point([v * alpha // 255 for v in range(256)])
            )
            return
        paint = painted(mask.size, _gradient(colours, (), 90))
        nothing = Image.new("L", mask.size)
        self.image.paste(paint, (left, top), Image.composite(paint.getchannel("A"), nothing, mask))


def _gradient(colours: Sequence[str], places: Sequence[float], angle: float) -> Gradient:
    spread = places or [index / max(1, len(colours) - 1) for index in range(len(colours))]
    return Gradient(tuple((tint(one), place) for one, place in zip(colours, spread, strict=True)), angle)


def _bounds(points: Sequence[Point], more: float = 0) -> tuple[int, int, int, int]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (
        math.floor(min(xs) - more), math.floor(min(ys) - more),
        math.ceil(max(xs) + more) + 1, math.ceil(max(ys) + more) + 1,
    )  # fmt: skip


def arc(x: float, y: float, radius: float, start: float, end: float, *, high: float = 0) -> list[Point]:
    """Return places along a circle; 0 degrees is to the right, 90 below."""
    steps = max(8, int(abs(end - start) / 4))
    turns = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + radius * math.cos(turn), y + (high or radius) * math.sin(turn)) for turn in turns]


def smooth(points: Sequence[Point], steps: int = 10) -> list[Point]:
    """Return a curve through all points (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    curve: list[Point] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            curve.append((_between(a[0], b[0], c[0], d[0], t), _between(a[1], b[1], c[1], d[1], t)))
    return [*curve, points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ridge(
    seed: int, y: float, height: float, *, peaks: float = 3, rough: float = 0.5, bottom: float = HIGH
) -> list[Point]:
    """Return a range of mountains from edge to edge: around `y`, `height` high, down to `bottom`."""
    chance = random.Random(seed)
    waves = [(peaks * 2**octave, chance.uniform(0, math.tau), rough**octave) for octave in range(6)]
    whole = sum(weight for _, _, weight in waves)
    top = []
    for x in range(-30, WIDE + 31, 6):
        turn = x / WIDE * math.tau
        rise = sum(
            weight * (1 - 2 * abs(math.sin(turn * often / 2 + shift))) for often, shift, weight in waves
        )
        top.append((float(x), y - rise / whole * height))
    return [*top, (WIDE + 30, bottom), (-30, bottom)]


def hill(seed: int, y: float, height: float, *, waves: float = 1, bottom: float = HIGH) -> list[Point]:
    """Return soft hills from edge to edge."""
    chance = random.Random(seed)
    one, other = chance.uniform(0, math.tau), chance.uniform(0, math.tau)
    top = [
        (
            float(x),
            y
            - height
            * (
                0.7 * math.sin(x / WIDE * math.tau * waves + one)
                + 0.3 * math.sin(x / WIDE * math.tau * waves * 2.3 + other)
            ),
        )
        for x in range(-30, WIDE + 31, 10)
    ]
    return [*top, (WIDE + 30, bottom), (-30, bottom)]


def wave(y: float, height: float, length: float, shift: float = 0, *, bottom: float = HIGH) -> list[Point]:
    """Return the surface of water, down to `bottom`."""
    top = [
        (float(x), y + height * math.sin((x + shift) / length * math.tau)) for x in range(-30, WIDE + 31, 8)
    ]
    return [*top, (WIDE + 30, bottom), (-30, bottom)]
