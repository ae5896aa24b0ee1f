"""One person of a shop's staff, as a form or a line of a spreadsheet says it."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.forms import Form
from admin.office import vault
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.privacy import NotANumber, NotOurs, masked, parse

FIELDS = (
    ("shop_id", _l("Shop")),
    ("name", _l("Full name")),
    ("role", _l("Position held")),
    ("state", _l("State")),
)


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """What the form says. `number` is None where the number stays as it is; empty takes it away."""

    name: str
    role: str
    active: bool
    number: str | None


def read(form: Form, staff: Staff | None = None) -> StaffFacts:
    """Return what the form says; errors are in the form."""
    name, role = form.text("name", longest=64), form.text("role", longest=64)
    state = form.values.get("state", "active")
    if state not in {"active", "left"}:
        form.wrong("state", _("Please choose one of these."))
    return StaffFacts(name, role, state == "active", _number(form, staff))


def fill(staff: Staff, facts: StaffFacts) -> None:
    """Give them what the form says."""
    keys = vault()
    staff.name, staff.role = facts.name, facts.role
    if facts.number is not None and keys is not None:
        staff.active = facts.active
        phones.put(staff, facts.number or None, keys)
    else:
        phones.set_active(staff, active=facts.active, vault=keys)


def values(staff: Staff) -> dict[str, Any]:
    """Return what the form shows of someone; never the number."""
    return {
        "name": staff.name,
        "role": staff.role,
        "shop_id": staff.shop_id,
        "state": "active" if staff.active else "left",
        "version": staff.version,
    }


def mask_of(staff: Staff) -> str:
    """Return what may be shown of the number; empty without one."""
    return phones.masks([staff], vault()).get(staff.id, "")


def _number(form: Form, staff: Staff | None) -> str | None:
    typed = form.text("phone", longest=32, required=False)
    if form.ticked("no_phone"):
        return ""
    if not typed or (staff is not None and typed == _mask(staff)):
        return None
    if vault() is None:
        form.wrong(
            "phone",
            _("Numbers cannot be kept yet: the operator has to set [privacy] keys. Leave this empty."),
        )
        return None
    try:
        return parse(typed)
    except NotANumber:
        form.wrong(
            "phone", _("No telephone has this number. Write 13812345678, or +852… for one of elsewhere.")
        )
        return None


def _mask(staff: Staff) -> str:
    keys = vault()
    try:
        number = phones.number_of(staff, keys) if keys else None
    except NotOurs:
        number = None
    return masked(number) if number else ""
