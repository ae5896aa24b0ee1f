"""What follows from putting an old database into a world that went on.

Rows say that something is still to be said, and it may have been said since;
nobody can ask WeChat.  So what speaks is held, of what was promised and of what
will be found due, until an operator has looked (`reviewing`).  What reconciles
goes on by itself, and most of it the timetable begins within a minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import jobs
from bot.audit import Actor, Subject, record
from bot.backups import numbers
from bot.desk import restored
from bot.fan_sync import runs
from bot.fan_sync.models import FanSyncRun, RunState
from bot.outbox import holding
from bot.outbox.promises import Wish, promise_all
from bot.restorations.models import Restoration


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was found: promises held, and requests at the desk that were closed."""

    held: int
    closed: int


def begin(
    session: Session,
    *,
    taken_at: datetime,
    source: str,
    accounts: Sequence[str],
    now: datetime,
    actor: Actor | None = None,
) -> Aftermath:
    """Have the database, which is as it was at `taken_at`, know that it is.

    Nothing may run on it yet.  Twice: there is nothing more to hold.
    """
    session.add(Restoration(taken_at=taken_at, restored_at=now, source=source[:200]))
    session.flush()
    numbers.skip(session, taken_at=taken_at, now=now)
    reason = f"Restored: the database is of {taken_at:%Y-%m-%d %H:%M} UTC; it may have been kept since"
    held = holding.hold(session, jobs.SPEAKING, reason=reason, now=now)
    closed = restored.close_all(session, now=now)
    # Who was read before the backup may have left since, so the runs under way begin anew.
    under_way = select(FanSyncRun.id).where(FanSyncRun.state == RunState.RUNNING.value)
    for run_id in session.scalars(under_way).all():
        runs.end(session, run_id, RunState.STOPPED, now=now)
    compare_fans(session, accounts, at=now, now=now)
    facts = {"taken_at": taken_at.isoformat(), "source": source, "held": held, "closed": closed}
    record(
        session,
        actor or Actor("restore"),
        "restoration.begun",
        Subject("restoration", source[:64]),
        now=now,
        after=facts,
    )
    return Aftermath(held, closed)


def compare_fans(session: Session, accounts: Sequence[str], *, at: datetime, now: datetime) -> None:
    """Have each account's fans compared with WeChat's list at that moment. Twice: it is done once."""
    wishes = [Wish("fans.begin_sync", {"account": name}, at, f"fans.begin_sync:{name}") for name in accounts]
    promise_all(session.connection(), wishes, now=now)
