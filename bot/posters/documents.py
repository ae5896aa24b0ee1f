"""From a template back to the document it was read from: so a built-in design becomes one's own."""

from dataclasses import MISSING, fields
from typing import Any

from posters import Template
from posters.template import (
    FIELD,
    Area,
    Background,
    Box,
    Code,
    Colour,
    Gradient,
    Paint,
    Picture,
    Shadow,
    Shape,
    Text,
)

KINDS: dict[type[Box], str] = {Text: "text", Picture: "picture", Code: "code", Shape: "shape"}
FACTS = {"name", "title", "shop", "address", "phone"}  # what `making.Subject` knows of somebody
PAINTS = {"paint", "initial_paint"}
COLOURS = {"colour", "plate", "outline", "ring_colour", "initial_colour"}
BASIC = {"text", "size", "source", "paint", "colour", "plate", "form"}  # said even where it is the usual


def of(template: Template) -> dict[str, Any]:
    """Return a document that `posters.read` makes an equal template of. What is usual is left out."""
    return {
        "version": 1,
        "title": template.title,
        "title_en": template.title_en,
        "canvas": {"width": template.width, "height": template.height},
        "background": _background(template.background),
        "boxes": [_box(one) for one in template.boxes],
    }


def to_edit(template: Template) -> dict[str, Any]:
    """Return the document as a designer begins with it: words no fact of ours replaces stand as words."""
    document = of(template)
    for box in document["boxes"]:
        fields = set(FIELD.findall(box.get("text", "")))
        if fields and not fields & FACTS and box.get("default"):
            box["text"] = box.pop("default")
    return document


def blank(title: str, title_en: str, *, picture: str = "") -> dict[str, Any]:
    """Return a document to begin with: what a poster says on a light plate, over a picture or paper."""
    plate = {"kind": "shape", "form": "rounded", "radius": 32, "paint": "#FFFFFFF2"}
    left: dict[str, Any] = {"kind": "text", "x": 300, "width": 330}
    return {
        "version": 1,
        "title": title[:40],
        "title_en": title_en[:60],
        "canvas": {"width": 1080, "height": 1920},
        "background": {"paint": "#E1EFEB", **({"picture": picture} if picture else {})},
        "boxes": [
            {**plate, "x": 65, "y": 1290, "width": 950, "height": 470},
            {"kind": "picture", "source": "avatar", "form": "circle", "missing": "initial"}
            | {"x": 115, "y": 1350, "width": 150, "height": 150},
            {**left, "y": 1355, "height": 72, "text": "{name}", "size": 52, "weight": "bold"},
            {**left, "y": 1432, "height": 50, "text": "{title}", "size": 34, "paint": "#566365"},
            {**left, "x": 115, "y": 1540, "width": 515, "height": 104, "text": "{shop}", "size": 38}
            | {"fit": "wrap", "lines": 2},
            {**left, "x": 115, "y": 1652, "width": 515, "height": 84, "text": "{address}", "size": 30}
            | {"fit": "wrap", "lines": 2, "paint": "#566365"},
            {"kind": "code", "x": 665, "y": 1340, "width": 310, "height": 310},
            {"kind": "text", "x": 665, "y": 1668, "width": 310, "height": 44, "size": 28, "align": "centre"}
            | {"text": "长按识别二维码", "paint": "#566365"},
        ],
    }


def _background(found: Background) -> dict[str, Any]:
    said: dict[str, Any] = {"paint": _paint(found.paint)}
    return said | {name: value for name in ("picture", "scene") if (value := getattr(found, name))}


def _box(box: Box) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": KINDS[type(box)], **_area(box.area)}
    for one in fields(box):
        value = getattr(box, one.name)
        usual = one.default if one.default is not MISSING else None
        if one.name == "area" or value is None or (value == usual and one.name not in BASIC):
            continue
        said[one.name] = _value(one.name, value)
    return said


def _value(name: str, value: Any) -> Any:
    if name in PAINTS:
        return _paint(value)
    if name in COLOURS:
        return _colour(value)
    return _shadow(value) if isinstance(value, Shadow) else value


def _area(area: Area) -> dict[str, float]:
    return {"x": area.x, "y": area.y, "width": area.width, "height": area.height}


def _shadow(found: Shadow) -> dict[str, Any]:
    return {"colour": _colour(found.colour), "x": found.x, "y": found.y, "blur": found.blur}


def _paint(found: Paint) -> Any:
    if not isinstance(found, Gradient):
        return _colour(found)
    return {
        "colours": [_colour(one) for one, _place in found.stops],
        "places": [place for _one, place in found.stops],
        "angle": found.angle,
    }


def _colour(found: Colour) -> str:
    red, green, blue, alpha = found
    return f"#{red:02X}{green:02X}{blue:02X}" + (f"{alpha:02X}" if alpha != 255 else "")
