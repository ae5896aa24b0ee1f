"""The fourth phase: whom the account has blocked in WeChat."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.types import table_of
from bot.errors import NotPermitted
from bot.fan_sync.found import by_openid
from bot.fan_sync.models import BlacklistedFan, FanSyncRun, Kind, Phase
from bot.fan_sync.runs import RUN
from bot.fan_sync.turn import Turn

TABLE = table_of(BlacklistedFan)
RELEASED_AT_ONCE = 1_000
_insert = BulkInsert(TABLE, ("fan_id", "account_id", "noticed_at", "run_id"))


def block_some(turn: Turn, run: FanSyncRun) -> None:
    """Keep a page of the blocked; after the last, note who is blocked no more.

    Who is blocked and has no row of ours is passed over: nothing is sent to them anyway.
    """
    try:
        page = turn.asking.blacklist(run.next_openid)
    except NotPermitted:
        _go_on(turn)  # not every account may ask; the rest of the run is as good without
        return
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        new = _keep(session, turn, page.openids, now=now)
        turn.note(
            session, {Kind.BLACKLISTED: new}, now=now, calls=RUN.c.calls + 1, next_openid=page.next_openid
        )
    if not page.next_openid:
        _release(turn)
        _go_on(turn)


def _keep(session: Session, turn: Turn, openids: list[str], *, now: datetime) -> list[int]:
    """Return the fans among them who were not blocked before."""
    connection = session.connection()
    ids = sorted(row[0] for row in by_openid(connection, turn.account_id, openids, ("id",)))
    known = set(connection.scalars(select(TABLE.c.fan_id).where(TABLE.c.fan_id.in_(ids))))
    connection.execute(update(TABLE).where(TABLE.c.fan_id.in_(sorted(known))).values(run_id=turn.run_id))
    new = [one for one in ids if one not in known]
    _insert.run(connection, [(one, turn.account_id, now, turn.run_id) for one in new])
    return new


def _release(turn: Turn) -> None:
    while True:
        now = turn.db.time()
        with turn.db.transaction() as session:
            turn.own(session, now=now)
            wanted = select(TABLE.c.fan_id).where(
                TABLE.c.account_id == turn.account_id, TABLE.c.run_id != turn.run_id
            )
            ids = list(session.connection().scalars(wanted.limit(RELEASED_AT_ONCE)))
            if not ids:
                return
            session.connection().execute(delete(TABLE).where(TABLE.c.fan_id.in_(ids)))
            turn.note(session, {Kind.RELEASED: ids}, now=now)


def _go_on(turn: Turn) -> None:
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        turn.keep(session, now=now, phase=Phase.MISSING.value, phase_at=now, next_openid="")
