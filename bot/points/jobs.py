"""What the clock does for points."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db import Database, utc_now
from bot.outbox.promises import Wish, promise
from bot.points import days, expiring, holds, reconciling
from bot.points.models import HoldState
from bot.points.office_models import PointCheck
from bot.points.reconciling import Checks
from bot.points.refusals import BooksBroken

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
ENOUGH = 15.0  # seconds after which no further slice is begun: a job has thirty
AT_ONCE = 100
KEPT = 60  # runs of the check that stay to be read
MOST = 100  # findings of one run that are kept; more tell nothing more


def expire(runtime: "Runtime") -> None:
    """Take off the books what has ended and what erased members left, with what was written of them.

    Run twice: there is less to take. Nobody can spend it meanwhile, however late this runs.  Where the points
    of everybody end at one midnight there is more than one run can take: the rest is promised at once, and
    the erased, who are few, come first.
    """
    began = time.monotonic()
    acts = (expiring.write_off, expiring.forget_words, expiring.expire)
    is_done = [_in_slices(runtime.db, act, began) for act in acts]
    if not all(is_done):
        with runtime.db.transaction() as session:
            promise(session, Wish("points.expire", {}, utc_now(), "points.expire"), now=utc_now())


def end_holds(runtime: "Runtime", *, besides: Collection[str] = ()) -> None:
    """Release holds whose time is over. Run twice: those that are over stay so.

    Holds of the sources `besides` end with what they are for, by its own job.
    A hold whose rows are broken is said and stays for `reconcile` to find; the others do not wait for it.
    """
    now = utc_now()
    with runtime.db.reading() as session:
        over = holds.overdue(session, now=now, most=AT_ONCE * 5, besides=besides)
    for hold_id in over:
        try:
            with runtime.db.transaction() as session:
                holds.release(session, hold_id, now=utc_now(), as_state=HoldState.EXPIRED)
        except BooksBroken:
            log.exception("points_hold_cannot_end", extra={"hold": hold_id})


def add_up(runtime: "Runtime") -> None:
    """Add up yesterday and today again, and the days before that nobody has added up, the oldest first.

    Run twice: each day's rows are replaced in one transaction by the same.  Where
    there are more days than one run can do, the rest is promised at once.
    """
    now = utc_now()
    began = time.monotonic()
    with runtime.db.reading() as session:
        wanted = list(days.due(session, now=now))
    for day in wanted:
        if time.monotonic() - began > ENOUGH:
            with runtime.db.transaction() as session:
                promise(session, Wish("points.add_up", {}, utc_now(), "points.add_up"), now=utc_now())
            return
        try:
            with runtime.db.transaction() as session:
                days.add_up(session, day, now=now)
        except IntegrityError:  # another worker has just written the same
            continue


def reconcile(runtime: "Runtime", *, more: Checks | None = None) -> None:
    """Go on with the check that is under way, or begin one; what it finds stands in its row and in the log.

    `more` are the checks of nouns above, which go by the same accounts.

    Run twice at once: slices are looked at twice. Stopped: the next run goes on where it was.
    """
    began = time.monotonic()
    while time.monotonic() - began < ENOUGH:
        if not step(runtime.db, now=utc_now(), more=more):
            return
    with runtime.db.transaction() as session:
        promise(session, Wish("points.reconcile", {}, utc_now(), "points.reconcile"), now=utc_now())


def step(db: Database, *, now: datetime, more: Checks | None = None) -> bool:
    """Look at one slice of accounts and note what is wrong; False once the run is over."""
    with db.transaction() as session:
        run = session.scalar(
            select(PointCheck).where(PointCheck.ended_at.is_(None)).order_by(PointCheck.id).limit(1)
        )
        if run is None:
            run = PointCheck(began_at=now, above=0, findings=[])
            session.add(run)
            session.flush()
        above, key, known = run.above, run.id, len(run.findings)
    with db.reading() as session:
        upto = reconciling.slice_after(session, above)
        found = [] if upto is None else reconciling.findings(session, above=above, upto=upto, more=more)
    for finding in found:
        log.error("points_do_not_add_up", extra=finding.as_document())
    with db.transaction() as session:
        run = session.get_one(PointCheck, key, with_for_update=True, populate_existing=True)
        if run.above == above and run.ended_at is None:
            run.findings = [*run.findings, *(one.as_document() for one in found)][: max(MOST, known)]
            run.above = above if upto is None else upto
            run.ended_at = now if upto is None else None
            _forget(session, run)
    return upto is not None


def _forget(session: Session, run: PointCheck) -> None:
    if run.ended_at is None:
        return
    old = select(PointCheck).where(PointCheck.id <= run.id - KEPT)
    for row in session.scalars(old):
        session.delete(row)


def _in_slices(db: Database, act: Callable[..., int], began: float) -> bool:
    """Act until there is nothing left; False if the time was over before."""
    while time.monotonic() - began < ENOUGH:
        with db.transaction() as session:
            if not act(session, now=utc_now(), most=AT_ONCE):
                return True
    return False
