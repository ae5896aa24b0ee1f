"""What stands in a cell: as text we can work with, and as text that spreadsheets only show."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

# What Excel, LibreOffice or WPS take for the beginning of a formula or a command.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ud800-\udfff\ufffe\uffff]"
)
ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d{1,3}")
LONGEST = 32_000  # Excel takes 32,767


def safe(value: Any) -> Any:
    """Return `value` for a cell: a text that would be run as a formula begins with an apostrophe instead."""
    if isinstance(value, str) and value.lstrip(" ").startswith(DANGEROUS):
        return f"'{value}"
    return "" if value is None else value


def clean(value: Any, number_format: str = "") -> str:
    """Return what people see in the cell, without blanks around: 13812345678 for 1.3812345678E10, 25%, a day.

    An apostrophe that `safe` put there is taken away again.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float | Decimal):
        return _number(value, number_format)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds() // 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return _text(str(value))


def is_rounded(text: str) -> bool:
    """Tell whether this was a long number once, which a spreadsheet has shortened: 1.38E+10."""
    return bool(ROUNDED.fullmatch(text))


def out(value: Any) -> Any:
    """Return `value` as it may be written into a cell: safe, not too long, without what XML cannot carry."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = CONTROL.sub("", value)
    if not text.strip():
        return ""
    return safe(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def _number(value: float | Decimal, number_format: str) -> str:
    if "%" in number_format:
        return f"{_plain(float(value) * 100)}%"
    return _plain(value)


def _plain(value: float | Decimal) -> str:
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return ""
    if value == int(value):
        return str(int(value))
    text = format(value, ".15g")
    return format(Decimal(text), "f") if "e" in text else text


def _text(value: str) -> str:
    text = value.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
    text = CONTROL.sub("", text).strip()
    return text[1:].strip() if text.startswith("'") and text[1:].lstrip(" ").startswith(DANGEROUS) else text
