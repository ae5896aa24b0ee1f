"""Asking whether a restoration is still to be looked at, and how many there were."""

from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.restorations.models import Restoration

TABLE = table_of(Restoration)


def is_under_review(connection: Connection) -> bool:
    """Tell whether nothing is to be said of our own accord, because it may have been said before."""
    return connection.scalar(select(TABLE.c.id).where(TABLE.c.ended_at.is_(None)).limit(1)) is not None


def under_review(session: Session) -> Restoration | None:
    """Return the newest restoration that nobody has ended; None where there is none."""
    wanted = select(Restoration).where(Restoration.ended_at.is_(None)).order_by(Restoration.id.desc())
    with beyond_scope(session):
        return session.scalar(wanted.limit(1))


def last_restored(session: Session) -> float:
    """Return when the database was put back last (UTC epoch seconds), 0 for never.

    Whoever was known by a number before that may be somebody else's number now.
    """
    with beyond_scope(session):
        newest: datetime | None = session.scalar(select(func.max(Restoration.restored_at)))
    return newest.timestamp() if newest else 0.0


def mark(session: Session) -> str:
    """Return what is put behind numbers that the world keeps, such as those inside codes: nothing, mostly.

    After a restoration the database gives numbers again that it gave before; a code that was printed under
    one of them must not lead to something else.
    """
    with beyond_scope(session):
        newest: datetime | None = session.connection().scalar(select(func.max(TABLE.c.restored_at)))
    # By the moment, for the same backup put back twice is two restorations of the same number.
    return f"-{int(newest.timestamp()):x}" if newest else ""
