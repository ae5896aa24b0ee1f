"""The rows of an Excel file, as they come.

openpyxl's own way of opening a book reads each sheet to its end before the
first row, which a million formatted blank rows make half a minute.  So the
parts it is made of are put together here; they are those of the version that
is pinned, and `tests/test_sheets.py` says when they have changed.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import WorkSheetParser

from bot.sheets.cells import clean
from bot.sheets.limits import Limits, NotASheet

Row = tuple[int, list[str], frozenset[int]]


@contextmanager
def rows(content: bytes, limits: Limits) -> Iterator[Iterator[Row]]:
    """Open the first sheet of a package that was looked at: number, cells, and where errors stand."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of extensions it does not know
        try:
            reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            source = reader.archive.open(_first_sheet(reader))
        except NotASheet:
            raise
        except Exception:  # noqa: BLE001 - whatever a stranger's XML makes it raise
            raise NotASheet("broken") from None
        with reader.archive, source:
            yield _read(reader, source, limits)


def _first_sheet(reader: ExcelReader) -> str:
    for _sheet, relation in reader.parser.find_sheets():
        if relation.target in reader.valid_files and "chartsheet" not in relation.Type:
            return str(relation.target)
    raise NotASheet("empty")


def _read(reader: ExcelReader, source: Any, limits: Limits) -> Iterator[Row]:
    book = reader.wb
    parser = WorkSheetParser(
        source,
        reader.shared_strings,
        data_only=True,
        epoch=book.epoch,
        date_formats=book._date_formats,  # noqa: SLF001
        timedelta_formats=book._timedelta_formats,  # noqa: SLF001
    )
    percents = _percents(book)
    try:
        for number, cells in parser.parse():
            line: list[str] = []
            errors = set()
            for cell in cells:
                place = cell["column"] - 1
                if cell["value"] is None or not 0 <= place < limits.columns:
                    continue
                line += [""] * (place + 1 - len(line))
                line[place] = clean(cell["value"], "%" if cell["style_id"] in percents else "")[: limits.cell]
                if cell["data_type"] == "e":
                    errors.add(place)
            yield number, line, frozenset(errors)
    except Exception:  # noqa: BLE001 - likewise
        raise NotASheet("broken") from None


def _percents(book: Any) -> frozenset[int]:
    """Return the styles of cells that show a share as a percentage."""
    custom = book._number_formats  # noqa: SLF001
    found = set()
    for number, style in enumerate(book._cell_styles):  # noqa: SLF001
        known = style.numFmtId
        is_custom = known >= 164 and known - 164 < len(custom)
        if known in {9, 10} or (is_custom and "%" in custom[known - 164]):
            found.add(number)
    return frozenset(found)
