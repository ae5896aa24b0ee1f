"""Small pictures of how each design should look with hard facts. `python -m tests.posters.goldens` makes them anew.

Look at each before committing it.
"""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageStat

import posters
from posters import Facts, fonts
from tests.posters.staff import hard, usual

PLACE = Path(__file__).parent / "pictures"
SHEET = Path(__file__).parents[2] / "docs" / "pictures" / "posters.jpg"
WIDTH = 270
DRAWN = 540  # what is drawn and made small: a code needs two pixels to a module
MEAN = 3.0  # of 255
# How much of the picture may differ by more than 48: a missing name is 0.004, an address 0.0014. Without the
# emoji's font the name is set larger.
PART = 0.001 if fonts.emoji() else 0.008


def small(key: str) -> Image.Image:
    """Draw one design with hard facts, small."""
    drawn = posters.draw(posters.builtin()[key], hard(), width=DRAWN, form="png")
    return Image.open(BytesIO(drawn)).convert("RGB").reduce(DRAWN // WIDTH)


def differ(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Return the mean difference of two pictures, and the part that differs much."""
    # Softened, because the golden is kept with losses that no eye sees.
    soft = [picture.filter(ImageFilter.BoxBlur(1)) for picture in (one, other)]
    difference = ImageChops.difference(*soft).convert("L")
    histogram = difference.histogram()
    return ImageStat.Stat(difference).mean[0], sum(histogram[49:]) / sum(histogram)


def side_by_side() -> Image.Image:
    """Draw all designs in two rows, as docs/posters.md shows them."""
    facts = Facts(usual().texts, usual().code)
    drawn = [posters.draw(one, facts, width=DRAWN) for one in posters.builtin().values()]
    across = (len(drawn) + 1) // 2
    sheet = Image.new("RGB", (across * 280 + 10, 2 * 490 + 10), "#E7ECEA")
    for index, one in enumerate(drawn):
        place = (10 + index % across * 280, 10 + index // across * 490)
        sheet.paste(Image.open(BytesIO(one)).reduce(DRAWN // WIDTH), place)
    return sheet


def main() -> None:
    side_by_side().save(SHEET, quality=88)
    PLACE.mkdir(exist_ok=True)
    for key in posters.builtin():
        small(key).save(PLACE / f"{key}.webp", quality=90, method=6)


if __name__ == "__main__":
    main()
