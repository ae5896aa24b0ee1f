"""A run's life: begun once at a time for an account, held by one worker at a time, ended once."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.errors import YizhanError
from bot.fan_sync.models import FanSyncFinding, FanSyncPart, FanSyncRun, Phase, RunState
from bot.outbox.promises import Wish, promise

JOB: Final = "fans.sync"
HELD: Final = timedelta(seconds=30)  # longer than the longest step: a call, and the transaction after it
KEPT: Final = timedelta(days=90)
FORGOTTEN_AT_ONCE: Final = 20_000
RUN, PART, FINDING = table_of(FanSyncRun), table_of(FanSyncPart), table_of(FanSyncFinding)


class HeldByAnother(YizhanError):
    """Time's move: another worker is at the run, or it has ended; what this one had in hand is not kept."""

    retryable = True


def begin(session: Session, account_id: int, *, asked_by: str, now: datetime) -> FanSyncRun:
    """Return the account's run under way, begun now if there is none, in the name of `asked_by`.

    Two at once get the same run: the unique key decides.  One under way is
    gone on with, should whoever promised that have given up.
    """
    known = under_way(session, account_id)
    if known is not None:
        go_on(session, known.id, at=max(now, known.not_before or now), now=now)
        return known
    run = FanSyncRun(
        account_id=account_id,
        open_account_id=account_id,
        state=RunState.RUNNING.value,
        phase=Phase.TAGS.value,
        asked_by=asked_by[:64],
        started_at=now,
        phase_at=now,
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError:
        return session.scalars(select(FanSyncRun).filter_by(open_account_id=account_id)).one()
    go_on(session, run.id, at=now, now=now)
    return run


def under_way(session: Session, account_id: int) -> FanSyncRun | None:
    """Return the account's run that has not ended."""
    return session.scalar(select(FanSyncRun).filter_by(open_account_id=account_id))


def go_on(session: Session, run_id: int, *, at: datetime, now: datetime) -> None:
    """Promise the next slice for `at`."""
    promise(session, Wish(JOB, {"run_id": run_id}, at, f"{JOB}:{run_id}"), now=now)


def hold(session: Session, run_id: int, who: str, *, now: datetime) -> FanSyncRun | None:
    """Take the run for `who` and return it; None if it has ended or another holds it."""
    free = (RUN.c.held_until.is_(None)) | (RUN.c.held_until < now) | (RUN.c.held_by == who)
    taken = session.connection().execute(
        update(RUN)
        .where(RUN.c.id == run_id, RUN.c.state == RunState.RUNNING.value, free)
        .values(held_by=who, held_until=now + HELD)
    )
    return session.get_one(FanSyncRun, run_id) if taken.rowcount else None


def keep(session: Session, run_id: int, who: str, *, now: datetime, **facts: Any) -> None:
    """Write what a step of `who` came to, and hold the run longer; raise `HeldByAnother` if it is not theirs.

    Facts are values, or expressions on `RUN`, such as `RUN.c.calls + 1`.
    """
    kept = session.connection().execute(
        update(RUN)
        .where(RUN.c.id == run_id, RUN.c.state == RunState.RUNNING.value, RUN.c.held_by == who)
        .values(held_until=now + HELD, failures=0, not_before=None, trouble=None, **facts)
    )
    if not kept.rowcount:
        raise HeldByAnother(f"run {run_id} has ended, or another worker went on with it")


def let_go(
    session: Session, run_id: int, who: str, *, now: datetime, at: datetime, trouble: str | None = None
) -> None:
    """Give the run back and promise the next slice for `at`; with `trouble`, what is waited for."""
    facts: dict[str, Any] = {"held_by": None, "held_until": None}
    if trouble is not None:
        facts |= {"trouble": trouble[:400], "not_before": at, "failures": RUN.c.failures + 1}
    mine = (RUN.c.id == run_id) & (RUN.c.state == RunState.RUNNING.value) & (RUN.c.held_by == who)
    if session.connection().execute(update(RUN).where(mine).values(facts)).rowcount:
        go_on(session, run_id, at=at, now=now)


def end(session: Session, run_id: int, state: RunState, *, now: datetime, trouble: str | None = None) -> bool:
    """End a run under way; False if it had ended. What differed so far stays."""
    facts: dict[str, Any] = {
        "state": state.value,
        "open_account_id": None,
        "held_by": None,
        "held_until": None,
        "not_before": None,
        "finished_at": now,
        "trouble": trouble and trouble[:400],
    }
    quiet = {"synchronize_session": False}
    open_run = update(FanSyncRun).where(FanSyncRun.id == run_id, FanSyncRun.state == RunState.RUNNING.value)
    ended = session.execute(open_run.values(facts).execution_options(**quiet))
    if not ended.rowcount:  # type: ignore[attr-defined]
        return False
    session.execute(delete(FanSyncPart).where(FanSyncPart.run_id == run_id).execution_options(**quiet))
    return True


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete some of what runs of more than ninety days ago found, then the runs; return how many rows."""
    old = list(
        session.scalars(select(RUN.c.id).where(RUN.c.finished_at < now - KEPT).order_by(RUN.c.id).limit(10))
    )
    gone = 0
    for run_id in old:
        some = session.execute(
            select(FINDING.c.kind, FINDING.c.fan_id)
            .where(FINDING.c.run_id == run_id)
            .limit(FORGOTTEN_AT_ONCE)
        ).all()
        kinds: dict[str, list[int]] = {}
        for kind, fan_id in some:
            kinds.setdefault(kind, []).append(fan_id)
        for kind, fan_ids in kinds.items():
            for place in range(0, len(fan_ids), 1000):
                mine = FINDING.c.fan_id.in_(fan_ids[place : place + 1000])
                session.connection().execute(
                    delete(FINDING).where(FINDING.c.run_id == run_id, FINDING.c.kind == kind, mine)
                )
        gone += len(some)
        if len(some) == FORGOTTEN_AT_ONCE:
            return gone
        session.connection().execute(delete(RUN).where(RUN.c.id == run_id))
    return gone
