"""What a code is made of: dark modules and light ones, before it is any picture."""

from collections.abc import Iterator
from functools import lru_cache

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_M

QUIET = 4  # modules of white around it, as ISO/IEC 18004 asks
LOGO = 0.24  # of the code's width; its area is a fifth of what the highest correction makes up for
MASK = 3  # trying all eight costs four milliseconds and wins nothing a reader would notice
Matrix = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=512)
def matrix(text: str, *, has_logo: bool) -> Matrix:
    """Return the rows of the code that says `text`; with a logo it is made to bear the loss of its middle."""
    code = QRCode(
        error_correction=ERROR_CORRECT_H if has_logo else ERROR_CORRECT_M, border=0, mask_pattern=MASK
    )
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(dark) for dark in row) for row in code.get_matrix())


def runs(code: Matrix) -> Iterator[tuple[int, int, int]]:
    """Yield (column, row, length) of every unbroken line of dark modules."""
    for y, row in enumerate(code):
        start = None
        for x, dark in enumerate((*row, False)):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                yield start, y, x - start
                start = None


def plate(side: int) -> tuple[int, int]:
    """Return where the logo's plate begins and how wide it is, in modules: in the middle, on whole ones."""
    width = int(side * LOGO) // 2 * 2 + 1
    return (side - width) // 2, width
