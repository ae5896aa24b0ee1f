"""Handing a sheet over to a browser."""

import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response

from admin.formats import HERE
from admin.languages import chosen
from bot.db import utc_now
from bot.sheets import Column, writing
from bot.sheets.writing import Row


def in_chinese() -> bool:
    """Tell whether the visitor reads Chinese."""
    return chosen() == "zh"


def excel(columns: Sequence[Column], rows: Iterable[Row], *, title: str, explained: bool = True) -> Response:
    """Return the sheet as an Excel file."""
    content = io.BytesIO()
    writing.excel(content, columns, rows, title=title, explained=explained, in_chinese=in_chinese())
    return _attached(content.getvalue(), writing.EXCEL, f"{title}.xlsx")


def csv(columns: Sequence[Column], rows: Iterable[Row], *, title: str) -> Response:
    """Return the sheet as CSV that Excel reads."""
    content = "".join(writing.csv_lines(columns, rows, in_chinese=in_chinese()))
    return _attached(content.encode(), f"{writing.CSV}; charset=utf-8", f"{title}.csv")


def dated(title: str) -> str:
    """Return the title with today's date, for the names of files."""
    return f"{title}-{utc_now().astimezone(HERE):%Y%m%d}"


def _attached(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return response
