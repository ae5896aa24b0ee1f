"""One shop, as a form or a line of a spreadsheet says it."""

from math import asin, cos, radians, sin, sqrt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.forms import Form
from admin.organisation import hours_form
from bot.organisation import hours, opening, places
from bot.organisation.models import Shop, ShopState

FAR = 200.0  # km from the other shops of the branch

FIELDS = (
    ("branch_id", _l("Branch")),
    ("name", _l("Shop name")),
    ("address", _l("Address")),
    ("phone", _l("Phone")),
    ("latitude", _l("Latitude")),
    ("longitude", _l("Longitude")),
    ("day0", _l("Monday")),
    ("day1", _l("Tuesday")),
    ("day2", _l("Wednesday")),
    ("day3", _l("Thursday")),
    ("day4", _l("Friday")),
    ("day5", _l("Saturday")),
    ("day6", _l("Sunday")),
    ("holiday_first", _l("Holidays: from")),
    ("holiday_last", _l("Holidays: to")),
    ("holiday_hours", _l("Holidays: hours")),
)
WEEK = FIELDS[6:13]


def read(form: Form) -> dict[str, Any]:
    """Return the columns of the shop that the form gives; errors are in the form."""
    facts: dict[str, Any] = {
        "name": form.text("name", longest=64),
        "address": form.text("address", longest=200),
        "phone": _phone(form),
    }
    facts["latitude"], facts["longitude"] = _location(form)
    schedule = hours_form.read(form)
    if schedule is not None:
        facts["schedule"] = hours.to_document(schedule)
        facts["hours"] = hours_form.today_text(schedule)
    return facts


def fill(shop: Shop, facts: dict[str, Any]) -> None:
    """Give the shop those columns. What a closed shop says of its hours stays as it is."""
    for name, value in facts.items():
        if not (name == "hours" and shop.state == ShopState.CLOSED):
            setattr(shop, name, value)


def values(shop: Shop) -> dict[str, Any]:
    """Return what the form shows of a shop."""
    names = ("branch_id", "name", "address", "phone", "latitude", "longitude", "version")
    return {**{name: getattr(shop, name) for name in names}, **hours_form.values(opening.schedule_of(shop))}


def is_far(shop: Shop, others: list[Shop]) -> bool:
    """Tell whether the shop is a day's journey from every other of its branch: most likely a slip."""
    return bool(others) and all(_kilometres(shop, other) > FAR for other in others)


def _phone(form: Form) -> str:
    typed = form.text("phone", longest=32)
    if typed and not places.PUBLIC_PHONE.fullmatch(typed):
        form.wrong(
            "phone", _("Write a telephone number such as 021-55501000, 400-555-0100 or 021-55501000转8.")
        )
    return typed


def _location(form: Form) -> tuple[float, float]:
    _paste(form)
    latitude, longitude = _degrees(form, "latitude"), _degrees(form, "longitude")
    if latitude is None or longitude is None:
        return 0.0, 0.0
    wrong = places.problem(latitude, longitude)
    if wrong == "swapped":
        form.wrong(
            "latitude", _("Latitude and longitude look swapped. In China the latitude is the smaller number.")
        )
    elif wrong == "latitude":
        form.wrong("latitude", _("This is not in China; latitudes there are from 3 to 54."))
    elif wrong == "longitude":
        form.wrong("longitude", _("This is not in China; longitudes there are from 73 to 136."))
    return round(latitude, 6), round(longitude, 6)


def _paste(form: Form) -> None:
    """Take the place out of what was copied from a map, if something was."""
    pasted = form.text("map", longest=places.LONGEST_LINK, required=False)
    if not pasted:
        return
    pair = places.from_text(pasted)
    if pair is None:
        form.wrong("map", _("No place was found in this. Type latitude and longitude below."))
        return
    form.values.update(latitude=str(pair[0]), longitude=str(pair[1]), map="")


def _degrees(form: Form, name: str) -> float | None:
    typed = form.text(name, longest=20)
    if places.DEGREES.fullmatch(typed):
        return float(typed)
    form.wrong(name, _("Degrees as a number, such as 31.2304."))
    return None


def _kilometres(one: Shop, other: Shop) -> float:
    up, side = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    inner = sin(up / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(side / 2) ** 2
    return 12742 * asin(sqrt(inner))
