"""表格: spreadsheets in and out. What comes in is a stranger's file, looked at before it is read."""

from bot.sheets.cells import safe
from bot.sheets.columns import Column
from bot.sheets.limits import USUAL, Limits, NotASheet
from bot.sheets.reading import Line, Table, read

__all__ = ["USUAL", "Column", "Limits", "Line", "NotASheet", "Table", "read", "safe"]
