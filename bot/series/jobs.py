"""What series do on their own: going on with runs, and noticing who has fallen silent."""

import time
from typing import TYPE_CHECKING

from bot.organisation import directory
from bot.outbox.promises import Wish, promise
from bot.series import book, hearing, silence, stepping
from bot.series.models import Trigger

if TYPE_CHECKING:
    from bot.runtime import Runtime

ENOUGH = 15.0  # seconds after which no further slice is begun: a job has thirty


def go_on(runtime: "Runtime") -> None:
    """Hear what tags went on, then say what is due, a slice in a transaction.

    Run twice, or killed: a slice's notices are written with the moves of its
    runs, so what was committed is not due any more, and what was not is.
    What is left after fifteen seconds goes on at once as another job.
    """
    until = time.monotonic() + ENOUGH
    with runtime.db.reading() as session:
        shops = directory.load(session)
    while time.monotonic() < until:
        with runtime.db.transaction() as session:
            heard = hearing.hear(session, book.load(session), now=runtime.db.time())
        with runtime.db.transaction() as session:
            moved = stepping.go_on(session, shops, now=runtime.db.time())
        if heard < hearing.AT_ONCE and moved < stepping.AT_ONCE:
            return
    with runtime.db.transaction() as session:
        now = runtime.db.time()
        promise(session, Wish("series.go_on", {}, now, "series.go_on"), now=now)


def look_for_silence(runtime: "Runtime", after: int = 0) -> None:
    """Look through all fans for those who have been silent for as long as a series waits for.

    Run twice, or killed: the same silence takes a fan in once.  What is left
    after fifteen seconds goes on as another job, from where this one came to.
    """
    until = time.monotonic() + ENOUGH
    with runtime.db.reading() as session:
        if not book.load(session).has(Trigger.SILENCE):
            return
        newest = silence.newest(session)
    while after < newest and time.monotonic() < until:
        with runtime.db.transaction() as session:
            after = silence.look(session, book.load(session), after=after, now=runtime.db.time())
    if after < newest:
        with runtime.db.transaction() as session:
            now = runtime.db.time()
            going = Wish("series.look_for_silence", {"after": after}, now, f"series.look_for_silence:{after}")
            promise(session, going, now=now)
