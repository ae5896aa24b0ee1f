"""Paints, outlines of forms and soft shadows, as Pillow pictures."""

import math
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from posters.colours import mixed
from posters.template import Colour, Gradient, Paint, Shape

SMOOTH = 4  # forms are drawn this much larger and made small again
AT_ONCE = 40_000_000  # pixels of the larger drawing: a whole screen's
Size = tuple[int, int]
Box = tuple[int, int, int, int]
Window = tuple[int, int, int, int]  # left, top, right, bottom of the part of something that is wanted


def painted(size: Size, paint: Paint, window: Window | None = None) -> Image.Image:
    """Return `size` pixels of a paint, or `window` of them, RGBA."""
    window = window or (0, 0, *size)
    if not isinstance(paint, Gradient):
        return Image.new("RGBA", (window[2] - window[0], window[3] - window[1]), paint)
    ramp = _ramp(size, paint.angle, window)
    table = [_at(paint.stops, step / 255) for step in range(256)]
    return Image.merge("RGBA", [ramp.point([colour[band] for colour in table]) for band in range(4)])


def _ramp(size: Size, angle: float, window: Window) -> Image.Image:
    """Return `window` of a grey picture that goes from black to white along `angle`, corner to corner."""
    width, height = size
    across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    corners = [x * across + y * down for x in (0, width) for y in (0, height)]
    least, span = min(corners), (max(corners) - min(corners)) or 1
    source = Image.linear_gradient("L")
    left, top, right, bottom = window
    start = 0.5 + (across * left + down * top - least) * 255 / span
    plan = (0, 0, 128, across * 255 / span, down * 255 / span, start)
    return source.transform(
        (right - left, bottom - top), Image.Transform.AFFINE, plan, Image.Resampling.BILINEAR
    )


def _at(stops: tuple[tuple[Colour, float], ...], place: float) -> Colour:
    before, start = stops[0]
    for colour, stop in stops:
        if stop >= place:
            return mixed(before, colour, (place - start) / (stop - start)) if stop > start else colour
        before, start = colour, stop
    return before


def rounded(size: Size, radius: float) -> Image.Image:
    """Return the mask of a rectangle with round corners; a large radius makes it a circle."""
    corner = min(radius * SMOOTH, min(size) * SMOOTH / 2)

    def draw(pen: ImageDraw.ImageDraw, corners: Box) -> None:
        pen.rounded_rectangle(corners, corner, fill=255)

    return _smooth(size, (0, 0, *size), draw)


def form(shape: Shape, size: Size, scale: float, window: Window, *, outline: bool) -> Image.Image:
    """Return the mask of a shape of that size, or of its outline alone, as far as `window` shows of it."""
    width = max(1, round(shape.outline_width * scale * SMOOTH)) if outline else 0
    how = {"outline": 255, "width": width} if outline else {"fill": 255}
    radius = shape.radius * scale * SMOOTH if shape.form == "rounded" else 0

    def draw(pen: ImageDraw.ImageDraw, corners: Box) -> None:
        if shape.form == "ellipse":
            pen.ellipse(corners, **how)
        elif shape.form == "line":
            pen.line(corners, fill=255, width=max(1, round(max(shape.outline_width, 1) * scale * SMOOTH)))
        else:
            pen.rounded_rectangle(corners, min(radius, min(size) * SMOOTH / 2), **how)  # type: ignore[arg-type]  # a dictionary of both kinds

    return _smooth(size, window, draw)


def seen(size: Size, at: tuple[int, int], sheet: Size, margin: int) -> Window | None:
    """Return which part of what is so large and lies `at` there is on the sheet or so near; None if none."""
    (left, top), (wide, high) = at, sheet
    window = (
        max(0, -left - margin),
        max(0, -top - margin),
        min(size[0], wide - left + margin),
        min(size[1], high - top + margin),
    )
    return window if window[0] < window[2] and window[1] < window[3] else None


def _smooth(size: Size, window: Window, draw: Callable[[ImageDraw.ImageDraw, Box], None]) -> Image.Image:
    """Return `window` of what `draw` puts between the corners it is told, with smooth edges.

    What is larger than a screen is drawn strip by strip: a whole sheet for print, sixteen times over, would
    be half a gigabyte.
    """
    left, top, right, bottom = window
    if size[0] * size[1] * SMOOTH**2 <= AT_ONCE:
        whole = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH), 0)
        draw(ImageDraw.Draw(whole), (0, 0, whole.width - 1, whole.height - 1))
        return whole.resize(size, Image.Resampling.BOX).crop(window)
    wide = right - left
    mask = Image.new("L", (wide, bottom - top), 0)
    rows = max(1, AT_ONCE // (wide * SMOOTH * SMOOTH))
    for row in range(top, bottom, rows):
        high = min(rows, bottom - row)
        strip = Image.new("L", (wide * SMOOTH, high * SMOOTH), 0)
        x, y = -left * SMOOTH, -row * SMOOTH
        draw(ImageDraw.Draw(strip), (x, y, x + size[0] * SMOOTH - 1, y + size[1] * SMOOTH - 1))
        mask.paste(strip.resize((wide, high), Image.Resampling.BOX), (0, row - top))
    return mask


def faded(mask: Image.Image, alpha: int) -> Image.Image:
    """Return a mask that lets `alpha` of 255 through."""
    return mask if alpha == 255 else mask.point([value * alpha // 255 for value in range(256)])


def soft(mask: Image.Image, blur: float) -> Image.Image:
    """Return a mask with blurred edges."""
    return mask.filter(ImageFilter.GaussianBlur(blur)) if blur > 0 else mask


def lay(
    base: Image.Image,
    paint: Paint,
    mask: Image.Image,
    at: tuple[int, int],
    *,
    size: Size | None = None,
    window: Window | None = None,
) -> None:
    """Put a paint on `base`, RGB, through a mask, which may be `window` of something of that size."""
    if isinstance(paint, Gradient):
        picture = painted(size or mask.size, paint, window)
        base.paste(picture, at, Image.composite(picture.getchannel("A"), Image.new("L", mask.size), mask))
    else:
        base.paste(paint[:3], at, faded(mask, paint[3]))
