"""Doing steps for as long as a slice lasts: what most jobs that work through much have in common.

A step is a transaction or a few, and says whether there may be more.  One is
done in any case, so that a job always comes a little further.
"""

import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from bot.batches import work
from bot.db import Database, utc_now

Step = Callable[[], object]


def take(step: Step, *, seconds: float = work.SLICE) -> bool:
    """Call `step` until it returns nothing that is true; False if the time was over before that."""
    until = time.monotonic() + seconds
    while step():
        if time.monotonic() >= until:
            return False
    return True


def commit(db: Database, *acts: Callable[[Session], object], seconds: float = work.SLICE) -> bool:
    """Do as `take` with a step that is each of `acts` in a transaction of its own.

    It goes on while any of them returns something that is true.
    """

    def step() -> bool:
        found = False
        for act in acts:
            with db.transaction() as session:
                found = bool(act(session)) or found
        return found

    return take(step, seconds=seconds)


def of_batch(db: Database, batch_id: int, step: Step, *, seconds: float = work.SLICE) -> None:
    """Do a slice of a batch, whose steps end it themselves; promise the next if the time is over before."""
    if take(step, seconds=seconds):
        return
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is not None:
            work.go_on(session, batch, now=utc_now())
