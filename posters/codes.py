"""The QR code: whole pixels to a module, four modules of quiet, and read back from the finished picture."""

from functools import lru_cache

import zxingcpp
from PIL import Image
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from posters import painting
from posters.errors import Unreadable
from posters.template import Code

QUIET = 4  # modules, as ISO/IEC 18004 asks
LOGO = 0.24  # of the code's width; its area is a fifth of what the highest correction makes up for
LEAST_MODULE = 2  # pixels
LONGEST = 300  # characters; longer codes are too fine for a poster
MASK = 3  # trying all eight costs four milliseconds and wins nothing a reader would notice


@lru_cache(maxsize=256)
def modules(text: str, *, has_logo: bool) -> Image.Image:
    """Return the code that says `text`, a pixel to the module; with a logo it bears its loss."""
    if not text.strip():
        raise Unreadable("no_code")
    if len(text) > LONGEST:
        raise Unreadable("too_long", most=LONGEST)
    level = ERROR_CORRECT_H if has_logo else ERROR_CORRECT_M
    code = QRCode(error_correction=level, border=0, mask_pattern=MASK)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        raise Unreadable("too_long", most=LONGEST) from None
    rows = code.get_matrix()
    return Image.frombytes(
        "L", (len(rows), len(rows)), bytes(255 if dark else 0 for row in rows for dark in row)
    )


def put(
    base: Image.Image, box: Code, text: str, place: tuple[int, int, int, int], logo: Image.Image | None
) -> None:
    """Draw the plate and the code into `place` (left, top, width, height); `Unreadable` if too small."""
    left, top, width, height = place
    small = modules(text, has_logo=logo is not None)
    side = small.width
    module = min(width, height) // (side + 2 * QUIET)
    if module < LEAST_MODULE:
        raise Unreadable("too_small", least=(side + 2 * QUIET) * LEAST_MODULE, found=min(width, height))
    radius = box.radius * width / box.area.width
    base.paste(box.plate[:3], (left, top), _plate((width, height), radius))
    across = side * module
    x, y = left + (width - across) // 2, top + (height - across) // 2
    large = small.resize((across, across), Image.Resampling.NEAREST)
    base.paste(box.colour[:3], (x, y), large)
    if logo is not None:
        hole = int(side * LOGO) // 2 * 2 + 1
        start, size = (side - hole) // 2 * module, hole * module
        base.paste(box.plate[:3], (x + start, y + start, x + start + size, y + start + size))
        inner = size - module
        mark = logo.resize((inner, inner), Image.Resampling.LANCZOS)
        base.paste(mark, (x + start + module // 2, y + start + module // 2), mark)


@lru_cache(maxsize=32)
def _plate(size: tuple[int, int], radius: float) -> Image.Image:
    return painting.rounded(size, radius)


def prove(picture: Image.Image, says: str, place: tuple[int, int, int, int]) -> None:
    """Scan the code at `place` of a finished picture; raise `Unreadable` unless it says what it should."""
    left, top, width, height = place
    crop = picture.crop((left, top, left + width, top + height)).convert("L")
    found = zxingcpp.read_barcodes(
        crop, formats=zxingcpp.BarcodeFormat.QRCode, try_rotate=False, try_downscale=False, try_invert=False
    )
    if not found:
        raise Unreadable("not_found")
    if {one.text for one in found} != {says}:
        raise Unreadable("says_else")
