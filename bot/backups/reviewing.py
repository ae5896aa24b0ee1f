"""An operator looks at what may have been said before a restoration: drops it, or lets it go on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from bot.audit import Actor, Subject, record
from bot.backups import aftermath
from bot.backups.errors import BackupError
from bot.broadcasts import deciding
from bot.broadcasts.models import Broadcast, BroadcastState
from bot.db.types import table_of
from bot.fan_sync.comparing import FRESH
from bot.outbox import holding
from bot.reach.models import NoticeState, ReachNotice, Reason
from bot.reach.planning import NOT_SENT
from bot.restorations.models import Restoration
from bot.restorations.reading import under_review

NOTICES: Final = table_of(ReachNotice)
COMING: Final = (BroadcastState.APPROVED, BroadcastState.SENDING, BroadcastState.PAUSED)
A_WHILE: Final = timedelta(seconds=30)
DROPPED: Final = "Restored: dropped by an operator; it may have been kept before"


class NothingToReview(BackupError):
    """There is no restoration that somebody has to look at."""


@dataclass(frozen=True, slots=True)
class Held:
    """What waits under one name: how many from before the restoration, and how many found due since."""

    name: str
    before: int
    since: int
    about: str = ""


def held(session: Session) -> list[Held]:
    """Return what is held: promises by job, notices by intent, broadcasts one by one."""
    of = _of(session)
    found = [Held(job, count, 0) for job, count in holding.held(session).items()]
    is_old = case((NOTICES.c.created_at <= of.restored_at, 1), else_=0)
    wanted = select(NOTICES.c.intent, func.sum(is_old), func.count()).where(NOTICES.c.state.in_(NOT_SENT))
    for intent, old, count in session.execute(wanted.group_by(NOTICES.c.intent).order_by(NOTICES.c.intent)):
        found.append(Held(intent, int(old), count - int(old)))
    for one in _broadcasts(session):
        when = one.send_at or one.approved_at
        found.append(Held(one.batch, 1, 0, f"{one.name}, {one.state}, for {when:%Y-%m-%d %H:%M} UTC"))
    return found


def drop(session: Session, names: Collection[str], *, actor: Actor, now: datetime) -> int:
    """Never say what is held under these names, and return how much it was.

    Raise `BackupError` for a name under which nothing is.
    """
    known = {one.name for one in held(session)}
    if strange := sorted(set(names) - known):
        unknown = ", ".join(strange)
        raise BackupError(f"nothing is held as {unknown}; look with: python -m bot restoration show")
    count = holding.drop(session, names, reason=DROPPED, now=now)
    unsaid = update(NOTICES).where(NOTICES.c.intent.in_(names), NOTICES.c.state.in_(NOT_SENT))
    values = {"state": NoticeState.UNSURE.value, "reason": Reason.RESTORED.value, "leased_until": None}
    count += session.connection().execute(unsaid.values(**values)).rowcount
    for one in _broadcasts(session):
        if one.batch in names:
            deciding.cancel(session, one, now=now)
            count += 1
    _record(session, actor, "restoration.dropped", {"names": sorted(names), "count": count}, now=now)
    return count


def end(session: Session, *, accounts: Sequence[str], actor: Actor, now: datetime) -> int:
    """Let everything that is still held go on; return how many promises did. Notices are sent again.

    Fans are compared once more: who followed minutes before we were back was left to a push, which
    had come to the database that was lost.
    """
    of = _of(session)
    aftermath.compare_fans(session, accounts, at=now + FRESH + A_WHILE, now=now)
    count = holding.release(session, list(holding.held(session)), now=now)
    ended = update(Restoration).where(Restoration.ended_at.is_(None), Restoration.id <= of.id)
    session.execute(ended.values(ended_at=now).execution_options(synchronize_session=False))
    _record(session, actor, "restoration.ended", {"released": count}, now=now)
    return count


def _of(session: Session) -> Restoration:
    found = under_review(session)
    if found is None:
        raise NothingToReview("no restoration is to be looked at")
    return found


def _broadcasts(session: Session) -> list[Broadcast]:
    wanted = select(Broadcast).where(Broadcast.state.in_([one.value for one in COMING]))
    return list(session.scalars(wanted.order_by(Broadcast.id)))


def _record(session: Session, actor: Actor, action: str, facts: dict[str, object], *, now: datetime) -> None:
    record(session, actor, action, Subject("restoration"), now=now, after=facts)
