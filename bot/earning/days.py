"""A member's day by one version: found, and written once it is judged, by whoever holds the member's row."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bot.db.types import BIG, UtcDateTime, table_of
from bot.earning.models import EarningDay, EarningVersion
from bot.moments import HERE

_DAYS, _VERSIONS = table_of(EarningDay), table_of(EarningVersion)
# Made once, as those of the ledger: a till waits for them.
_BY_VERSION = and_(
    _DAYS.c.version_id == _VERSIONS.c.id,
    _DAYS.c.member_id == bindparam("member_id", type_=BIG),
    _DAYS.c.day == bindparam("day"),
)
_STANDING = select(_VERSIONS.c.id, _DAYS.c.id, _DAYS.c.points, _DAYS.c.turn).select_from(
    _VERSIONS.outerjoin(_DAYS, _BY_VERSION)
)
_IN_FORCE = (
    _STANDING.where(_VERSIONS.c.in_force_from <= bindparam("at", type_=UtcDateTime()))
    .order_by(_VERSIONS.c.in_force_from.desc(), _VERSIONS.c.number.desc())
    .limit(1)
)
_OF_VERSION = _STANDING.where(_VERSIONS.c.id == bindparam("version_id", type_=BIG))
_ADD = insert(_DAYS)
_CHANGE = (
    update(_DAYS)
    .where(_DAYS.c.id == bindparam("key", type_=BIG), _DAYS.c.turn == bindparam("before", type_=BIG))
    .values(points=bindparam("to", type_=BIG), turn=_DAYS.c.turn + 1)
)


@dataclass(slots=True)
class Day:
    """The day as it was last judged, `turn` times; without an id nothing of it was judged before."""

    member_id: int
    day: date
    version_id: int
    id: int = 0
    points: int = 0
    turn: int = 0


def of_moment(session: Session, member_id: int, at: datetime) -> Day | None:
    """Return the member's day by the version in force at `at`; None before the first.

    The version and the day are one statement.  The member's row is locked by then.
    """
    day = at.astimezone(HERE).date()
    asked = {"member_id": member_id, "day": day, "at": at}
    row = session.connection().execute(_IN_FORCE, asked).one_or_none()
    return None if row is None else Day(member_id, day, row[0], row[1] or 0, row[2] or 0, row[3] or 0)


def of_version(session: Session, member_id: int, day: date, version_id: int) -> Day:
    """Return the member's day by that version, as `of_moment`."""
    asked = {"member_id": member_id, "day": day, "version_id": version_id}
    row = session.connection().execute(_OF_VERSION, asked).one()
    return Day(member_id, day, row[0], row[1] or 0, row[2] or 0, row[3] or 0)


def write(session: Session, day: Day, points: int) -> None:
    """Keep what the day comes to now, as one turn more.

    Raise `RuntimeError` if it was judged meanwhile, which the member's lock forbids.
    """
    connection = session.connection()
    if not day.id:
        row = {
            "member_id": day.member_id,
            "day": day.day,
            "version_id": day.version_id,
            "points": points,
            "turn": 1,
        }
        made = connection.execute(_ADD, row)
        assert made.inserted_primary_key is not None
        day.id = int(made.inserted_primary_key[0])
    else:
        changed = connection.execute(_CHANGE, {"key": day.id, "before": day.turn, "to": points})
        if not changed.rowcount:
            raise RuntimeError(f"day {day.id} was judged by somebody who does not hold its member")
    day.points, day.turn = points, day.turn + 1
