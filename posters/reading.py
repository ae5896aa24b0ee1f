"""From a JSON document to a template: everything that is wrong with it at once, each with its path."""

from collections.abc import Callable, Mapping
from typing import Any

from posters.colours import contrast, luminance
from posters.document import BLACK, WHITE, Part
from posters.errors import Problem, TemplateError
from posters.template import (
    ASSET,
    INK,
    PINE,
    Area,
    Background,
    Box,
    Code,
    Picture,
    Shape,
    Template,
    Text,
)

VERSION = 1
LEAST_SIDE, MOST_SIDE = 300, 4000
MOST_BOXES = 60
MOST_SIZE = 600
LEAST_SIZE = 12  # at a width of 1080; smaller is noise on a telephone
CONTRAST = 4.5
LEAST_CODE = 0.2  # of the canvas's width; below, nobody's camera finds it on a forwarded picture


def read(document: Mapping[str, Any], scenes: frozenset[str]) -> Template:
    """Return the template a document describes; raise `TemplateError` with all of its problems."""
    problems: list[Problem] = []
    top = Part(document, "", problems)
    top.knows("version", "title", "title_en", "canvas", "background", "boxes")
    if top.get("version", VERSION) != VERSION:
        top.wrong("version", "choice", choices=[VERSION])
    title, title_en = top.text("title", most=40), top.text("title_en", most=60)
    canvas = top.part("canvas")
    canvas.knows("width", "height")
    width = int(canvas.number("width", LEAST_SIDE, MOST_SIDE))
    height = int(canvas.number("height", LEAST_SIDE, MOST_SIDE))
    background = _background(top.part("background"), scenes)
    boxes = _boxes(top, Area(0, 0, width, height))
    if problems:
        raise TemplateError(problems)
    return Template(title, title_en, width, height, background, boxes)


def _background(part: Part, scenes: frozenset[str]) -> Background:
    part.knows("paint", "picture", "scene")
    paint = part.paint("paint", WHITE)
    picture, scene = part.text("picture", most=100, default=""), part.text("scene", most=40, default="")
    if picture and not picture.startswith(ASSET):
        part.wrong("picture", "asset", wanted=f"{ASSET}…")
    if scene and scene not in scenes:
        part.wrong("scene", "choice", choices=sorted(scenes))
    if picture and scene:
        part.wrong("", "either", keys=["picture", "scene"])
    return Background(paint, picture, scene)


def _boxes(top: Part, canvas: Area) -> tuple[Box, ...]:
    said = top.get("boxes")
    if not isinstance(said, list):
        top.wrong("boxes", "missing" if said is None else "type", wanted="list")
        return ()
    if len(said) > MOST_BOXES:
        top.wrong("boxes", "too_many", most=MOST_BOXES)
        return ()
    boxes: list[Box] = []
    for index, one in enumerate(said):
        part = Part(one, f"boxes[{index}]", top.problems)
        kind = part.get("kind")
        if isinstance(kind, str) and kind in KINDS:
            boxes.append(KINDS[kind](part, canvas))
        elif isinstance(one, Mapping):
            part.wrong("kind", "choice", choices=list(KINDS))
    codes = sum(isinstance(box, Code) for box in boxes)
    if codes != 1:
        top.wrong("boxes", "one_code", found=codes)
    return tuple(boxes)


AREA = ("kind", "x", "y", "width", "height")


def _text(part: Part, canvas: Area) -> Text:
    part.knows(
        *AREA, "text", "default", "size", "least", "weight", "paint", "align", "valign", "fit", "lines",
        "leading", "spacing", "vertical", "balance", "shadow",
    )  # fmt: skip
    size = part.number("size", LEAST_SIZE * canvas.width / 1080, MOST_SIZE)
    return Text(
        part.area(canvas, inside=True),
        part.text("text"),
        size,
        default=part.text("default", default=""),
        least=part.number("least", 1, max(size, 1), max(size * 0.6, 1)),
        weight=part.choice("weight", "regular", "medium", "bold", "heavy"),
        paint=part.paint("paint", INK),
        align=part.choice("align", "left", "centre", "right"),
        valign=part.choice("valign", "top", "middle", "bottom"),
        fit=part.choice("fit", "shrink", "wrap", "ellipsis"),
        lines=int(part.number("lines", 1, 20, 1)),
        leading=part.number("leading", 0.8, 3, 1.4),
        spacing=part.number("spacing", 0, 2, 0),
        vertical=part.flag("vertical"),
        balance=part.flag("balance"),
        shadow=part.shadow(),
    )


def _picture(part: Part, canvas: Area) -> Picture:
    part.knows(
        *AREA, "source", "fit", "form", "radius", "ring", "ring_colour", "missing", "initial",
        "initial_paint", "initial_colour",
    )  # fmt: skip
    area = part.area(canvas, inside=False)
    if min(area.width, area.height) < 1:
        part.wrong("", "outside")
    return Picture(
        area,
        part.text("source", most=100),
        fit=part.choice("fit", "cover", "contain"),
        form=part.choice("form", "plain", "rounded", "circle"),
        radius=part.number("radius", 0, 2000, 0),
        ring=part.number("ring", 0, 100, 0),
        ring_colour=part.colour("ring_colour", WHITE),
        missing=part.choice("missing", "blank", "initial"),
        initial=part.text("initial", most=40, default="name"),
        initial_paint=part.paint("initial_paint", PINE),
        initial_colour=part.colour("initial_colour", WHITE),
    )


def _code(part: Part, canvas: Area) -> Code:
    part.knows(*AREA, "colour", "plate", "radius", "logo")
    area = part.area(canvas, inside=True)
    dark, plate = part.colour("colour", BLACK), part.colour("plate", WHITE)
    if min(area.width, area.height) < LEAST_CODE * canvas.width:
        part.wrong("width", "too_small", least=round(LEAST_CODE * canvas.width))
    if dark[3] != 255 or plate[3] != 255:
        part.wrong("colour", "see_through")
    elif luminance(dark) >= luminance(plate):
        part.wrong("colour", "inverted")  # many readers take no light code on a dark plate
    elif contrast(dark, plate) < CONTRAST:
        part.wrong("colour", "contrast", least=CONTRAST, found=round(contrast(dark, plate), 1))
    return Code(
        area,
        dark,
        plate,
        radius=part.number("radius", 0, 200, 0),
        logo=part.text("logo", most=100, default=""),
    )


def _shape(part: Part, canvas: Area) -> Shape:
    part.knows(*AREA, "form", "paint", "radius", "outline", "outline_width", "shadow")
    paint = part.paint("paint") if part.get("paint") is not None else None
    outline = part.colour("outline") if part.get("outline") is not None else None
    if paint is None and outline is None:
        part.wrong("paint", "missing")
    return Shape(
        part.area(canvas, inside=False),
        form=part.choice("form", "rect", "rounded", "ellipse", "line"),
        paint=paint,
        radius=part.number("radius", 0, 2000, 0),
        outline=outline,
        outline_width=part.number("outline_width", 0, 200, 0),
        shadow=part.shadow(),
    )


KINDS: dict[str, Callable[[Part, Area], Box]] = {
    "text": _text,
    "picture": _picture,
    "code": _code,
    "shape": _shape,
}
