"""Telephones of staff: sealed in the row, and in the index while they work here."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.organisation.models import Staff
from bot.privacy import NotOurs, Vault, masked

PLACE = "staff:phone"
UNREADABLE = "****"


def put(staff: Staff, number: str | None, vault: Vault) -> None:
    """Give `staff` that number in E.164, or none."""
    staff.phone = vault.seal(number, PLACE) if number else None
    staff.phone_index = vault.index(number, PLACE) if number and staff.active else None


def number_of(staff: Staff, vault: Vault) -> str | None:
    """Return the number; raise `NotOurs` if these keys do not open it."""
    return vault.open(staff.phone, PLACE) if staff.phone else None


def set_active(staff: Staff, *, active: bool, vault: Vault | None) -> None:
    """Note that they work here, or have left, which gives their number free for somebody else."""
    staff.active = active
    if not active or vault is None:
        staff.phone_index = None
    elif staff.phone:
        put(staff, number_of(staff, vault), vault)


def masks(people: Iterable[Staff], vault: Vault | None) -> dict[int, str]:
    """Return what may be shown of each number, by id of the person; those without one are left out."""
    shown = {}
    for one in people:
        if one.phone:
            try:
                number = number_of(one, vault) if vault else None
            except NotOurs:
                number = None
            shown[one.id] = masked(number) if number else UNREADABLE
    return shown


def find(session: Session, number: str, vault: Vault) -> Staff | None:
    """Return who of those working here has this number."""
    return session.scalar(select(Staff).where(Staff.phone_index == vault.index(number, PLACE)))
