"""A member whose telephone the back office lists as staff's is that person of the staff.

Ending the employment there is enough: the telephone's index goes, the next
question asked here takes the fan's sign-in and tag away, and whoever writes
such a change has the fans it concerns asked about (`look_again`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.fans.models import Fan
from bot.members import identities, people, standing
from bot.members.models import IdentityKind
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.outbox.promises import Wish, promise
from bot.privacy import NotOurs, Vault


def recognise(session: Session, vault: Vault, *, fan_id: int, now: datetime) -> int | None:
    """Return whom of the staff the fan is, having noted it or taken it back. Asking again changes nothing."""
    fan = session.get_one(Fan, fan_id)
    wanted = _staff_id(session, vault, fan)
    if fan.staff_id == wanted:
        return wanted
    fan = standing.locked(session, fan_id)
    fan.staff_id = wanted
    wears, instead_of = (standing.STAFF, None) if wanted is not None else (None, standing.STAFF)
    standing.exchange(session, fan_id, wears=wears, instead_of=instead_of, now=now)
    session.flush()
    return wanted


def at_work(session: Session, staff_id: int | None) -> Staff | None:
    """Return the person a fan is signed in as, while they work here; else None."""
    found = session.get(Staff, staff_id) if staff_id is not None else None
    return found if found is not None and found.active else None


def look_again(
    session: Session, *, staff_id: int | None = None, member_id: int | None = None, now: datetime
) -> None:
    """Promise that the fans of the person of the staff, or of the member, are recognised anew: a number
    or an employment has changed.
    """
    whose = {"staff_id": staff_id, "member_id": member_id}
    promise(
        session, Wish("members.recognise", {name: key for name, key in whose.items() if key}, now), now=now
    )


def concerned(
    session: Session, vault: Vault, *, staff_id: int | None, member_id: int | None
) -> Sequence[int]:
    """Return the fans who are signed in as that person, who hold their number, or who are that member's."""
    members = set() if member_id is None else {member_id}
    conditions = [] if staff_id is None else [Fan.staff_id == staff_id]
    if (number := _number(session, vault, staff_id)) is not None:
        known = identities.find(session, vault, IdentityKind.PHONE, number)
        members |= set() if known is None else {known.member_id}
    conditions += [Fan.member_id.in_(sorted(members))] if members else []
    return (
        session.scalars(select(Fan.id).where(or_(*conditions)).order_by(Fan.id)).all() if conditions else []
    )


def outdated(session: Session, *, most: int = 200) -> Sequence[int]:
    """Return fans who are signed in as somebody who works here no longer."""
    gone = (
        select(Fan.id)
        .outerjoin(Staff, Staff.id == Fan.staff_id)
        .where(Fan.staff_id.is_not(None), (Staff.id.is_(None)) | (Staff.phone_index.is_(None)))
        .order_by(Fan.id)
        .limit(most)
    )
    return session.scalars(gone).all()


def _staff_id(session: Session, vault: Vault, fan: Fan) -> int | None:
    number = people.phone_of(session, vault, fan.member_id) if fan.member_id else None
    found = phones.find(session, number, vault) if number else None
    return found.id if found is not None and found.active else None


def _number(session: Session, vault: Vault, staff_id: int | None) -> str | None:
    found = at_work(session, staff_id)
    try:
        return phones.number_of(found, vault) if found is not None else None
    except NotOurs:
        return None
