"""The demo's goods, drawn by us: a soft light behind, one plain shape in front."""

import io
import math
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

SIDE, FINE = 560, 2
PINE, DEEP, AMBER, PAPER, INK, SKY, BERRY = (
    "#0f6b5c",
    "#0b4a41",
    "#e59f2c",
    "#fffdf8",
    "#1e2a2b",
    "#2f7fb8",
    "#b3364b",
)
Pen = ImageDraw.ImageDraw


@cache
def draw(name: str) -> bytes:
    """Return the picture of that name as JPEG."""
    light, shade, shape = SHAPES[name]
    whole = SIDE * FINE
    picture = _light(whole, light, shade)
    shadow = Image.new("L", (100, 100), 0)
    ImageDraw.Draw(shadow).ellipse((22, 79, 78, 88), fill=90)
    shadow = shadow.filter(ImageFilter.GaussianBlur(2)).resize((whole, whole), Image.Resampling.BICUBIC)
    picture.paste(INK, (0, 0, whole, whole), shadow)
    shape(_Scaled(ImageDraw.Draw(picture), whole))
    out = io.BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.BOX).save(out, "JPEG", quality=92)
    return out.getvalue()


class _Scaled:
    """A pen that counts in hundredths of the picture."""

    def __init__(self, pen: Pen, whole: int) -> None:
        self._pen, self._whole = pen, whole

    def box(self, *place: float, fill: str, radius: float = 3) -> None:
        """Draw a box with round corners."""
        scaled = [_at(self._whole, one) for one in place]
        self._pen.rounded_rectangle(scaled, _at(self._whole, radius), fill=fill)

    def oval(self, *place: float, fill: str) -> None:
        """Draw an ellipse."""
        self._pen.ellipse([_at(self._whole, one) for one in place], fill=fill)

    def pie(self, *place: float, fill: str, start: float, end: float) -> None:
        """Draw a slice of an ellipse."""
        self._pen.pieslice([_at(self._whole, one) for one in place], start, end, fill=fill)

    def arc(self, *place: float, fill: str, start: float, end: float, width: float = 3) -> None:
        """Draw a part of an ellipse's edge."""
        scaled = [_at(self._whole, one) for one in place]
        self._pen.arc(scaled, start, end, fill=fill, width=_at(self._whole, width))

    def shape(self, *points: tuple[float, float], fill: str) -> None:
        """Draw what lies between the points."""
        self._pen.polygon([(_at(self._whole, x), _at(self._whole, y)) for x, y in points], fill=fill)

    def line(self, *points: tuple[float, float], fill: str, width: float = 2) -> None:
        """Draw a line through the points, with round ends."""
        scaled = [(_at(self._whole, x), _at(self._whole, y)) for x, y in points]
        thick = _at(self._whole, width)
        self._pen.line(scaled, fill=fill, width=thick, joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            self._pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)


def _cup(pen: _Scaled) -> None:
    pen.box(36, 22, 64, 32, fill=INK)
    pen.box(38, 16, 62, 25, fill=DEEP)
    pen.box(34, 30, 66, 84, fill=PINE, radius=7)
    pen.box(38, 34, 42, 78, fill="#2d8f7e", radius=2)
    pen.box(34, 50, 66, 66, fill=PAPER, radius=0)
    pen.shape((42, 63), (49, 53), (53, 58), (57, 54), (62, 63), fill=AMBER)


def _umbrella(pen: _Scaled) -> None:
    pen.pie(14, 20, 86, 92, fill=BERRY, start=180, end=360)
    pen.pie(32, 20, 68, 92, fill="#c9566a", start=180, end=360)
    for x in (14, 38, 62):
        pen.pie(x, 51, x + 24, 61, fill="#f3d9c4", start=180, end=360)
    pen.line((50, 20), (50, 78), fill=INK, width=2)
    pen.arc(50, 70, 62, 86, fill=INK, start=0, end=180, width=2.2)


def _case(pen: _Scaled) -> None:
    pen.arc(40, 8, 60, 40, fill=INK, start=180, end=360, width=2.4)
    pen.box(24, 24, 76, 82, fill=SKY, radius=7)
    for x in (34, 46, 58):
        pen.box(x, 30, x + 5, 76, fill="#4a97cc", radius=2)
    pen.box(24, 50, 76, 54, fill="#255f8a", radius=0)
    pen.box(64, 48, 72, 56, fill=AMBER, radius=1.5)
    for x in (30, 63):
        pen.oval(x, 80, x + 8, 88, fill=INK)


def _tea(pen: _Scaled) -> None:
    pen.box(22, 34, 78, 82, fill="#7d5a32", radius=4)
    pen.box(20, 26, 80, 42, fill="#94703f", radius=4)
    pen.box(38, 46, 62, 76, fill=PAPER, radius=2)
    pen.oval(44, 52, 56, 70, fill=PINE)
    pen.line((50, 54), (50, 69), fill="#9fd0c3", width=1)


def _lantern(pen: _Scaled) -> None:
    pen.line((50, 8), (50, 22), fill=INK, width=1.6)
    pen.box(38, 20, 62, 28, fill="#7a2433", radius=2)
    pen.oval(24, 24, 76, 74, fill=BERRY)
    pen.oval(34, 24, 66, 74, fill="#c9566a")
    pen.oval(43, 24, 57, 74, fill="#df7f8d")
    pen.box(38, 70, 62, 78, fill="#7a2433", radius=2)
    for x in (44, 50, 56):
        pen.line((x, 78), (x, 90), fill=AMBER, width=1.4)


def _scarf(pen: _Scaled) -> None:
    for reach, colour in (
        (36, "#c9607c"),
        (31, "#f6dfe4"),
        (28, "#dd8ca1"),
        (15, "#f6dfe4"),
        (12, "#b3465f"),
    ):
        pen.shape((50, 50 - reach), (50 + reach, 50), (50, 50 + reach), (50 - reach, 50), fill=colour)
    for x, y in ((50, 28), (72, 50), (50, 72), (28, 50)):
        pen.oval(x - 4, y - 4, x + 4, y + 4, fill="#f6dfe4")


def _lounge(pen: _Scaled) -> None:
    pen.box(20, 46, 80, 72, fill=PINE, radius=7)
    pen.box(28, 30, 72, 58, fill="#2d8f7e", radius=7)
    pen.box(14, 48, 28, 78, fill=DEEP, radius=5)
    pen.box(72, 48, 86, 78, fill=DEEP, radius=5)
    pen.oval(56, 10, 74, 28, fill=AMBER)
    for x in (24, 72):
        pen.box(x, 76, x + 4, 86, fill=INK, radius=1)


def _camera(pen: _Scaled) -> None:
    pen.box(36, 24, 60, 40, fill=INK, radius=3)
    pen.box(16, 32, 84, 78, fill=INK, radius=7)
    pen.box(16, 42, 84, 66, fill="#39494b", radius=0)
    pen.oval(32, 34, 70, 74, fill=PAPER)
    pen.oval(36, 38, 66, 70, fill=SKY)
    pen.oval(43, 44, 54, 56, fill="#9ccbe8")
    pen.oval(72, 36, 79, 43, fill=AMBER)


def _pillow(pen: _Scaled) -> None:
    pen.arc(20, 18, 80, 82, fill="#7f93b8", start=125, end=415, width=19)
    pen.arc(23, 21, 77, 79, fill="#98abcc", start=150, end=390, width=4)
    for x in (27, 62):
        pen.oval(x, 66, x + 14, 82, fill="#7f93b8")


def _cards(pen: _Scaled) -> None:
    pen.shape((18, 34), (64, 22), (74, 62), (28, 74), fill="#d9c9a6")
    pen.box(28, 34, 82, 76, fill=PAPER, radius=2)
    pen.box(32, 38, 78, 66, fill="#bfe0f0", radius=1)
    pen.shape((32, 66), (46, 48), (54, 58), (64, 44), (78, 66), fill=PINE)
    pen.oval(66, 40, 74, 48, fill=AMBER)


def _ticket(pen: _Scaled) -> None:
    pen.box(12, 32, 88, 70, fill=AMBER, radius=5)
    for y in (46, 54):
        pen.oval(8, y - 3, 16, y + 5, fill="#fbefd9")
        pen.oval(84, y - 3, 92, y + 5, fill="#fbefd9")
    for y in range(36, 68, 6):
        pen.box(62, y, 63.4, y + 3, fill=PAPER, radius=0.4)
    pen.shape((22, 60), (34, 42), (42, 52), (48, 46), (56, 60), fill=PAPER)
    pen.oval(70, 44, 82, 56, fill=PAPER)


def _hat(pen: _Scaled) -> None:
    pen.oval(10, 54, 90, 80, fill="#c79a54")
    pen.oval(10, 50, 90, 74, fill="#e2b96e")
    pen.pie(28, 20, 72, 92, fill="#e9c784", start=180, end=360)
    pen.box(28, 50, 72, 60, fill=BERRY, radius=0)
    pen.pie(28, 50, 72, 70, fill=BERRY, start=0, end=180)


def _light(whole: int, light: str, shade: str) -> Image.Image:
    """Return a ground that is lighter where the sun would be."""
    small = Image.new("L", (64, 64))
    pixels = [round(255 * min(1, math.hypot(x - 24, y - 18) / 62)) for y in range(64) for x in range(64)]
    small.putdata(pixels)
    mask = small.resize((whole, whole), Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", mask.size, shade), Image.new("RGB", mask.size, light), mask)


def _at(whole: int, hundredths: float) -> int:
    return round(whole * hundredths / 100)


SHAPES: dict[str, tuple[str, str, Callable[[_Scaled], None]]] = {
    "cup": ("#f4f8f4", "#b9d8cd", _cup),
    "umbrella": ("#fdf3ec", "#eec4b4", _umbrella),
    "case": ("#f2f8fc", "#b4d3e6", _case),
    "tea": ("#fbf6ea", "#d8c493", _tea),
    "lantern": ("#fff4e2", "#f0bf86", _lantern),
    "scarf": ("#fdf4f6", "#ecc7d1", _scarf),
    "lounge": ("#fdf8ec", "#e7d2a0", _lounge),
    "camera": ("#f3f6f6", "#b9c8c9", _camera),
    "pillow": ("#f4f6fb", "#c3cee2", _pillow),
    "cards": ("#f1f8f6", "#b7d9d0", _cards),
    "ticket": ("#fff7e8", "#f3cf94", _ticket),
    "hat": ("#f2f9fb", "#a9d7e4", _hat),
}
