"""Sheets that people send: .xlsx and .csv, told apart by what is in them and never by their names.

Only values are read: no formula is run, no link followed, no macro looked at.
Rows come one at a time, so that memory does not grow with them.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, takewhile

from bot.sheets import columns as headers
from bot.sheets import excel
from bot.sheets.cells import clean
from bot.sheets.columns import Column, Header
from bot.sheets.excel import Row
from bot.sheets.guard import OLE, ZIP, check_package
from bot.sheets.limits import USUAL, Limits, NotASheet

ENCODINGS = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number as the spreadsheet shows it, its cells by column, and those that hold an error."""

    number: int
    cells: dict[str, str]
    errors: frozenset[str] = frozenset()


class Table:
    """Somebody's sheet whose columns were found. `lines` may be asked for again."""

    def __init__(self, content: bytes, header: Header, limits: Limits) -> None:
        self._content = content
        self._header = header
        self._limits = limits
        self.columns = tuple(header.places.values())
        self.unknown = header.unknown
        self.stopped_at: int | None = None  # after so many blank rows nothing below was read

    def lines(self) -> Iterator[Line]:
        """Return the rows that are not blank. Raise `NotASheet` where there are too many."""
        count, last = 0, self._header.number
        with _rows(self._content, self._limits) as rows:
            for number, cells, errors in rows:
                if number <= self._header.number:
                    continue
                if not any(cells):
                    if number - last > self._limits.blank:
                        self.stopped_at = number
                        return
                    continue
                last = number
                count += 1
                if count > self._limits.rows:
                    raise NotASheet("too_many_rows", most=self._limits.rows)
                yield self._line(number, cells, errors)

    def _line(self, number: int, cells: Sequence[str], errors: frozenset[int]) -> Line:
        places = self._header.places
        found = {column.key: cells[place] if place < len(cells) else "" for place, column in places.items()}
        return Line(number, found, frozenset(places[one].key for one in errors if one in places))


def read(
    content: bytes, columns: Sequence[Column], limits: Limits = USUAL, *, takes_first: bool = False
) -> Table:
    """Return the sheet with its `columns` found in whatever order. Raise `NotASheet` if it is none.

    A till may have a column twice, 手机 and 电话: with `takes_first` the first one counts.
    """
    if len(content) > limits.size:
        raise NotASheet("too_large", most=limits.size // (1024 * 1024))
    if not content.strip():
        raise NotASheet("empty")
    with _rows(content, limits) as rows:
        near = takewhile(lambda row: row[0] <= limits.blank, rows)
        above = ((number, cells) for number, cells, _errors in near if any(cells))
        first = list(islice(above, headers.LOOKED_AT))
    return Table(content, headers.find(first, columns, takes_first=takes_first), limits)


@contextmanager
def _rows(content: bytes, limits: Limits) -> Iterator[Iterator[Row]]:
    if content.startswith(OLE):
        raise NotASheet("old_or_locked")
    if not content.startswith(ZIP):
        yield _csv_rows(content, limits)
        return
    check_package(content, limits)
    with excel.rows(content, limits) as found:
        yield found


def _csv_rows(content: bytes, limits: Limits) -> Iterator[Row]:
    text = _decoded(content)
    first = text[:4096].split("\n", 1)[0]
    delimiter = max(",\t;，", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, row in enumerate(rows, 1):
            yield number, [clean(one)[: limits.cell] for one in row[: limits.columns]], frozenset()
    except csv.Error:
        raise NotASheet("broken") from None


def _decoded(content: bytes) -> str:
    """Return the text: as its mark says, else UTF-8, else what Chinese Windows writes."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif content.startswith(b"\xef\xbb\xbf"):
        encodings = ("utf-8-sig",)
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            return text
    raise NotASheet("not_a_sheet")
