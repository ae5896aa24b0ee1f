"""Words in their box: how large, in which lines, from which fonts; kept as masks for the next poster."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from posters import fonts, lines
from posters.kept import Kept
from posters.lines import Line, Measure
from posters.painting import faded, painted, soft
from posters.template import Colour, Gradient, Paint, Text

STROKES = {"regular": 0.0, "medium": 0.009, "bold": 0.018, "heavy": 0.027}  # of the size, on either side
RISE = 0.88  # of the size, from the top of a Chinese character's square to its baseline
EMOJI_WIDTH = 1.16  # of the size
UPRIGHT = str.maketrans(
    "，、。：；！？（）「」『』…—", "︐︑︒︓︔︕︖︵︶﹁﹂﹃﹄︙︱"
)  # as columns have them
UNKNOWN = "〓"  # what printers set for a character they have no type for
Layer = tuple[Image.Image, Colour | Image.Image, int, int]
_kept: "Kept[Lettering]" = Kept(32 * 1024 * 1024, lambda one: one.weight)


@dataclass(frozen=True, slots=True)
class Lettering:
    """Finished words: masks with their inks, and emoji, each with its place relative to the box."""

    layers: tuple[Layer, ...]
    pictures: tuple[tuple[Image.Image, int, int], ...]
    size: int
    lines: tuple[str, ...]

    @property
    def weight(self) -> int:
        """Its bytes, about."""
        masks = sum(mask.width * mask.height for mask, _, _, _ in self.layers)
        return 400 + masks + sum(4 * one.width * one.height for one, _, _ in self.pictures)

    def put(self, base: Image.Image, left: int, top: int) -> None:
        """Put the words on `base`, the box being at (left, top)."""
        for mask, ink, x, y in self.layers:
            base.paste(ink, (left + x, top + y), mask)
        for picture, x, y in self.pictures:
            base.paste(picture, (left + x, top + y), picture)


@dataclass(frozen=True, slots=True)
class Set:
    """Lines of clusters in a size."""

    size: int
    lines: list[Line]


def lettered(box: Text, text: str, scale: float) -> Lettering:
    """Return `text` as `box` shows it; the same for the same facts, from memory if there is room."""
    return _kept.get((box, text, scale), lambda: _lettered(box, text, scale))


def forget() -> None:
    """Empty the memory, for measuring."""
    _kept.clear()


def known(text: str) -> str:
    """Return a text in which every character can be drawn: emoji nobody has are left out, letters are 〓."""
    return "".join(map(_known, lines.clusters(lines.tidy(text)))).strip()


def _known(piece: str) -> str:
    if piece in {"\n", " "} or fonts.home(piece):
        return piece
    if len(piece) > 1 and piece[0].isascii():  # a keycap without its cap
        return piece[0]
    return UNKNOWN if unicodedata.category(piece[0])[0] in "LN" else ""


@lru_cache(maxsize=4096)
def _home(piece: str) -> tuple[fonts.Kind, fonts.Face]:
    return fonts.home(piece) or ("main", fonts.chinese())


def _measure(size: int, spacing: float) -> Measure:
    def measure(piece: str) -> float:
        kind, face = _home(piece)
        taken = size * EMOJI_WIDTH if kind == "emoji" else fonts.font(face, size).advance(piece)
        return taken + spacing * size

    return measure


def _lettered(box: Text, text: str, scale: float) -> Lettering:
    text = known(text)
    width, height = box.area.width * scale, box.area.height * scale
    chosen = _stacked(box, text, scale) if box.vertical else _set(box, text, scale)
    size = chosen.size
    pad = round(size * 0.35)
    mask = Image.new("L", (round(width) + 2 * pad, round(height) + 2 * pad), 0)
    pen = ImageDraw.Draw(mask)
    stroke = STROKES[box.weight] * size
    pictures: list[tuple[Image.Image, int, int]] = []
    places = _upright(box, chosen, width, height) if box.vertical else _across(box, chosen, width, height)
    for run, x, baseline in places:
        kind, face = _home(run[0])
        if kind == "emoji":
            side = max(1, round(size * 1.1))
            pictures.append((_emoji(run[0], side), round(x), round(baseline - size * 0.93)))
            continue
        at = (round(x) + pad, round(baseline) + pad)
        words = "".join(run)

        def write(font: ImageFont.FreeTypeFont, at: tuple[int, int] = at, words: str = words) -> None:
            pen.text(at, words, fill=255, font=font, anchor="ls", stroke_width=stroke, stroke_fill=255)

        fonts.font(face, size).use(write)
    layers = _layers(box, mask, pad, scale)
    return Lettering(tuple(layers), tuple(pictures), size, tuple("".join(line) for line in chosen.lines))


def _set(box: Text, text: str, scale: float) -> Set:
    """Return the text in the largest size in which it fits; cut with an ellipsis if it fits in none."""
    width, height = box.area.width * scale, box.area.height * scale
    largest, least = round(box.size * scale), max(1, round(box.least * scale))
    if box.fit == "ellipsis":
        flat, measure = text.replace("\n", " "), _measure(largest, box.spacing)
        line = lines.clusters(flat)
        return Set(
            largest, [line if lines.length(line, measure) <= width + 1 else lines.cut(line, measure, width)]
        )
    size = largest
    while True:
        measure = _measure(size, box.spacing)
        room = max(1, min(box.lines, int((height / size - 1) / box.leading + 1.05)))
        found = (lines.balanced if box.balance else lines.broken)(text, measure, width + 1)
        if len(found) <= room and (box.fit == "wrap" or _whole(text, measure, width + 1)):
            return Set(size, found)
        if box.fit == "wrap" or size <= least:
            break
        size = max(least, min(size - 1, round(size * 0.95)))
    if len(found) > room:
        rest = [piece for line in found[room - 1 :] for piece in line]
        found = [*found[: room - 1], lines.cut(rest, measure, width)]
    return Set(size, found)


def _whole(text: str, measure: Measure, width: float) -> bool:
    return all(
        lines.length(unit, measure) <= width
        for paragraph in text.split("\n")
        for unit in lines.units(lines.clusters(paragraph))
    )


def _stacked(box: Text, text: str, scale: float) -> Set:
    """Return the text in the columns in which it is largest, at most as many as the box may have lines."""
    upright = text.translate(UPRIGHT)
    tried = [_columns(box, upright, scale, count) for count in range(1, box.lines + 1)]
    return max(tried, key=lambda one: one.size)


def _columns(box: Text, text: str, scale: float, count: int) -> Set:
    width, height = box.area.width * scale, box.area.height * scale
    longest = max(1, -(-len(lines.clusters(text)) // count) + (count > 1))
    columns = (
        lines.broken(text, lambda _piece: 1, longest)
        if count > 1
        else [lines.clusters(one) for one in text.split("\n")]
    )
    tall = max(1, *map(len, columns))
    size = min(
        round(box.size * scale),
        int(height / (tall + (tall - 1) * box.spacing)),
        int(width / (1 + (len(columns) - 1) * box.leading)),
    )
    return Set(max(size, 1), columns)


def _across(box: Text, chosen: Set, width: float, height: float) -> Iterator[tuple[Line, float, float]]:
    """Yield what is drawn at once, with its left and its baseline."""
    size = chosen.size
    measure = _measure(size, box.spacing)
    block = ((len(chosen.lines) - 1) * box.leading + 1) * size
    top = {"top": 0.0, "middle": (height - block) / 2, "bottom": height - block}[box.valign]
    for index, line in enumerate(chosen.lines):
        rest = width - lines.length(line, measure) + (box.spacing * size if line else 0)
        x = {"left": 0.0, "centre": rest / 2, "right": rest}[box.align]
        baseline = top + index * box.leading * size + RISE * size
        for run in _runs(line, apart=bool(box.spacing)):
            yield run, x, baseline
            x += lines.length(run, measure)


def _upright(box: Text, chosen: Set, width: float, height: float) -> Iterator[tuple[Line, float, float]]:
    size = chosen.size
    measure = _measure(size, 0)
    block = ((len(chosen.lines) - 1) * box.leading + 1) * size
    rest = {"left": width - block, "centre": (width - block) / 2, "right": 0.0}[box.align]
    for index, column in enumerate(chosen.lines):
        left = width - rest - size - index * box.leading * size
        tall = len(column) * size + (len(column) - 1) * box.spacing * size
        top = {"top": 0.0, "middle": (height - tall) / 2, "bottom": height - tall}[box.valign]
        for row, piece in enumerate(column):
            yield (
                [piece],
                left + (size - measure(piece)) / 2,
                top + row * size * (1 + box.spacing) + RISE * size,
            )


def _runs(line: Line, *, apart: bool) -> Iterator[Line]:
    run: Line = []
    for piece in line:
        if run and (apart or _home(piece) != _home(run[0]) or _home(piece)[0] == "emoji"):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _layers(box: Text, mask: Image.Image, pad: int, scale: float) -> Iterator[Layer]:
    found = mask.getbbox()
    if found is None:
        return
    if box.shadow:
        spread = round(box.shadow.blur * scale * 3)
        wide = Image.new("L", (mask.width + 2 * spread, mask.height + 2 * spread), 0)
        wide.paste(mask, (spread, spread))
        cast = faded(soft(wide, box.shadow.blur * scale), box.shadow.colour[3])
        if within := cast.getbbox():
            x, y = round(box.shadow.x * scale) - spread - pad, round(box.shadow.y * scale) - spread - pad
            yield cast.crop(within), box.shadow.colour[:3], within[0] + x, within[1] + y  # type: ignore[misc]
    ink, cropped = _ink(box.paint, mask.crop(found))
    yield cropped, ink, found[0] - pad, found[1] - pad


def _ink(paint: Paint, mask: Image.Image) -> tuple[Colour | Image.Image, Image.Image]:
    if isinstance(paint, Gradient):
        return painted(mask.size, paint).convert("RGB"), mask
    return paint[:3], faded(mask, paint[3])  # type: ignore[return-value]  # three numbers are a colour to Pillow


@lru_cache(maxsize=64)
def _emoji(piece: str, side: int) -> Image.Image:
    _, face = _home(piece)
    large = Image.new("RGBA", (170, 150), (0, 0, 0, 0))
    pen = ImageDraw.Draw(large)

    def write(font: ImageFont.FreeTypeFont) -> None:
        pen.text((8, 8), piece, font=font, embedded_color=True)

    fonts.font(face, fonts.EMOJI_SIZE).use(write)
    within = large.getbbox() or (0, 0, 1, 1)
    cropped = large.crop(within)
    high = max(1, round(side * cropped.height / max(cropped.width, cropped.height)))
    wide = max(1, round(side * cropped.width / max(cropped.width, cropped.height)))
    return cropped.resize((wide, high), Image.Resampling.LANCZOS)
