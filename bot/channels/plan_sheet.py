"""A plan from a spreadsheet: .xlsx only, looked at before it is unpacked (`bot.sheets`)."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from bot import sheets
from bot.errors import YizhanError
from bot.sheets import Column, Limits, NotASheet

LARGEST = 4 * 1024 * 1024
UNPACKED = 60 * 1024 * 1024
MOST_ROWS = 10_000
LIMITS = Limits(size=LARGEST, inflated=UNPACKED, rows=MOST_ROWS, columns=40, cell=400)
COLUMNS = (
    Column("name", "名称", "name", others=("渠道名称",), is_needed=True),
    Column("shop", "门店", "shop"),
    Column("staff", "员工", "staff"),
    Column("group", "分组", "group"),
    Column("campaign", "活动", "campaign"),
    Column("purpose", "用途", "purpose"),
    Column("place", "位置", "place"),
    Column("note", "备注", "note"),
    Column("kind", "类型", "kind"),
)
REASONS: Mapping[str, str] = {
    "too_large": "too_large",
    "bomb": "too_large",
    "not_a_sheet": "not_xlsx",
    "no_header": "no_name",
    "missing_columns": "no_name",
    "too_many_rows": "too_many_rows",
    "empty": "empty",
}


class BadSheet(YizhanError):
    """The sender's move: this is no spreadsheet we read. `reason` is a constant word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """One row that is not empty: its number in the sheet, and its cells by our names."""

    number: int
    cells: Mapping[str, str]


def read(content: bytes) -> list[Line]:
    """Return the lines of the first sheet below its heading; raise `BadSheet` saying what is wrong."""
    if len(content) > LARGEST:
        raise BadSheet("too_large")
    if not content.startswith(b"PK\x03\x04") or not zipfile.is_zipfile(io.BytesIO(content)):
        raise BadSheet("not_xlsx")
    try:
        table = sheets.read(content, COLUMNS, LIMITS, takes_first=True)
        found = [Line(line.number, line.cells) for line in table.lines() if any(line.cells.values())]
    except NotASheet as error:
        raise BadSheet(REASONS.get(error.code, "unreadable")) from None
    if not found:
        raise BadSheet("empty")
    return found
