"""Who says which material: written by whoever saves a rule, a welcome or a menu, with it.

It decides two things: what has to be at WeChat, and what may not be archived.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.materials.models import Lifetime, Material, MaterialUse


@dataclass(frozen=True, slots=True)
class User:
    """What says materials: a row of ours, by its table and id, and what it is called.

    Without an account all of them say it.  Replies do with temporary files;
    menus want permanent ones, and what an article shows is brought to WeChat with it.
    """

    table: str
    id: int
    title: str
    account_id: int | None = None
    lifetime: Lifetime = Lifetime.TEMPORARY


class Gone(ValueError):
    """The chooser's move: a material was archived, or never was."""


def put(session: Session, user: User, material_ids: Collection[int]) -> None:
    """Note that `user` says these materials and no others; raise `Gone` for one that is archived.

    Called again with the same ones it changes nothing.  Once committed, the
    timetable brings what is missing to WeChat within a minute;
    `bot.materials.jobs.wish_for` does it at once.
    """
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        mine = (MaterialUse.user == user.table) & (MaterialUse.user_id == user.id)
        known = {row.material_id: row for row in session.scalars(select(MaterialUse).where(mine))}
        if new := sorted(set(material_ids) - set(known)):
            # Shared with other choosers, not with whoever archives: one of the two waits and sees the other.
            alive = select(Material.id).where(Material.id.in_(new), Material.archived_at.is_(None))
            if gone := set(new) - set(session.scalars(alive.with_for_update(read=True))):
                raise Gone(f"material {min(gone)} is archived or was never there")
        for material_id in new:
            known[material_id] = MaterialUse(material_id=material_id, user=user.table, user_id=user.id)
            session.add(known[material_id])
        for material_id in set(material_ids):
            row = known[material_id]
            row.account_id, row.lifetime, row.title = user.account_id, user.lifetime.value, user.title[:64]
        session.flush()
        if left := set(known) - set(material_ids):
            session.execute(
                delete(MaterialUse)
                .where(mine, MaterialUse.material_id.in_(sorted(left)))
                .execution_options(synchronize_session=False)
            )


def drop(session: Session, table: str, user_id: int) -> None:
    """Note that the row is gone, and says nothing any more."""
    put(session, User(table, user_id, ""), ())


def said_by(session: Session, table: str, user_id: int) -> set[int]:
    """Return the materials that the row says."""
    mine = (MaterialUse.user == table) & (MaterialUse.user_id == user_id)
    return set(session.scalars(select(MaterialUse.material_id).where(mine)))


def of(session: Session, material_id: int) -> list[MaterialUse]:
    """Return who says the material."""
    wanted = select(MaterialUse).where(MaterialUse.material_id == material_id)
    return list(session.scalars(wanted.order_by(MaterialUse.user, MaterialUse.user_id)))


def users(session: Session, table: str, account_id: int) -> set[int]:
    """Return the rows of that table that say any material at the account."""
    mine = (MaterialUse.user == table) & (MaterialUse.account_id == account_id)
    return set(session.scalars(select(MaterialUse.user_id).where(mine)))


def counts(session: Session, material_ids: Collection[int]) -> dict[int, int]:
    """Return how many say each of the materials."""
    wanted = (
        select(MaterialUse.material_id, func.count(MaterialUse.user_id))
        .where(MaterialUse.material_id.in_(sorted(material_ids)))
        .group_by(MaterialUse.material_id)
    )
    return {row[0]: row[1] for row in session.execute(wanted)}


def archive(session: Session, material_id: int, *, now: datetime) -> bool:
    """Take the material out of what can be chosen; False, and nothing is changed, while anything says it."""
    row = session.scalar(select(Material).where(Material.id == material_id).with_for_update())
    if row is None or of(session, material_id):
        return False
    row.archived_at = row.archived_at or now
    return True
