"""Opening hours in a form: a line for each weekday, and lines for holidays."""

from itertools import zip_longest
from typing import Any

from flask_babel import gettext as _

from admin.formats import HERE
from admin.forms import Form
from bot.db import utc_now
from bot.organisation import hours
from bot.organisation.hours import Day, Holiday, NotHours, Schedule

DAYS = tuple(f"day{number}" for number in range(7))
SPARE = 2
HOLIDAY = ("holiday_first", "holiday_last", "holiday_hours")


def today_text(schedule: Schedule) -> str:
    """Return what travellers read today."""
    return hours.say(schedule, utc_now().astimezone(HERE).date())


def read(form: Form) -> Schedule | None:
    """Return the schedule in the form; None, with what is wrong beside the field."""
    week = [_day(form, name) for name in DAYS]
    try:
        holidays = _cell(form) if "holidays" in form.values else _lines(form)
        if any(one is None for one in week):
            return None
        return hours.schedule([one or () for one in week], holidays)
    except NotHours as error:
        form.wrong("day0" if error.problem == "never" else "holidays", explain(error))
        return None


def values(schedule: Schedule | None) -> dict[str, Any]:
    """Return what the form shows of a schedule."""
    if schedule is None:
        return {}
    shown: dict[str, Any] = {name: hours.type_day(day) for name, day in zip(DAYS, schedule.week, strict=True)}
    shown["holiday_first"] = [str(one.first) for one in schedule.exceptions]
    shown["holiday_last"] = ["" if one.last == one.first else str(one.last) for one in schedule.exceptions]
    shown["holiday_hours"] = [hours.type_day(one.hours) for one in schedule.exceptions]
    return shown


def lines(form: Form) -> list[tuple[str, str, str]]:
    """Return the holiday lines to show, with spare ones at the end."""
    filled = [line for line in _sent(form) if any(line)]
    return [*filled, *([("", "", "")] * SPARE)]


def _sent(form: Form) -> list[tuple[str, str, str]]:
    columns = [form.values.get(name, []) for name in HOLIDAY]
    lists = [found if isinstance(found, list) else [found] for found in columns]
    return [tuple(str(one).strip() for one in line) for line in zip_longest(*lists, fillvalue="")]  # type: ignore[misc]


def _day(form: Form, name: str) -> Day | None:
    try:
        return hours.parse_day(str(form.values.get(name, "")))
    except NotHours as error:
        form.wrong(name, explain(error))
        return None


def _lines(form: Form) -> tuple[Holiday, ...]:
    found = []
    for first, last, typed in _sent(form):
        if first or last or typed:
            begins = hours.parse_date(first or last)
            ends = hours.parse_date(last) if last else begins
            found.append(Holiday(begins, ends, hours.parse_day(typed)))
    return tuple(found)


def _cell(form: Form) -> tuple[Holiday, ...]:
    return hours.parse_exceptions(str(form.values["holidays"]))


def explain(error: NotHours) -> str:
    """Say what is wrong with the hours, and what to do."""
    text = error.text
    if error.problem == "backwards":
        said = _(
            "%(text)s ends before it begins. After midnight is the next day's: write 20:00-24:00 here.",
            text=text,
        )
    elif error.problem == "overlapping":
        said = _("These overlap: %(text)s. Join them into one.", text=text)
    elif error.problem == "too_many":
        said = _(
            "This is too much to read. At most four intervals a day, twelve holidays, 300 characters in all."
        )
    elif error.problem == "never":
        said = _("Give hours on at least one day; to close the shop for good, close it on its page.")
    elif error.problem == "days_backwards":
        said = _("The last day is before the first: %(text)s.", text=text)
    elif error.problem == "days_twice":
        said = _("%(text)s is in two of these lines. Keep one.", text=text)
    else:
        said = _(
            "“%(text)s” cannot be read. Write 09:00-18:00, or several with blanks between.",
            text=text,
        )
    return str(said)
