"""Many printed posters as one PDF, written a page at a time into what cannot seek: one page is in memory."""

import re
from typing import Protocol

# The engine's own page, one picture on it (`posters.pdf`); nothing else is ever bound.
PAGE = re.compile(
    rb"/MediaBox (?P<media>\[[\d. ]+\]) /BleedBox \[[\d. ]+\] /TrimBox (?P<trim>\[[\d. ]+\])"
    rb".*?stream\n(?P<show>q .*?)\nendstream"
    rb".*?/Width (?P<width>\d+) /Height (?P<height>\d+) .*?/Length (?P<length>\d+) >>\nstream\n",
    re.DOTALL,
)
CATALOG, PAGES, FIRST = 1, 2, 3  # numbers of objects; those of the pages follow


class _Out(Protocol):
    def write(self, data: bytes, /) -> int: ...


class Book:
    """A PDF of pages `posters.draw_print` made. Call `end` after the last one."""

    def __init__(self, out: _Out) -> None:
        self._out = out
        self._at = 0
        self._places: dict[int, int] = {}
        self._pages: list[int] = []
        self._write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")

    def add(self, page: bytes) -> None:
        """Add a page; raise `ValueError` for anything but one the engine made."""
        found = PAGE.search(page, 0, 4096)
        if found is None:
            raise ValueError("not a page of a poster")
        picture = page[found.end() : found.end() + int(found["length"])]
        number = FIRST + 3 * len(self._pages)
        self._object(
            number,
            b"<< /Type /XObject /Subtype /Image /Width %b /Height %b /ColorSpace /DeviceRGB "
            b"/BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%b\nendstream"
            % (found["width"], found["height"], len(picture), picture),
        )
        show = found["show"]
        self._object(number + 1, b"<< /Length %d >>\nstream\n%b\nendstream" % (len(show), show))
        self._object(
            number + 2,
            b"<< /Type /Page /Parent %d 0 R /MediaBox %b /BleedBox %b /TrimBox %b "
            b"/Resources << /XObject << /P %d 0 R >> >> /Contents %d 0 R >>"
            % (PAGES, found["media"], found["media"], found["trim"], number, number + 1),
        )
        self._pages.append(number + 2)

    def end(self) -> None:
        """Write what names the pages, and where everything is."""
        kids = b" ".join(b"%d 0 R" % one for one in self._pages)
        self._object(PAGES, b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(self._pages)))
        self._object(CATALOG, b"<< /Type /Catalog /Pages %d 0 R >>" % PAGES)
        start, total = self._at, max(self._places) + 1
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % total)
        for number in range(1, total):
            self._write(b"%010d 00000 n \n" % self._places[number])
        self._write(
            b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (total, CATALOG, start)
        )

    def _object(self, number: int, content: bytes) -> None:
        self._places[number] = self._at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, content))

    def _write(self, content: bytes) -> None:
        self._out.write(content)
        self._at += len(content)
