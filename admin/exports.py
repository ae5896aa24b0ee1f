"""Cells that spreadsheets only show; `bot.sheets` writes whole sheets of them."""

from bot.sheets.cells import DANGEROUS, safe

__all__ = ["DANGEROUS", "safe"]
