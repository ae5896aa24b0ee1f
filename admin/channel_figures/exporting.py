"""The tables of the page as a file: one sheet by what is told apart, one by time."""

import csv
import io
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from openpyxl import Workbook

from admin.access import allowed
from admin.channel_figures.asking import NAMES, UNITS, WAYS, Asked, asked, names_of
from admin.channel_figures.blueprint import pages
from admin.channel_figures.overview import COLUMNS, words_of
from admin.exports import safe
from admin.office import changing, record, survey
from bot.audit import Subject
from bot.channels.figures import totals
from bot.channels.figures.totals import Numbers, Totals
from bot.db.scoped import ScopedSession
from bot.users.roles import Permission

EXPORTED = (*COLUMNS, "repeats", "staff_scans", "test_scans")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.post("/export")
@allowed(Permission.CHANNELS_EXPORT)
def export() -> Response:
    """Return the figures the page shows as a file, CSV or Excel; written down in the audit."""
    what = asked()
    form = "csv" if request.args.get("form") == "csv" else "xlsx"
    found, rows = survey(partial(_read, what=what))
    sheets = {str(WAYS[what.by]): rows, str(UNITS[what.unit]): list(_times(what, found))}
    with changing() as session:
        facts = {
            "since": what.question.since.isoformat(),
            "until": what.question.until.isoformat(),
            "by": what.by.value,
            "rows": len(found.rows),
            **{by.value: key for by, key in what.question.only.items()},
        }
        record(session, "channel_figures.exported", Subject("channel_figure", ""), after=facts)
    name = f"channels-{what.question.since}-{what.question.until}.{form}"
    if form == "csv":
        chosen = list(sheets.values())[request.args.get("table") == "times"]
        return _answer(_csv(chosen), "text/csv; charset=utf-8", name)
    return _answer(_xlsx(sheets), XLSX, name)


def _read(session: ScopedSession, what: Asked) -> tuple[Totals, list[Sequence[Any]]]:
    found = totals.of(session, what.question, by=what.by, unit=what.unit)
    return found, list(_rows(session, what, found))


def _rows(session: ScopedSession, what: Asked, found: Totals) -> Iterator[Sequence[Any]]:
    names = names_of(session, what.by, found.rows)
    yield [str(WAYS[what.by]), *_head()]
    for key, numbers in found.rows.items():
        yield [names.get(key, f"#{key}"), *_values(numbers)]
    yield [str(_("Together")), *_values(found.whole)]


def _times(what: Asked, found: Totals) -> Iterator[Sequence[Any]]:
    yield [str(UNITS[what.unit]), *_head()]
    for one, numbers in found.times.items():
        yield [words_of(one, what.unit) if isinstance(one, int) else one.isoformat(), *_values(numbers)]


def _head() -> list[str]:
    return [str(NAMES[name]) for name in EXPORTED] + [str(_("Amount"))]


def _values(numbers: Numbers) -> list[Any]:
    return [*(numbers[name] for name in EXPORTED), numbers["amount"] / 100]


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([[safe(cell) for cell in row] for row in rows])
    return ("\ufeff" + out.getvalue()).encode()


def _xlsx(sheets: dict[str, list[Sequence[Any]]]) -> bytes:
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title[:31])
        for row in rows:
            sheet.append([safe(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _answer(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
