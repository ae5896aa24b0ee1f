"""Reading finished files back: what is handed out is what was looked at, byte for byte."""

import base64
import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import zxingcpp
from PIL import Image, ImageDraw

from bot.prints import Unreadable

SVG = "{http://www.w3.org/2000/svg}"
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
RENDERED = 4  # pixels to a module of an SVG
DPI = 130  # a label sheet's first reading; what is not found is looked at more closely
CLOSER = 300
MM = 25.4
Box = tuple[float, float, float, float]


def read(picture: Image.Image) -> set[str]:
    """Return what the QR codes in `picture` say."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return {one.text for one in found}


def read_png(content: bytes, *, says: str, whose: str) -> None:
    """Raise `Unreadable` unless the picture says exactly this."""
    with Image.open(io.BytesIO(content)) as picture:
        _expect(read(picture.convert("L")), says, whose)


def read_svg(content: bytes, *, says: str, whose: str) -> None:
    """Draw our own SVG from its bytes and raise `Unreadable` unless it says exactly this."""
    root = ET.fromstring(content)  # noqa: S314 - written by us a moment ago
    whole = int(root.attrib["viewBox"].split()[-1])
    picture = Image.new("L", (whole * RENDERED, whole * RENDERED), 255)
    pen = ImageDraw.Draw(picture)
    for part in root:
        if part.tag == f"{SVG}path":
            for x, y, length in (map(int, found) for found in RUN.findall(part.attrib["d"])):
                left, top = x * RENDERED, y * RENDERED
                pen.rectangle((left, top, left + length * RENDERED - 1, top + RENDERED - 1), fill=0)
        elif part.tag == f"{SVG}rect" and "x" in part.attrib:
            at, size = int(part.attrib["x"]) * RENDERED, int(part.attrib["width"]) * RENDERED
            pen.rectangle((at, at, at + size - 1, at + size - 1), fill=255)
        elif part.tag == f"{SVG}image":
            at, size = round(float(part.attrib["x"]) * RENDERED), int(part.attrib["width"]) * RENDERED
            data = base64.b64decode(part.attrib["href"].partition(",")[2])
            with Image.open(io.BytesIO(data)) as mark:
                picture.paste(mark.convert("L").resize((size, size)), (at, at))
    _expect(read(picture), says, whose)


def read_pdf(content: bytes, pages: Sequence[Sequence[tuple[str, str, Box]]]) -> None:
    """Render every page and raise `Unreadable` unless each code on it says what it should, where it should.

    `pages` holds, for each page, (what the code says, whose it is, its box in mm from the top left).
    """
    import pypdfium2  # a tenth of a second, which every process would take to start

    with pypdfium2.PdfDocument(content) as document:
        if len(document) != len(pages):
            raise Unreadable("the file", f"it has {len(document)} pages, not {len(pages)}")
        for page, codes in zip(document, pages, strict=True):
            coarse = page.render(scale=DPI / 72, grayscale=True).to_pil()
            fine = None
            for says, whose, box in codes:
                found = read(_cut(coarse, box, DPI))
                if found != {says}:
                    fine = fine or page.render(scale=CLOSER / 72, grayscale=True).to_pil()
                    _expect(read(_cut(fine, box, CLOSER)), says, whose)
            page.close()


def _cut(page: Image.Image, box: Box, dpi: int) -> Image.Image:
    left, top, right, bottom = (side * dpi / MM for side in box)
    return page.crop((int(left), int(top), int(right) + 1, int(bottom) + 1))


def _expect(found: set[str], says: str, whose: str) -> None:
    if found != {says}:
        what = "cannot be read" if not found else "leads elsewhere"
        raise Unreadable(whose, f"the finished code {what}; it was not handed out")
