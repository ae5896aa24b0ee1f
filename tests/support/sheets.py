"""Sheets as people make them, and as they find them."""

import io

import openpyxl

from bot.sheets import read
from bot.sheets.limits import Limits


def excel(*rows) -> bytes:
    """Return an Excel file with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def opened(content: bytes) -> list[list]:
    """Return the rows of the first sheet, as Excel shows them; nothing is a formula."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = list(book.worksheets[0].iter_rows())
    assert all(cell.data_type != "f" for row in cells for cell in row)
    return [[cell.value for cell in row] for row in cells]


def lines(content: bytes, *columns, **limits):
    """Return what we read of a sheet."""
    return list(read(content, columns, Limits(**limits)).lines())


def send(person, section, content, name="名单.xlsx"):
    """Upload a sheet as a browser would; returns the page of the look, or the form with what is wrong."""
    person.get(f"/admin/{section}/sheet")
    answer = person.client.post(
        f"/admin/{section}/sheet",
        data={"csrf": person.token, "sheet": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )
    if answer.status_code != 303:
        return answer
    shown = person.get(answer.location)
    shown.address = answer.location
    return shown


def agree(person, shown, rows="all"):
    """Say yes to what the page shows."""
    digest = shown.text.split('name="digest" value="')[1].split('"')[0]
    return person.post(shown.address, rows=rows, digest=digest)
