"""Fonts, and which of them has a character.

The Chinese font is a package's, so that a poster looks the same on every machine. What it lacks is looked for
in the machine's own fonts; what none has is left out, for a hollow box says nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont
from PIL import ImageFont

SIMPLIFIED = 2  # the index of Simplified Chinese in the collection
EMOJI_SIZE = 109  # the one size NotoColorEmoji has bitmaps of
PLACES = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
OTHERS = (
    "NotoSans-Regular.ttf", "NotoSansArabic-Regular.ttf", "NotoSansThai-Regular.ttf",
    "NotoSerifTibetan-Regular.ttf", "NotoSansMongolian-Regular.ttf", "NotoSansDevanagari-Regular.ttf",
    "NotoSansMath-Regular.ttf", "NotoSansSymbols-Regular.ttf", "NotoSansSymbols2-Regular.ttf",
    "DejaVuSans.ttf", "wqy-microhei.ttc",
)  # fmt: skip
_lock = threading.Lock()  # FreeType's faces may be used by one thread at a time


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and the characters it has."""

    path: str
    index: int = 0
    has: frozenset[int] = field(default=frozenset(), repr=False, compare=False)


@cache
def chinese() -> Face:
    """Return the collection of the package noto-cjk-sans-otc; `FileNotFoundError` says what to install."""
    found = find_spec("noto_cjk_sans_otc")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in sorted(Path(folder).rglob("*.ttc")):
            return _face(path, SIMPLIFIED)
    raise FileNotFoundError("the package noto-cjk-sans-otc is not installed; run make setup")


@cache
def emoji() -> Face | None:
    """Return the machine's NotoColorEmoji, if it has one."""
    found = _on_machine().get("NotoColorEmoji.ttf")
    return _face(found) if found else None


@cache
def others() -> tuple[Face, ...]:
    """Return those of the machine's fonts that may have what the Chinese one lacks."""
    found = _on_machine()
    return tuple(_face(found[name]) for name in OTHERS if name in found)


@cache
def _on_machine() -> dict[str, Path]:
    return {path.name: path for place in PLACES if place.is_dir() for path in sorted(place.rglob("*.tt[fc]"))}


def _face(path: Path, index: int = 0) -> Face:
    with TTFont(path, fontNumber=index, lazy=True) as found:
        return Face(str(path), index, frozenset(found.getBestCmap()))


class Font:
    """A face in a size. Advances are kept; drawing and measuring take turns."""

    def __init__(self, face: Face, size: int, engine: ImageFont.Layout) -> None:
        self.face, self.size = face, size
        self.loaded = ImageFont.truetype(face.path, size, index=face.index, layout_engine=engine)
        self._advances: dict[str, float] = {}

    def advance(self, text: str) -> float:
        """Return how far `text` moves the pen."""
        found = self._advances.get(text)
        if found is None:
            with _lock:
                found = self.loaded.getlength(text)
            if len(self._advances) > 4000:
                self._advances = {}
            self._advances[text] = found
        return found

    def use(self, act: Callable[[ImageFont.FreeTypeFont], None]) -> None:
        """Let `act` draw with the font, alone."""
        with _lock:
            act(self.loaded)


@lru_cache(maxsize=96)
def font(face: Face, size: int) -> Font:
    """Return a face in a size. The Chinese one is set letter by letter, so that advances add up exactly."""
    engine = ImageFont.Layout.BASIC if face.index == SIMPLIFIED else ImageFont.Layout.RAQM
    return Font(face, size, engine)


Kind = Literal["main", "emoji", "other"]


def home(cluster: str) -> tuple[Kind, Face] | None:
    """Return the face that has all of a cluster (a character, or an emoji of several), or None."""
    main, coloured = chinese(), emoji()
    first = ord(cluster[0])
    if _is_emoji(cluster):
        return ("emoji", coloured) if coloured and first in coloured.has else None
    if all(ord(char) in main.has for char in cluster):
        return "main", main
    if coloured and len(cluster) == 1 and first in coloured.has and first > 0x2000:
        return "emoji", coloured
    for face in others():
        if all(ord(char) in face.has for char in cluster):
            return "other", face
    return None


def _is_emoji(cluster: str) -> bool:
    first = ord(cluster[0])
    if 0x1F300 <= first < 0x20000 or 0x1F1E6 <= first <= 0x1F1FF:
        return True
    return "\ufe0f" in cluster or "\u20e3" in cluster
