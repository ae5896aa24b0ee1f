"""What WeChat itself counts of the account, beside our own counts, over any range; also as a file."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from openpyxl import Workbook
from werkzeug.exceptions import NotFound

from admin.access import allowed
from admin.choices import account
from admin.days import day_of
from admin.exports import safe
from admin.head_office import head_office_only
from admin.office import changing, record, survey
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.platform_figures import totals
from bot.platform_figures.fetching import BEGINNING, newest
from bot.platform_figures.models import PlatformLook
from bot.platform_figures.totals import Day, Question, Totals
from bot.users.roles import Permission

pages = Blueprint("platform_figures", __name__, url_prefix="/platform-figures")
LONGEST: Final = 366  # days
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# WeChat's `user_source` and `msg_type` (protocol §10); others are shown by their number.
SOURCES: Final = {
    0: _l("Others together"),
    1: _l("Search"),
    17: _l("A name card passed on"),
    30: _l("A QR code"),
    43: _l("The menu of an article's page"),
    51: _l("After paying"),
    57: _l("The account's name in an article"),
    100: _l("Advertisement"),
    149: _l("A mini-program"),
    161: _l("An article others reprinted"),
    200: _l("WeChat Channels"),
    201: _l("A live stream"),
}
KINDS: Final = {1: _l("Text"), 2: _l("Picture"), 3: _l("Voice"), 4: _l("Film"), 6: _l("Link and others")}
COLUMNS: Final = {
    "came": _l("Follows"),
    "follows": _l("Follows (our count)"),
    "went": _l("Leaves"),
    "leaves": _l("Leaves (our count)"),
    "net": _l("Net"),
    "followers": _l("Followers in all"),
    "messages": _l("Messages"),
    "our_messages": _l("Messages (our count)"),
    "calls": _l("Calls to us"),
    "failures": _l("Failed"),
    "mean": _l("Mean time (ms)"),
    "slowest": _l("Slowest (ms)"),
}


@pages.get("/")
@allowed(Permission.FANS_SEE)
@head_office_only
def overview() -> str:
    """Show what WeChat counted in a period, and how our counts differ."""
    question = asked()

    def read(session: ScopedSession) -> tuple[Totals, PlatformLook | None]:
        return totals.of(session, question), session.get(PlatformLook, question.account_id)

    found, look = survey(read)
    return render_template(
        "admin/platform_figures/overview.html",
        question=question,
        found=found,
        look=look,
        presets=presets(),
        columns=COLUMNS,
        number_of=number_of,
        sources=[(source_name(key), *counts) for key, counts in found.sources.items()],
        kinds=[(kind_name(key), *counts) for key, counts in found.kinds.items()],
        busiest=max(found.hours, key=lambda hour: found.hours[hour]) if found.hours else None,
    )


@pages.post("/export")
@allowed(Permission.FANS_EXPORT)
@head_office_only
def export() -> Response:
    """Return the days, sources and kinds of the period as a file, CSV (days only) or Excel; it is audited."""
    question = asked()
    form = "csv" if request.args.get("form") == "csv" else "xlsx"
    found = survey(partial(totals.of, question=question))
    with changing() as session:
        facts = {"since": question.since.isoformat(), "until": question.until.isoformat()}
        record(session, "platform_figures.exported", Subject("platform_day", ""), after=facts)
    name = f"platform-{question.since}-{question.until}.{form}"
    if form == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([safe(cell) for cell in row] for row in _days(found))
        return _file(("\ufeff" + out.getvalue()).encode(), "text/csv; charset=utf-8", name)
    book = Workbook(write_only=True)
    for title, rows in _sheets(found):
        sheet = book.create_sheet(title[:31])
        for row in rows:
            sheet.append([safe(cell) for cell in row])
    written = io.BytesIO()
    book.save(written)
    return _file(written.getvalue(), XLSX, name)


def asked() -> Question:
    """Read the address: thirty days of the account in sight until the last WeChat can have told of."""
    served = account()
    if served is None:
        raise NotFound
    last = newest(utc_now())
    until = min(max(day_of(request.args.get("until", "")) or last, BEGINNING), last)
    since = day_of(request.args.get("since", "")) or until - timedelta(29)
    return Question(served.id, max(min(since, until), until - timedelta(LONGEST - 1), BEGINNING), until)


def presets() -> list[tuple[str, str, str]]:
    """Return periods to choose with one click: words, first and last day."""
    last = newest(utc_now())
    month = last.replace(day=1)
    before: date = (month - timedelta(1)).replace(day=1)
    return [
        (str(words), since.isoformat(), until.isoformat())
        for words, since, until in (
            (_("Last 7 days"), last - timedelta(6), last),
            (_("Last 30 days"), last - timedelta(29), last),
            (_("This month"), month, last),
            (_("Last month"), before, month - timedelta(1)),
            (_("Last 90 days"), last - timedelta(89), last),
            (_("A year"), last - timedelta(365), last),
        )
    ]


def number_of(day: Day, name: str) -> int | None:
    """Return a number of a day by the name of its column."""
    if name in {"follows", "leaves"}:
        ours: int | None = getattr(day, name)
        return ours
    if name == "our_messages":
        return day.messages
    if name in {"net", "mean"}:
        made: int | None = getattr(day, name)
        return made
    return day.told(name)


def source_name(key: int) -> str:
    """Say from where in WeChat somebody came."""
    return str(SOURCES[key]) if key in SOURCES else str(_("Source %(n)s", n=key))


def kind_name(key: int) -> str:
    """Say what kind of message it was."""
    return str(KINDS[key]) if key in KINDS else str(_("Kind %(n)s", n=key))


def _sheets(found: Totals) -> Iterator[tuple[str, Iterator[Sequence[Any]]]]:
    yield str(_("Day")), _days(found)
    came, went = str(COLUMNS["came"]), str(COLUMNS["went"])
    sources = ((source_name(key), *counts) for key, counts in found.sources.items())
    yield str(_("From where")), _with_head([str(_("From where")), came, went], sources)
    kinds = ((kind_name(key), *counts) for key, counts in found.kinds.items())
    yield (
        str(_("Messages")),
        _with_head([str(_("Kind")), str(_("Messages")), str(_("Writers a day, summed"))], kinds),
    )
    hours = sorted(found.hours.items())
    yield str(_("Hour of the day")), _with_head([str(_("Hour of the day")), str(_("Messages"))], iter(hours))


def _days(found: Totals) -> Iterator[Sequence[Any]]:
    yield [str(_("Day")), *(str(words) for words in COLUMNS.values())]
    for day in found.days:
        numbers = (number_of(day, name) for name in COLUMNS)
        yield [day.day.isoformat(), *("" if one is None else one for one in numbers)]


def _with_head(head: Sequence[Any], rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield head
    yield from rows


def _file(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
