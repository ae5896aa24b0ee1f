"""Sheets that we hand out: they open in Excel, WPS and LibreOffice, and run nothing."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from bot.sheets.cells import out
from bot.sheets.columns import Column

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MARK = "\ufeff"  # without it Excel takes a file for the system's old encoding
INLINE = 250  # characters of choices that fit into the cell's own rule
VALIDATED = 5_000  # rows below the header that offer the choices
BOLD = Font(bold=True)
SHADE = PatternFill("solid", fgColor="E7ECEA")
WRAP = Alignment(wrap_text=True, vertical="top")
HEAD = ("列", "必填", "怎么填", "示例")
HEAD_ENGLISH = ("Column", "Needed", "What to write", "Example")
Row = Mapping[str, Any]


def excel(
    to: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    title: str,
    explained: bool = True,
    in_chinese: bool = True,
) -> None:
    """Write one sheet of `rows`, a second that explains the columns, and a third for long choices."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    sheet.append([_cell(sheet, title_of(column, in_chinese=in_chinese), is_head=True) for column in columns])
    # The same cells for every row: making them anew, with their format, takes twice as long.
    line = [(one.key, _cell(sheet, "", is_text=one.is_text)) for one in columns]
    for row in rows:
        for key, cell in line:
            _fill(cell, row.get(key))
        sheet.append([cell for _key, cell in line])
    long = [one for one in columns if len(",".join(one.choices)) > INLINE]
    for place, column in enumerate(columns, 1):
        if column.choices:
            sheet.data_validations.append(_validation(column, place, long))
    if explained:
        _explain(book, columns, in_chinese=in_chinese)
    if long:
        _list_choices(book, long)
    book.save(to)


def csv_lines(columns: Sequence[Column], rows: Iterable[Row], *, in_chinese: bool = True) -> Iterator[str]:
    """Return the sheet as the text of a CSV file, a line at a time, the mark for Excel first."""
    yield MARK + csv_line([title_of(column, in_chinese=in_chinese) for column in columns])
    for row in rows:
        yield csv_line([row.get(column.key) for column in columns])


def csv_line(values: Iterable[Any]) -> str:
    """Return one line of CSV, every cell safe."""
    text = io.StringIO()
    csv.writer(text).writerow([out(value) for value in values])
    return text.getvalue()


def title_of(column: Column, *, in_chinese: bool) -> str:
    """Return what the column is called in the visitor's language."""
    return column.title if in_chinese else column.english


def _cell(sheet: Any, value: Any, *, is_head: bool = False, is_text: bool = False) -> Any:
    cell = WriteOnlyCell(sheet)
    _fill(cell, value)
    if is_head:
        cell.font, cell.fill = BOLD, SHADE
    if is_text:
        cell.number_format = "@"
    return cell


def _fill(cell: Any, value: Any) -> None:
    written = out(value)
    cell.value = written
    if isinstance(written, str):
        cell.data_type = "s"  # never a formula, whatever it begins with


def _wrapped(sheet: Any, value: Any) -> Any:
    cell = _cell(sheet, value, is_text=True)
    cell.alignment = WRAP
    return cell


def _validation(column: Column, place: int, long: Sequence[Column]) -> DataValidation:
    letter = get_column_letter(place)
    if column in long:
        source = get_column_letter(long.index(column) + 1)
        formula = f"='选项 Choices'!${source}$2:${source}${len(column.choices) + 1}"
    else:
        formula = '"' + ",".join(column.choices).replace('"', '""') + '"'
    made = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=False)
    made.add(f"{letter}2:{letter}{VALIDATED}")
    return made


def _explain(book: Workbook, columns: Sequence[Column], *, in_chinese: bool) -> None:
    sheet = book.create_sheet("说明 Help")
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCD", (18, 10, 60, 32), strict=True):
        sheet.column_dimensions[letter].width = width
    head = (
        ("列", "必填", "怎么填", "示例") if in_chinese else ("Column", "Needed", "What to write", "Example")
    )
    sheet.append([_cell(sheet, one, is_head=True) for one in head])
    yes = "是" if in_chinese else "yes"
    for one in columns:
        hint = one.hint if in_chinese else one.hint_english or one.hint
        if one.choices and len(one.choices) <= 12:
            hint = f"{hint} {'可选：' if in_chinese else 'One of: '}{'、'.join(one.choices)}".strip()
        line = (title_of(one, in_chinese=in_chinese), yes if one.is_needed else "", hint, one.example)
        sheet.append([_wrapped(sheet, value) for value in line])


def _list_choices(book: Workbook, columns: Sequence[Column]) -> None:
    sheet = book.create_sheet("选项 Choices")
    sheet.append([_cell(sheet, column.title, is_head=True) for column in columns])
    for number in range(max(len(column.choices) for column in columns)):
        cells = [one.choices[number] if number < len(one.choices) else None for one in columns]
        sheet.append([_cell(sheet, value) for value in cells])
