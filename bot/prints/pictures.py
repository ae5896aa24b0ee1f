"""A code as PNG or SVG. Every module is a whole number of pixels; the same facts give the same bytes."""

import base64
import io

from PIL import Image

from bot.prints import logo as logos
from bot.prints import proof
from bot.prints.matrix import QUIET, Matrix, matrix, plate, runs

LEAST, MOST = 120, 4000  # pixels


def png(text: str, *, width: int, whose: str, logo: Image.Image | None = None) -> bytes:
    """Return the code as PNG of at most `width` pixels; raise `Unreadable`, naming `whose`, if it is not.

    What whole modules do not fill is left off: 430 asked for may be 407.
    """
    drawn = _drawn(matrix(text, has_logo=logo is not None), width, logo)
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=False, compress_level=3)
    finished = out.getvalue()
    proof.read_png(finished, says=text, whose=whose)
    return finished


def svg(text: str, *, whose: str, logo: Image.Image | None = None) -> bytes:
    """Return the code as SVG, a unit to the module; raise `Unreadable`, naming `whose`, if it is not."""
    code = matrix(text, has_logo=logo is not None)
    side = len(code)
    whole = side + 2 * QUIET
    path = "".join(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z" for x, y, length in runs(code))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" '
            'shape-rendering="crispEdges">'
        ),
        f'<rect width="{whole}" height="{whole}" fill="#fff"/>',
        f'<path d="{path}" fill="#000"/>',
    ]
    if logo is not None:
        start, width = plate(side)
        at = start + QUIET
        data = base64.b64encode(logos.packed(logo)).decode()
        parts += [
            f'<rect x="{at}" y="{at}" width="{width}" height="{width}" fill="#fff"/>',
            (
                f'<image x="{at + 0.5}" y="{at + 0.5}" width="{width - 1}" height="{width - 1}" '
                f'href="data:image/png;base64,{data}"/>'
            ),
        ]
    finished = "".join([*parts, "</svg>"]).encode()
    proof.read_svg(finished, says=text, whose=whose)
    return finished


def _drawn(code: Matrix, width: int, logo: Image.Image | None) -> Image.Image:
    side = len(code)
    module = max(1, width // (side + 2 * QUIET))
    whole = (side + 2 * QUIET) * module
    small = Image.frombytes("L", (side, side), bytes(0 if dark else 255 for row in code for dark in row))
    modules = small.resize((side * module, side * module), Image.Resampling.NEAREST)
    if logo is None:
        picture = Image.new("L", (whole, whole), 255)
        picture.paste(modules, (QUIET * module, QUIET * module))
        return picture.convert("1", dither=Image.Dither.NONE)
    picture = Image.new("RGB", (whole, whole), "white")
    picture.paste(modules.convert("RGB"), (QUIET * module, QUIET * module))
    start, across = plate(side)
    at, size, inner = (start + QUIET) * module, across * module, (across - 1) * module
    picture.paste("white", (at, at, at + size, at + size))
    mark = logo.resize((inner, inner), Image.Resampling.LANCZOS)
    picture.paste(mark, (at + module // 2, at + module // 2))
    return picture
