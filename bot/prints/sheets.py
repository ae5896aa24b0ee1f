"""Sheets of labels for the print shop: A4, vector codes, captions, bleed and cutting marks."""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from PIL import Image

from bot.prints import fonts, proof
from bot.prints.matrix import QUIET, matrix, plate, runs
from bot.prints.proof import Box

WIDTH, HEIGHT = 210.0, 297.0  # mm
MARGIN = 12.0  # from the paper's edge to the first cut
BLEED = 3.0  # how far the band is printed past the cut
MARK = 5.0  # length of a cutting mark
BAND = 7.0  # height of the band at a label's foot
PAD = 3.0
OVERLAP = 0.012  # without it, hairlines show between the rows of a code on some screens
PINE = (15, 107, 92)
SOFT = (92, 104, 105)
FONT = "cjk"
ALWAYS = datetime(2020, 1, 1, tzinfo=UTC)  # the same labels are the same bytes, whenever they are printed
POINT = 25.4 / 72


class Layout(enum.StrEnum):
    """How many labels a sheet holds."""

    ONE = "1"
    SIX = "6"
    TWELVE = "12"
    TWENTY_FOUR = "24"


GRIDS = {Layout.ONE: (1, 1), Layout.SIX: (2, 3), Layout.TWELVE: (3, 4), Layout.TWENTY_FOUR: (4, 6)}
LETTERS = {Layout.ONE: 26.0, Layout.SIX: 12.0, Layout.TWELVE: 9.0, Layout.TWENTY_FOUR: 7.0}  # points


@dataclass(frozen=True, slots=True)
class Label:
    """One label: what its code says, the caption under it, and a second, smaller line."""

    url: str
    caption: str
    detail: str
    whose: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one label lies once it is cut, in mm from the top left, and where its code lies on it."""

    x: float
    y: float
    width: float
    height: float
    letters: float

    @property
    def code(self) -> tuple[float, float, float]:
        """The code with its quiet zone: left, top, side."""
        words = self.letters * POINT * 3.6
        side = min(self.width - 2, self.height - BAND - words - PAD)
        return self.x + (self.width - side) / 2, self.y + PAD / 2, side


def pages_of(labels: Sequence[Label], layout: Layout) -> int:
    """Return how many sheets the labels fill."""
    columns, rows = GRIDS[layout]
    return -(-len(labels) // (columns * rows))


def pdf(
    labels: Sequence[Label], *, layout: Layout, foot: str, title: str, logo: Image.Image | None = None
) -> bytes:
    """Return the labels as a PDF; raise `Unreadable`, naming whose, if any of its codes cannot be read there.

    Held in memory: give it a few hundred at a time. `foot` stands in the band at every label's foot.
    """
    sheet = _Sheet(layout, foot=foot, title=title, logo=logo)
    pages: list[list[tuple[str, str, Box]]] = []
    places = list(_places(layout))
    for start in range(0, len(labels), len(places)):
        sheet.begin()
        some = labels[start : start + len(places)]
        pages.append([sheet.put(label, place) for label, place in zip(some, places, strict=False)])
    finished = sheet.finished()
    proof.read_pdf(finished, pages)
    return finished


def _places(layout: Layout) -> Iterator[_Place]:
    columns, rows = GRIDS[layout]
    gap = 2 * BLEED
    width = (WIDTH - 2 * MARGIN - (columns - 1) * gap) / columns
    height = (HEIGHT - 2 * MARGIN - (rows - 1) * gap) / rows
    for row in range(rows):
        for column in range(columns):
            x, y = MARGIN + column * (width + gap), MARGIN + row * (height + gap)
            yield _Place(x, y, width, height, LETTERS[layout])


class _Sheet:
    """A PDF being drawn."""

    def __init__(self, layout: Layout, *, foot: str, title: str, logo: Image.Image | None) -> None:
        # Only here: a third of a second that no process should spend before somebody wants a sheet.
        from fpdf import FPDF
        from fpdf.fonts import TTFFont

        self._layout = layout
        self._logo = logo
        self._pdf = FPDF(unit="mm", format="A4")
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_creation_date(ALWAYS)
        self._pdf.set_title(title)
        self._pdf.set_producer("Yizhan")
        self._pdf.add_font(FONT, "", str(fonts.chinese()), collection_font_number=fonts.SIMPLIFIED)
        font = self._pdf.fonts[FONT]
        assert isinstance(font, TTFFont)
        self._known = font.cmap
        self._foot = self._printable(foot)

    def begin(self) -> None:
        """Begin a sheet with its cutting marks, at the margins, one for each cut."""
        self._pdf.add_page()
        self._pdf.set_draw_color(0, 0, 0)
        self._pdf.set_line_width(0.1)
        places = list(_places(self._layout))
        near = MARGIN - BLEED - MARK
        for x in sorted({side for one in places for side in (one.x, one.x + one.width)}):
            self._pdf.line(x, near, x, near + MARK)
            self._pdf.line(x, HEIGHT - near - MARK, x, HEIGHT - near)
        for y in sorted({side for one in places for side in (one.y, one.y + one.height)}):
            self._pdf.line(near, y, near + MARK, y)
            self._pdf.line(WIDTH - near - MARK, y, WIDTH - near, y)

    def put(self, label: Label, place: _Place) -> tuple[str, str, Box]:
        """Draw one label and return what its code must say, whose it is, and where it lies."""
        left, top, side = place.code
        self._band(place)
        self._code(label.url, left, top, side)
        self._words(label, place, top + side)
        return label.url, label.whose, (left, top, left + side, top + side)

    def finished(self) -> bytes:
        """Return the file."""
        return bytes(self._pdf.output())

    def _band(self, place: _Place) -> None:
        pdf = self._pdf
        pdf.set_fill_color(*PINE)
        top = place.y + place.height - BAND
        pdf.rect(place.x - BLEED, top, place.width + 2 * BLEED, BAND + BLEED, style="F")
        pdf.set_text_color(255, 255, 255)
        letters = min(place.letters, 12)
        self._line(self._foot, place, top + BAND / 2 + letters * POINT * 0.36, letters)

    def _code(self, url: str, left: float, top: float, side: float) -> None:
        pdf = self._pdf
        code = matrix(url, has_logo=self._logo is not None)
        module = side / (len(code) + 2 * QUIET)
        pdf.set_fill_color(0, 0, 0)
        k, bottom = pdf.k, pdf.h
        boxes = (
            f"{(left + (x + QUIET) * module) * k:.3f} {(bottom - top - (y + QUIET) * module) * k:.3f} "
            f"{length * module * k:.3f} {-(module + OVERLAP) * k:.3f} re"
            for x, y, length in runs(code)
        )
        # All of a code as one path: two hundred calls of `rect` take six times as long.
        pdf._out(" ".join([*boxes, "f"]))  # noqa: SLF001
        if self._logo is not None:
            start, across = plate(len(code))
            edge, foot = left + (start + QUIET) * module, top + (start + QUIET) * module
            pdf.set_fill_color(255, 255, 255)
            pdf.rect(edge, foot, across * module, across * module, style="F")
            size = (across - 1) * module
            pdf.image(self._logo, edge + module / 2, foot + module / 2, size, size)

    def _words(self, label: Label, place: _Place, top: float) -> None:
        self._pdf.set_text_color(30, 42, 43)
        line = place.letters * POINT
        base = top + line * 0.9
        lines = self._wrapped(self._printable(label.caption), place.width - 2, place.letters)
        for number, text in enumerate(lines):
            self._line(text, place, base + number * line * 1.25, place.letters)
        self._pdf.set_text_color(*SOFT)
        small = place.letters * 0.78
        detail = self._wrapped(self._printable(label.detail), place.width - 2, small)[:1]
        for text in detail:
            self._line(text, place, base + len(lines) * line * 1.25, small)

    def _line(self, text: str, place: _Place, base: float, letters: float) -> None:
        self._pdf.set_font(FONT, size=letters)
        width = self._pdf.get_string_width(text)
        self._pdf.text(place.x + (place.width - width) / 2, base, text)

    def _wrapped(self, text: str, width: float, letters: float) -> list[str]:
        """Return the text in at most two lines; what does not fit ends in …"""
        self._pdf.set_font(FONT, size=letters)
        fits = self._pdf.get_string_width
        lines: list[str] = []
        rest = text
        while rest and len(lines) < 2:
            end = len(rest)
            while end > 1 and fits(rest[:end]) > width:
                end -= 1
            lines.append(rest[:end].strip())
            rest = rest[end:].strip()
        if rest:
            last = lines[-1]
            while last and fits(f"{last}…") > width:
                last = last[:-1]
            lines[-1] = f"{last}…"
        return [one for one in lines if one]

    def _printable(self, text: str) -> str:
        """Leave out what the font has no letter for, such as emoji."""
        return "".join(letter for letter in text if ord(letter) in self._known).strip()
