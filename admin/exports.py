"""Cells that spreadsheets only show."""

from typing import Any

# What Excel, LibreOffice or WPS take for the beginning of a formula or a command.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(value: Any) -> Any:
    """Return `value` for a cell: a text that would be run as a formula begins with an apostrophe instead."""
    if isinstance(value, str) and value.lstrip(" ").startswith(DANGEROUS):
        return f"'{value}"
    return "" if value is None else value
