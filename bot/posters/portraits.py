"""The round picture on somebody's posters: copied to us once, and nobody is asked for it after that."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import posters
from bot.files import store
from bot.organisation.models import Staff
from bot.posters.models import StaffPortrait

LONGEST_SIDE = 640  # pixels; a poster shows a third of that
LARGEST_FILE = 8 * 1024 * 1024
MEDIA_TYPE = "image/jpeg"


def clean(content: bytes) -> bytes:
    """Return the picture as we keep it, without place, camera or owner; raise `posters.BadPicture`.

    Costs tens of milliseconds: never inside a transaction.
    """
    if len(content) > LARGEST_FILE:
        raise posters.BadPicture("too_large")
    return posters.picture.clean(content, longest=LONGEST_SIDE)


def put(session: Session, staff_id: int, content: bytes, *, now: datetime) -> None:
    """Keep a picture that `clean` returned in the place of the one before; of two at once the later stays."""
    staff = session.get_one(Staff, staff_id, with_for_update=True)
    name = f"portrait-{staff.id}"
    file = store.put(session, content, name=name, media_type=MEDIA_TYPE, now=now)
    row = session.get(StaffPortrait, staff_id, populate_existing=True)
    if row is None:
        session.add(StaffPortrait(staff_id=staff_id, file_id=file.id, changed_at=now))
    else:
        store.remove(session, row.file_id)
        row.file_id, row.changed_at = file.id, now
    session.flush()


def remove(session: Session, staff_id: int) -> None:
    """Take the picture away; posters show the first letter of the name instead. Done twice it is gone."""
    row = session.get(StaffPortrait, staff_id)
    if row is not None:
        store.remove(session, row.file_id)
        session.delete(row)
        session.flush()


def of(session: Session, staff_id: int) -> bytes | None:
    """Return somebody's picture; None without one."""
    row = session.get(StaffPortrait, staff_id)
    return store.content(session, row.file_id) if row is not None else None


def forget(session: Session, *, limit: int = 50) -> int:
    """Delete pictures of people who work here no longer; return how many."""
    portraits = select(StaffPortrait).join(Staff, Staff.id == StaffPortrait.staff_id)
    rows = session.scalars(portraits.where(Staff.active.is_(False)).limit(limit)).all()
    for row in rows:
        store.remove(session, row.file_id)
    ids = [row.staff_id for row in rows]
    session.execute(
        delete(StaffPortrait)
        .where(StaffPortrait.staff_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    return len(rows)


def is_there(session: Session, staff_id: int) -> bool:
    """Tell whether somebody has a picture."""
    return session.get(StaffPortrait, staff_id) is not None
