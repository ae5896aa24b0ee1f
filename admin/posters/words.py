"""What posters hold as codes, in words."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.posters.advice import Advice
from bot.posters.differences import Change, Did
from posters import Problem

STATES = {"draft": _l("draft"), "active": _l("offered"), "archived": _l("hidden")}
PILLS = {"draft": "warn", "active": "good"}
FACTS = {
    "name": _l("Name of the person"),
    "title": _l("Job title"),
    "shop": _l("Shop"),
    "address": _l("Address"),
    "phone": _l("Telephone of the shop"),
    "slogan": _l("Slogan"),
}
KINDS = {"text": _l("Text"), "picture": _l("Picture"), "code": _l("QR code"), "shape": _l("Shape")}
FORMS = {
    "rect": _l("Rectangle"),
    "rounded": _l("Round corners"),
    "ellipse": _l("Ellipse"),
    "line": _l("Line"),
    "plain": _l("Straight"),
    "circle": _l("Circle"),
}
FIELDS = {
    "text": _l("Words"),
    "default": _l("If the fact is missing"),
    "size": _l("Letter size"),
    "least": _l("Smallest letter size"),
    "weight": _l("Weight"),
    "paint": _l("Colour"),
    "align": _l("Align"),
    "valign": _l("Align up and down"),
    "fit": _l("If it does not fit"),
    "lines": _l("Lines at most"),
    "leading": _l("Line height"),
    "spacing": _l("Letter spacing"),
    "vertical": _l("Written downwards"),
    "balance": _l("Lines of equal length"),
    "shadow": _l("Shadow"),
    "source": _l("Which picture"),
    "form": _l("Form"),
    "radius": _l("Radius of corners"),
    "ring": _l("Ring"),
    "ring_colour": _l("Colour of the ring"),
    "missing": _l("Without a picture"),
    "initial": _l("Initial of"),
    "initial_paint": _l("Ground of the initial"),
    "initial_colour": _l("Colour of the initial"),
    "colour": _l("Colour"),
    "plate": _l("Plate"),
    "logo": _l("Logo in its middle"),
    "outline": _l("Outline"),
    "outline_width": _l("Width of the outline"),
    "x": _l("From the left"),
    "y": _l("From the top"),
    "width": _l("Width"),
    "height": _l("Height"),
    "picture": _l("Picture"),
    "scene": _l("Drawn scene"),
    "kind": _l("Kind"),
}
PROBLEMS = {
    "type": _l("This is not what belongs here. Choose it anew."),
    "missing": _l("Please fill this in."),
    "unknown": _l("The engine knows no such setting. Take it out."),
    "choice": _l("Choose one of: %(choices)s."),
    "range": _l("A number from %(least)s to %(most)s."),
    "empty": _l("Please fill this in."),
    "too_long": _l("At most %(most)s characters. Shorten it."),
    "colour": _l("A colour such as #0F6B5C."),
    "asset": _l("This picture is not here any more. Upload it again."),
    "either": _l("Either a picture or a drawn scene. Take one out."),
    "too_many": _l("At most %(most)s boxes. Take some out."),
    "one_code": _l("A poster has exactly one code; this has %(found)s. Add it, or take the others out."),
    "outside": _l("The box reaches beyond the canvas. Move it in, or make it smaller."),
    "too_small": _l(
        "A code must be at least %(least)s wide and high to be scanned from a forwarded picture."
    ),
    "see_through": _l("The code and its plate must not be see-through."),
    "inverted": _l("The code must be darker than its plate: many telephones read no light code."),
    "contrast": _l(
        "Too little contrast between code and plate (%(found)s, needed is %(least)s). Make the code darker."
    ),
}
UNREADABLE = {
    "too_long": _l("The address in the code is too long for it. Make the code larger."),
    "too_small": _l("The code is too small to be drawn: at least %(least)s pixels. Make it larger."),
}
UNREAD = _l("The finished picture was scanned, and its code cannot be read. Move what lies over it away.")
BAD_PICTURE = {
    "empty": _l("The file is empty. Choose another one."),
    "too_large": _l("The picture is larger than 12 MB. Choose a smaller one."),
    "too_many_pixels": _l("The picture has more than 50 million pixels. Choose a smaller one."),
    "not_a_picture": _l("This is no picture we can read. Send a JPEG, PNG, WebP or GIF; SVG is not taken."),
    "broken": _l("The picture is damaged. Save it anew, or choose another one."),
}
ADVICE = {
    Advice.UNDER_BARS: _l("Telephones may cover this with their bars. Move it towards the middle."),
    Advice.NEAR_EDGE: _l("This is close to the edge, and may be cut off in print. Move it inwards."),
    Advice.OUTSIDE: _l("This lies outside the canvas; nobody sees it."),
}
PLACE = re.compile(r"boxes\[(\d+)\]\.?(.*)\Z")
_FIELD = re.compile(r"\{([a-z_]+)\}")


def problem(found: Problem) -> dict[str, Any]:
    """Return a problem as the editor shows it: the box and its field, and what to do."""
    place = PLACE.match(found.path)
    number, rest = (int(place[1]), place[2]) if place else (None, found.path)
    facts = {name: _said(value) for name, value in found.facts.items()}
    words = str(PROBLEMS.get(found.code, PROBLEMS["type"]))
    try:
        says = words % facts
    except KeyError:
        says = words
    if place is None and rest.startswith("background"):
        rest = rest.removeprefix("background").lstrip(".") or "picture"
        return {"box": "background", "field": re.split(r"[.\[]", rest)[0], "says": says}
    return {"box": number, "field": re.split(r"[.\[]", rest)[0], "says": says}


def unreadable(code: str, facts: Mapping[str, object]) -> str:
    """Say why a finished poster cannot be scanned, and what to do."""
    words = str(UNREADABLE.get(code, UNREAD))
    return words % facts if "%" in words else words


def box(found: Mapping[str, Any]) -> str:
    """Name a box of a document."""
    kind = str(found.get("kind", ""))
    if kind == "text":
        said = _FIELD.sub(lambda one: f"〔{FACTS.get(one[1], one[1])}〕", str(found.get("text", "")))
        return f"“{said[:16]}{'…' if len(said) > 16 else ''}”"
    if kind == "picture" and found.get("source") == "avatar":
        return str(_("Picture of the person"))
    if kind == "shape":
        return str(FORMS.get(str(found.get("form", "rect")), KINDS["shape"]))
    return str(KINDS.get(kind, kind))


def change(one: Change) -> str:
    """Say one difference in a sentence."""
    name = box(one.box) if one.box is not None else ""
    before, after = value(one.before), value(one.after)
    if one.did is Did.ADDED:
        return str(_("Added: %(name)s", name=name))
    if one.did is Did.REMOVED:
        return str(_("Removed: %(name)s", name=name))
    if one.did is Did.MOVED:
        return str(_("%(name)s moved from %(before)s to %(after)s", name=name, before=before, after=after))
    if one.did is Did.SIZED:
        return str(
            _("%(name)s has another size: %(before)s, now %(after)s", name=name, before=before, after=after)
        )
    if one.did is Did.CANVAS:
        return str(_("The canvas was %(before)s and is %(after)s", before=before, after=after))
    what = str(FIELDS.get(one.field, one.field))
    where = str(_("Background")) if one.did is Did.BACKGROUND else name
    return str(
        _(
            "%(name)s: %(what)s from %(before)s to %(after)s",
            name=where,
            what=what,
            before=before,
            after=after,
        )
    )


def value(found: Any) -> str:
    """Return a value of a document as one reads it."""
    if found is None or found == "":
        return str(_("as usual"))
    if isinstance(found, bool):
        return str(_("yes") if found else _("no"))
    if isinstance(found, Mapping):
        colours = found.get("colours")
        return " → ".join(map(str, colours)) if isinstance(colours, list) else str(found.get("colour", "…"))
    if isinstance(found, list):
        return "×".join(map(_said, found))
    if isinstance(found, str) and found.startswith("asset:"):
        return str(_("picture %(n)s", n=found.removeprefix("asset:")))
    return f"“{found}”" if isinstance(found, str) and not found.startswith("#") else _said(found)


def _said(found: object) -> str:
    if isinstance(found, float):
        return f"{found:g}"
    return "、".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
