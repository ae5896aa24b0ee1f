"""What an account has to have, and what it has: the rows behind `bot.materials.uploading`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db.revisions import bump
from bot.materials.known import REVISION
from bot.materials.models import Kind, Lifetime, Material, MaterialAtWeChat, MaterialUse, PlaceState

TEMPORARY_LASTS: Final = timedelta(days=3)
RENEWED_BEFORE: Final = timedelta(hours=24)
LONGEST_TROUBLE: Final = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A material that an account has to have."""

    material_id: int
    lifetime: Lifetime


def missing(session: Session, account_id: int, *, now: datetime) -> list[Wanted]:
    """Return what the account has to have and has not, or will not have for another day.

    What WeChat refused is left alone until somebody asks for it again.
    """
    needs = (
        select(MaterialUse.material_id, MaterialUse.lifetime)
        .join(Material, Material.id == MaterialUse.material_id)
        .where(Material.kind != Kind.ARTICLE, MaterialUse.lifetime != Lifetime.INLINE)
        .where(or_(MaterialUse.account_id.is_(None), MaterialUse.account_id == account_id))
        .distinct()
    )
    wanted = {Wanted(row[0], Lifetime(row[1])) for row in session.execute(needs)}
    rows = session.scalars(select(MaterialAtWeChat).where(MaterialAtWeChat.account_id == account_id)).all()
    asked = {
        Wanted(row.material_id, Lifetime(row.lifetime)) for row in rows if row.state == PlaceState.ASKING
    }
    had = {
        Wanted(row.material_id, Lifetime(row.lifetime))
        for row in rows
        if row.state == PlaceState.REFUSED or is_good(row, until=now + RENEWED_BEFORE)
    }
    for_good = {one.material_id for one in had if one.lifetime is Lifetime.PERMANENT}
    left = {
        one
        for one in wanted - had
        if one.lifetime is not Lifetime.TEMPORARY or one.material_id not in for_good
    }
    return sorted(left | asked, key=lambda one: (one.material_id, one.lifetime))


def is_good(row: MaterialAtWeChat, *, until: datetime) -> bool:
    """Tell whether WeChat has the file and keeps it until then."""
    return row.state == PlaceState.THERE and (row.expires_at is None or row.expires_at > until)


def find(session: Session, account_id: int, wanted: Wanted) -> MaterialAtWeChat | None:
    """Return the row, if there is one."""
    return session.scalar(
        select(MaterialAtWeChat).filter_by(
            account_id=account_id, material_id=wanted.material_id, lifetime=wanted.lifetime.value
        )
    )


def ask(session: Session, account_id: int, wanted: Wanted, *, now: datetime) -> MaterialAtWeChat:
    """Return the row, as one that WeChat is about to be asked about.

    What it has is left in it: the old id of a file that is renewed is good for some hours more.
    """
    row = find(session, account_id, wanted)
    if row is None:
        row = MaterialAtWeChat(
            account_id=account_id,
            material_id=wanted.material_id,
            lifetime=wanted.lifetime.value,
            state=PlaceState.ASKING.value,
            changed_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # another worker was first by a moment
            row = find(session, account_id, wanted)
            assert row is not None
    row.state, row.trouble, row.changed_at = PlaceState.ASKING.value, None, now
    return row


def there(
    session: Session,
    row_id: int,
    *,
    media_id: str | None,
    url: str | None,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Note what WeChat answered, and have every process answer with it within a second."""
    row = session.get_one(MaterialAtWeChat, row_id)
    row.state, row.trouble, row.changed_at = PlaceState.THERE.value, None, now
    row.media_id, row.url, row.expires_at = media_id, url, expires_at
    bump(session, REVISION)


def refused(session: Session, row_id: int, *, trouble: str, now: datetime) -> None:
    """Note that WeChat does not take the file, in its words."""
    row = session.get_one(MaterialAtWeChat, row_id)
    row.state, row.trouble, row.changed_at = PlaceState.REFUSED.value, trouble[:LONGEST_TROUBLE], now
    row.media_id = row.url = row.expires_at = None
    bump(session, REVISION)


def lost(
    session: Session, account_id: int, material_ids: Sequence[int], media_id: str, *, now: datetime
) -> None:
    """Note that WeChat does not know an id any more, so that the file is brought there again."""
    session.execute(
        update(MaterialAtWeChat)
        .where(
            MaterialAtWeChat.account_id == account_id,
            MaterialAtWeChat.material_id.in_(material_ids),
            MaterialAtWeChat.media_id == media_id,
        )
        .values(state=PlaceState.ASKING.value, media_id=None, expires_at=None, changed_at=now)
    )
    bump(session, REVISION)
