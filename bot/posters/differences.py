"""What one document says otherwise than another, box by box."""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

Document = Mapping[str, Any]
PLACE = ("x", "y")
EXTENT = ("width", "height")


class Did(enum.StrEnum):
    """What happened to a box, or to what is behind all of them."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    SIZED = "sized"
    CHANGED = "changed"
    BACKGROUND = "background"
    CANVAS = "canvas"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `box` is the box as it is now, or was; `field` what of it changed."""

    did: Did
    box: Document | None = None
    field: str = ""
    before: Any = None
    after: Any = None


def changes(before: Document, after: Document) -> list[Change]:
    """Return what `after` says otherwise: canvas and background first, then the boxes from back to front."""
    found = []
    if before.get("canvas") != after.get("canvas"):
        found.append(Change(Did.CANVAS, before=_size(before.get("canvas")), after=_size(after.get("canvas"))))
    behind, now = dict(before.get("background") or {}), dict(after.get("background") or {})
    found += [
        Change(Did.BACKGROUND, None, name, behind.get(name), now.get(name))
        for name in sorted(behind.keys() | now.keys())
        if behind.get(name) != now.get(name)
    ]
    return found + list(_boxes(list(before.get("boxes") or []), list(after.get("boxes") or [])))


def _boxes(before: list[Document], after: list[Document]) -> Iterator[Change]:
    """Yield how the boxes differ. One is known again by what it shows, else by its kind and place."""
    matcher = SequenceMatcher(None, [_shows(one) for one in before], [_shows(one) for one in after], False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        old, new = before[start:end], after[new_start:new_end]
        if tag == "replace" and [one.get("kind") for one in old] != [one.get("kind") for one in new]:
            yield from (Change(Did.REMOVED, one) for one in old)
            yield from (Change(Did.ADDED, one) for one in new)
            continue
        for was, now in zip(old, new, strict=False):
            yield from _fields(was, now)
        yield from (Change(Did.REMOVED, one) for one in old[len(new) :])
        yield from (Change(Did.ADDED, one) for one in new[len(old) :])


def _shows(box: Document) -> tuple[str, str]:
    what = box.get("text") or box.get("source") or box.get("form") or ""
    return str(box.get("kind")), str(what)


def _fields(was: Document, now: Document) -> Iterator[Change]:
    for did, names in ((Did.MOVED, PLACE), (Did.SIZED, EXTENT)):
        before, after = ([one.get(name) for name in names] for one in (was, now))
        if before != after:
            yield Change(did, now, "", before, after)
    for name in sorted(was.keys() | now.keys()):
        if name not in {*PLACE, *EXTENT} and was.get(name) != now.get(name):
            yield Change(Did.CHANGED, now, name, was.get(name), now.get(name))


def _size(canvas: Any) -> list[Any]:
    found = canvas if isinstance(canvas, Mapping) else {}
    return [found.get("width"), found.get("height")]
