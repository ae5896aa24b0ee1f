"""From a template and facts to a finished file. What is the same on every poster is drawn once and kept."""

import hashlib
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageOps

from posters import codes, lettering, lines, painting, pdf, picture
from posters.kept import Kept
from posters.scenes import SCENES
from posters.template import ASSET, FIELD, Area, Box, Code, Facts, Picture, Shape, Template, Text

Form = Literal["jpeg", "png", "pdf"]
FINEST = 4000  # pixels of width
QUALITY = 88
MOST_TEXT = 500  # characters of a box; what is longer is cut before it is measured


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a canvas lies on pixels: how large, how finely, and how far it bleeds on each side."""

    width: int
    height: int
    scale: float
    bleed: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """The picture's size, bleed and all."""
        return self.width + 2 * self.bleed, self.height + 2 * self.bleed

    def place(self, area: Area) -> tuple[int, int, int, int]:
        """Return left, top, width and height of an area in pixels."""
        left, top = round(area.x * self.scale), round(area.y * self.scale)
        right, bottom = round((area.x + area.width) * self.scale), round((area.y + area.height) * self.scale)
        return left + self.bleed, top + self.bleed, right - left, bottom - top


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that every poster of a template has in common, and the boxes that are drawn for each."""

    base: Image.Image
    boxes: tuple[Box, ...]


_prepared: Kept[Prepared] = Kept(96 * 1024 * 1024, lambda one: one.base.width * one.base.height * 3)


def draw(
    template: Template,
    facts: Facts,
    *,
    form: Form = "jpeg",
    width: int | None = None,
    quality: int = QUALITY,
) -> bytes:
    """Return a finished poster `width` pixels wide (default: the canvas's own); same facts, same bytes.

    Its code is scanned in the finished picture: `Unreadable` if that fails. `BadPicture` names a picture of
    the facts that is none; one that is missing is no error.
    """
    pixels = width or template.width
    if not 100 <= pixels <= FINEST:
        raise ValueError(f"a poster is 100 to {FINEST} pixels wide")
    scale = pixels / template.width
    sheet = Sheet(pixels, math.ceil(round(template.height * scale, 3)), scale)
    return finished(composed(template, facts, sheet), template, facts, sheet, form=form, quality=quality)


def finished(
    drawn: Image.Image,
    template: Template,
    facts: Facts,
    sheet: Sheet,
    *,
    form: Form,
    quality: int,
    dpi: int = 144,
) -> bytes:
    """Return a drawn poster as a file whose code was scanned; raise `Unreadable`."""
    out = io.BytesIO()
    if form == "png":
        drawn.save(out, "PNG", compress_level=3, dpi=(dpi, dpi))
    else:
        drawn.save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    with Image.open(out) as written:
        written.draft("L", written.size)  # the code is in the light, not in the colours
        codes.prove(written, facts.code, sheet.place(template.code.area))
    if form == "pdf":
        return pdf.page(out.getvalue(), drawn.size, bleed=sheet.bleed, dpi=dpi)
    return out.getvalue()


def composed(template: Template, facts: Facts, sheet: Sheet) -> Image.Image:
    """Return the poster as a picture, not yet scanned."""
    prepared = _prepared.get(
        (template, sheet, _digests(template, facts)), lambda: prepare(template, facts, sheet)
    )
    drawn = prepared.base.copy()
    for box in prepared.boxes:
        put(drawn, box, facts, sheet)
    return drawn


def forget() -> None:
    """Empty all memories, for measuring."""
    _prepared.clear()
    lettering.forget()


def prepare(template: Template, facts: Facts, sheet: Sheet) -> Prepared:
    """Draw what no fact changes, and name what is left: the rest, and what lies over it."""
    base = background(template, facts, sheet)
    left: list[Box] = []
    for box in template.boxes:
        if _changes(box) or any(box.area.meets(other.area) for other in left):
            left.append(box)
        else:
            put(base, box, facts, sheet)
    return Prepared(base, tuple(left))


def _changes(box: Box) -> bool:
    match box:
        case Text():
            return bool(box.fields)
        case Picture():
            return not box.source.startswith(ASSET)
        case Code():
            return True
        case _:
            return False


def _digests(template: Template, facts: Facts) -> tuple[bytes, ...]:
    """Return what identifies the pictures that lie in the prepared base."""
    return tuple(
        hashlib.sha256(facts.pictures.get(name, b"")).digest()
        for name in sorted(template.pictures)
        if name.startswith(ASSET)
    )


def background(template: Template, facts: Facts, sheet: Sheet) -> Image.Image:
    """Return what is behind all boxes, as far as the bleed."""
    behind = template.background
    if behind.scene:
        return SCENES[behind.scene](sheet.size)
    base = painting.painted(sheet.size, behind.paint).convert("RGB")
    if behind.picture and (content := facts.pictures.get(behind.picture)):
        found = picture.opened(content, longest=max(sheet.size), whose=behind.picture)
        fitted = ImageOps.fit(found.convert("RGBA"), sheet.size, Image.Resampling.LANCZOS)
        base.paste(fitted, (0, 0), fitted)
    return base


def put(base: Image.Image, box: Box, facts: Facts, sheet: Sheet) -> None:
    """Draw one box."""
    match box:
        case Text():
            if words := said(box, facts):
                left, top, _, _ = sheet.place(box.area)
                lettering.lettered(box, words, sheet.scale).put(base, left, top)
        case Picture():
            _picture(base, box, facts, sheet)
        case Code():
            codes.put(base, box, facts.code, sheet.place(box.area), _logo(box, facts, sheet))
        case Shape():
            _shape(base, box, sheet)


def said(box: Text, facts: Facts) -> str:
    """Return the words of a text box; empty if it has fields and none of them is known."""
    if box.fields and not any(facts.texts.get(name, "").strip() for name in box.fields):
        return box.default
    words = FIELD.sub(lambda found: facts.texts.get(found[1], "").strip(), box.text)[:MOST_TEXT]
    return words if box.lines > 1 or box.vertical else " ".join(words.split())


def _picture(base: Image.Image, box: Picture, facts: Facts, sheet: Sheet) -> None:
    left, top, width, height = sheet.place(box.area)
    size = (max(1, width), max(1, height))
    content = facts.pictures.get(box.source)
    if not content and box.missing == "blank":
        return
    mask = _mask(box, size, sheet.scale)
    if ring := round(box.ring * sheet.scale):
        around = _mask(box, (size[0] + 2 * ring, size[1] + 2 * ring), sheet.scale)
        base.paste(box.ring_colour[:3], (left - ring, top - ring), painting.faded(around, box.ring_colour[3]))
    if content:
        shown = picture.fitted(content, box, size)
        through = Image.composite(shown.getchannel("A"), Image.new("L", size), mask)
        base.paste(shown, (left, top), through)
        return
    painting.lay(base, box.initial_paint, mask, (left, top))
    letters = lines.clusters(lettering.known(facts.texts.get(box.initial, "")))
    area = Area(0, 0, box.area.width, box.area.height)
    word = Text(
        area,
        "x",
        box.area.height * 0.46,
        weight="medium",
        paint=box.initial_colour,
        align="centre",
        valign="middle",
    )
    if letters:
        lettering.lettered(word, letters[0], sheet.scale).put(base, left, top)


def _mask(box: Picture, size: tuple[int, int], scale: float) -> Image.Image:
    radius = {"plain": 0.0, "rounded": box.radius * scale, "circle": float(max(size))}[box.form]
    return _rounded(size, radius)


@lru_cache(maxsize=64)
def _rounded(size: tuple[int, int], radius: float) -> Image.Image:
    return painting.rounded(size, radius)


def _logo(box: Code, facts: Facts, sheet: Sheet) -> Image.Image | None:
    content = facts.pictures.get(box.logo) if box.logo else None
    if not content:
        return None
    side = max(24, round(box.area.width * sheet.scale / 4))
    frame = Picture(box.area, box.logo, fit="contain")
    return picture.fitted(content, frame, (side, side))


def _shape(base: Image.Image, box: Shape, sheet: Sheet) -> None:
    left, top, width, height = sheet.place(_bled(box.area, sheet))
    size = (max(1, width), max(1, height))
    spread = round(box.shadow.blur * sheet.scale * 3) if box.shadow else 0
    x, y = (round(box.shadow.x * sheet.scale), round(box.shadow.y * sheet.scale)) if box.shadow else (0, 0)
    window = painting.seen(size, (left, top), base.size, margin=2 * spread + max(abs(x), abs(y)))
    if window is None:
        return
    at = (left + window[0], top + window[1])
    full = painting.form(box, size, sheet.scale, window, outline=False)
    if box.shadow:
        wide = Image.new("L", (full.width + 2 * spread, full.height + 2 * spread), 0)
        wide.paste(full, (spread, spread))
        cast = painting.soft(wide, box.shadow.blur * sheet.scale)
        painting.lay(base, box.shadow.colour, cast, (at[0] - spread + x, at[1] - spread + y))
    if box.paint is not None:
        painting.lay(base, box.paint, full, at, size=size, window=window)
    if box.outline is not None and box.form != "line":
        outline = painting.form(box, size, sheet.scale, window, outline=True)
        painting.lay(base, box.outline, outline, at, size=size, window=window)


def _bled(area: Area, sheet: Sheet) -> Area:
    """Return an area that goes on into the bleed where it touches the edge."""
    if not sheet.bleed:
        return area
    more = sheet.bleed / sheet.scale
    wide, high = sheet.width / sheet.scale, sheet.height / sheet.scale
    left, top = area.x - (more if area.x <= 0 else 0), area.y - (more if area.y <= 0 else 0)
    right, bottom = area.x + area.width, area.y + area.height
    right += more if right >= wide - 1 else 0
    bottom += more if bottom >= high - 1 else 0
    return Area(left, top, right - left, bottom - top)
