"""A batch of messages, one transaction (design §§2-3).

    lock the fans → which are known already? → run each handler → save fans,
    promises and messages → commit

Fans are locked first and in order, so repeats of one message meet at the lock
of its fan: when the second gets it, the first is committed and found.  A lock
that somebody keeps costs the others of the batch one wait, not their answers
(`docs/decisions/0046-messages-wait-for-nobody.md`).
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot.arrivals import FAILED, Answer, Arrival, Batch, Collision, known
from bot.db import Database
from bot.db.database import Patience, is_passing
from bot.db.engines import Bounds
from bot.db.locks import is_lock_wait, wait_no_longer
from bot.db.revisions import Memory
from bot.fans import rows as fan_rows
from bot.router import Dispatcher, Work

log = logging.getLogger(__name__)

COLLISIONS = 3


def bounds(patience: float) -> Bounds:
    """Return what an `Intake` of one thread asks of its database.

    A lock is waited for so briefly that who comes while a batch waits in vain, and waits in vain with the
    next, has an answer after both.
    """
    return Bounds(kept=1, more=0, wait_seconds=patience / 4, lock_seconds=patience * 3 / 8)


class _Locked(Exception):
    """Somebody else keeps locked what a message needs."""


class Intake:
    """Takes messages into the database, each exactly once. Safe to share between threads."""

    def __init__(
        self,
        db: Database,
        memory: Memory,
        dispatcher: Dispatcher,
        *,
        promised: Callable[[], None],
        patience: float,
    ) -> None:
        """Call `promised` after every commit that made promises; it must not wait for anything.

        `patience` is for how many seconds a batch is tried while the database is away.
        """
        self._db = db
        self._memory = memory
        self._dispatcher = dispatcher
        self._promised = promised
        self._patience = patience

    def take(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """Return the answer to each arrival, in order, after its effects are committed.

        If one handler fails, the batch is rolled back and its messages are run
        one by one, so that one failure is one message's: FAILED, nothing of it
        stored, and WeChat's repeat is a second chance.  A lock that is waited
        for in vain fails those who need it, and no other.

        WeChat repeats at once and not often: were a database that restarts answered with FAILED at once,
        all its repeats would be spent within a moment. So it is waited for, as long as WeChat waits for us.
        """
        patience = Patience(self._patience)
        hurried = False
        while not patience.is_over:
            try:
                return self._take(arrivals, patience, hurried=hurried)
            except _Locked:
                log.warning("a lock was not let go of", extra={"messages": len(arrivals)})
            if hurried and any(got_through := self._fan_by_fan(arrivals, patience)):
                return [answer or FAILED for answer in got_through]
            hurried = True  # and as nobody got through, it is a lock that all need: a table's
        return [FAILED] * len(arrivals)

    def _take(self, arrivals: Sequence[Arrival], patience: Patience, *, hurried: bool) -> list[Answer]:
        """Do as `take` with what is left of the time; raise `_Locked` for a lock that is waited for in vain.

        Who is `hurried` passes over fans whom somebody else has locked: they are answered with FAILED.
        """
        collisions = 0
        while collisions < COLLISIONS:
            try:
                return self._together(arrivals, hurried=hurried, wary=collisions > 0)
            except Collision:
                log.info("collision", extra={"messages": len(arrivals)})
                collisions += 1
            except NoConnection:
                # Each message alone would wait as long once more.
                log.warning("no connection to the database was free", extra={"messages": len(arrivals)})
                break
            except Exception as error:
                if isinstance(error, DBAPIError) and is_lock_wait(error):
                    raise _Locked from error
                if isinstance(error, DBAPIError) and is_passing(error):
                    goes_on = patience.outlasts(error)
                    facts = {"reason": type(error.orig).__name__, "tried_again": goes_on}
                    log.warning("database did not take a batch", extra=facts, exc_info=not goes_on)
                    if goes_on:
                        continue
                    break
                if len(arrivals) > 1:
                    return [self._take([arrival], patience, hurried=hurried)[0] for arrival in arrivals]
                [failed] = arrivals
                log.exception("handler failed", extra=_names(failed))
                break
        return [FAILED] * len(arrivals)

    def _fan_by_fan(self, arrivals: Sequence[Arrival], patience: Patience) -> list[Answer | None]:
        """Take each fan's messages apart from the others', as long as there is time; None where it is locked.

        All or none of a fan's: were the second stored and the first a repeat's, they would be out of order.
        """
        answers: list[Answer | None] = [None] * len(arrivals)
        places = defaultdict(list)
        for place, arrival in enumerate(arrivals):
            places[arrival.account.id, arrival.message.openid].append(place)
        for theirs in places.values():
            if patience.is_over:
                break
            with suppress(_Locked):
                taken = self._take([arrivals[place] for place in theirs], patience, hurried=True)
                for place, answer in zip(theirs, taken, strict=True):
                    answers[place] = answer
        return answers

    def _together(self, arrivals: Sequence[Arrival], *, hurried: bool, wary: bool) -> list[Answer]:
        with self._db.connection() as connection:
            if ahead := self._db.timepiece.ahead(connection):
                arrivals = [replace(one, at=one.at + ahead) for one in arrivals]
            work = Work(connection, self._memory)
            if self._memory.is_due:
                self._memory.refresh(work.session)
            wanted = [
                (arrival.account.id, arrival.message.openid) for arrival in arrivals if arrival.message.openid
            ]
            now = arrivals[0].at
            if hurried:
                wait_no_longer(connection, seconds=self._patience / 20)
                fans, held = fan_rows.lock_free(connection, wanted, now=now)
            else:
                fans, held = fan_rows.lock(connection, wanted, now=now), set()
            there = known(connection, arrivals, used=wary)
            batch = Batch(work, fans, self._dispatcher, there, held=held)
            answers = [batch.answer(arrival) for arrival in arrivals]
            batch.save()
        if work.wishes:
            self._promised()
        return answers


def _names(arrival: Arrival) -> dict[str, str]:
    return {
        "account": arrival.account.name,
        "kind": arrival.message.kind,
        "message_key": arrival.key.hex(),
    }
