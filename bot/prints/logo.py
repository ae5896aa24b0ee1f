"""The mark in the middle of a code: ours, or one somebody uploaded."""

import io
import warnings

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from bot.prints import BadLogo

LARGEST = 1024 * 1024  # bytes of an upload
MOST_PIXELS = 4_000_000
SIDE = 240
PINE = "#0F6B5C"
FORMATS = ("PNG", "JPEG", "WEBP")
_SCALE = 4


def lantern() -> Image.Image:
    """Return our mark, a lantern over a road, drawn as admin/static/lantern.svg is."""
    size = SIDE * _SCALE
    unit = size / 32
    drawn = Image.new("RGB", (size, size), "white")
    pen = ImageDraw.Draw(drawn)
    width = round(unit * 2.6)

    def line(*places: float) -> None:
        points = [(x * unit, y * unit) for x, y in zip(places[::2], places[1::2], strict=True)]
        pen.line(points, fill=PINE, width=width, joint="curve")
        for x, y in points:
            pen.ellipse((x - width / 2.1, y - width / 2.1, x + width / 2.1, y + width / 2.1), fill=PINE)

    line(16, 2, 16, 6)
    line(11, 6, 21, 6)
    line(10, 8.5, 22, 8.5, 23.2, 12.5, 23.2, 16.5, 22, 20.5, 10, 20.5, 8.8, 16.5, 8.8, 12.5, 10, 8.5)
    line(16, 8.5, 16, 20.5)
    line(12.5, 23, 19.5, 23)
    line(16, 23, 16, 25.5)
    line(3, 30, 7, 27.9, 11, 26.5, 16, 26, 21, 26.5, 25, 27.9, 29, 30)
    return drawn.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def opened(content: bytes) -> Image.Image:
    """Return an uploaded picture as a square on white; raise `BadLogo` for what is none, or too large.

    What the file calls itself does not count, and its size is looked at before it is unpacked.
    """
    if len(content) > LARGEST:
        raise BadLogo("too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = Image.open(io.BytesIO(content), formats=FORMATS)
            if found.width * found.height > MOST_PIXELS:
                raise BadLogo("too_many_pixels")
            found.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, Warning):
        raise BadLogo("not_a_picture") from None
    upright = ImageOps.exif_transpose(found).convert("RGBA")
    upright.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (SIDE, SIDE), "white")
    square.alpha_composite(upright, ((SIDE - upright.width) // 2, (SIDE - upright.height) // 2))
    return square.convert("RGB")


def packed(logo: Image.Image) -> bytes:
    """Return the logo as PNG, the same bytes for the same picture."""
    out = io.BytesIO()
    logo.save(out, "PNG", optimize=False)
    return out.getvalue()
