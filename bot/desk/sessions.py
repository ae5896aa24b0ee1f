"""Who talked with whom, from WeChat's three events, whatever order they arrive in.

The rows of a fan and an agent hold every opening and every ending that is
known; a new one is added to these and all are paired anew, so an event that
comes late, or twice, leaves what it would have left in its turn.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.desk.models import DeskSession

RECENT = 40  # stays of one fan with one agent; older ones are settled


@dataclass(slots=True)
class Stay:
    """One stay, as far as it is known."""

    opened_at: datetime | None = None
    closed_at: datetime | None = None
    moved_to: str | None = None


def opened(session: Session, *, account_id: int, fan_id: int, kf_account: str, at: datetime) -> None:
    """Note that the agent took the fan. A second time: nothing changes. The fan's row must be locked."""
    rows = _rows(session, fan_id, kf_account)
    openings = {row.opened_at for row in rows if row.opened_at} | {at}
    _write(session, rows, _paired(openings, _endings(rows)), (account_id, fan_id, kf_account))


def closed(
    session: Session,
    *,
    account_id: int,
    fan_id: int,
    kf_account: str,
    at: datetime,
    moved_to: str | None = None,
) -> None:
    """Note that the stay ended, `moved_to` whom if to anybody. A second time: nothing changes.

    The fan's row must be locked.
    """
    rows = _rows(session, fan_id, kf_account)
    openings = {row.opened_at for row in rows if row.opened_at}
    endings = {**_endings(rows), at: moved_to}
    _write(session, rows, _paired(openings, endings), (account_id, fan_id, kf_account))


def goes_on(
    session: Session, *, account_id: int, fan_id: int, kf_account: str, since: datetime, seen_at: datetime
) -> None:
    """Note that WeChat's own list had the stay that began then: endings noted of before we looked are wrong.

    A second time: nothing changes. The fan's row must be locked.
    """
    rows = _rows(session, fan_id, kf_account)
    openings = {row.opened_at for row in rows if row.opened_at} | {since}
    seen_at = seen_at.replace(microsecond=0)  # WeChat counts in seconds
    endings = {at: moved_to for at, moved_to in _endings(rows).items() if at < since or at >= seen_at}
    _write(session, rows, _paired(openings, endings), (account_id, fan_id, kf_account))


def end_all(session: Session, *, at: datetime, fan_id: int | None = None) -> None:
    """Note of each stay, of the fan or of anybody, whose end is not known that it had ended by then.

    A second time: nothing changes. The fan's row must be locked, if one is named.
    """
    going_on = update(DeskSession).where(DeskSession.opened_at <= at, DeskSession.closed_at.is_(None))
    if fan_id is not None:
        going_on = going_on.where(DeskSession.fan_id == fan_id)
    session.execute(going_on.values(closed_at=at))


def is_open(session: Session, fan_id: int, kf_account: str, *, at: datetime) -> bool:
    """Tell whether the stay that began then is the fan's latest with the agent and has not ended."""
    rows = _rows(session, fan_id, kf_account)
    return bool(rows) and rows[-1].opened_at == at and rows[-1].closed_at is None


def _rows(session: Session, fan_id: int, kf_account: str) -> list[DeskSession]:
    wanted = select(DeskSession).filter_by(fan_id=fan_id, kf_account=kf_account)
    return list(session.scalars(wanted.order_by(DeskSession.id.desc()).limit(RECENT)))[::-1]


def _endings(rows: list[DeskSession]) -> dict[datetime, str | None]:
    return {row.closed_at: row.moved_to for row in rows if row.closed_at}


def _paired(openings: set[datetime], endings: dict[datetime, str | None]) -> list[Stay]:
    """Return the stays that these moments make, in their order."""
    stays: list[Stay] = []
    current: Stay | None = None
    for at in sorted(openings | set(endings)):
        begins, ends = at in openings, at in endings
        if begins and not (ends and current):  # WeChat counts in seconds: one may begin and end within one
            current = Stay(opened_at=at)
            stays.append(current)
        if ends:
            if current is None:
                current = Stay()
                stays.append(current)
            current.closed_at, current.moved_to = at, endings[at]
            current = None
            if begins and stays[-1].opened_at != at:
                current = Stay(opened_at=at)
                stays.append(current)
    return stays


def _write(session: Session, rows: list[DeskSession], stays: list[Stay], whose: tuple[int, int, str]) -> None:
    account_id, fan_id, kf_account = whose
    while len(rows) < len(stays):
        rows.append(DeskSession(account_id=account_id, fan_id=fan_id, kf_account=kf_account))
        session.add(rows[-1])
    for row, stay in zip(rows, stays, strict=False):
        row.opened_at, row.closed_at, row.moved_to = stay.opened_at, stay.closed_at, stay.moved_to
    for row in rows[len(stays) :]:
        session.delete(row)
    session.flush()
