"""Doing a run a slice at a time: ask WeChat, then write what it said, and how far we are."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import BadRequest, FanUnreachable, NotPermitted, QuotaUsedUp, WeChatError
from bot.fan_sync import blocking, listing, missing, profiles, runs
from bot.fan_sync.asking import Asking, Line, Pace
from bot.fan_sync.models import FanSyncRun, Phase, RunState
from bot.fan_sync.runs import HeldByAnother
from bot.fan_sync.turn import Turn

PAUSES: Final = (5, 15, 60, 300, 600)  # seconds, while WeChat does not answer
HOPELESS: Final = (NotPermitted, BadRequest, FanUnreachable)


class Working:
    """One worker at one run. `account` is its name in the settings."""

    def __init__(
        self,
        db: Database,
        line: Line,
        *,
        run_id: int,
        account: str,
        per_second: float,
        at_once: int,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._line = line
        self._run_id = run_id
        self._account = account
        self._pace = Pace(per_second)
        self._at_once = at_once
        self._tell = tell
        self._who = str(uuid.uuid4())

    def run(self, *, seconds: float) -> bool:
        """Work for about so long; return whether the run has ended. Otherwise the next slice is promised.

        What WeChat does not answer is asked again later, a spent quota when it
        opens; an account without the right ends the run, with the reason.
        Another worker at the same run is left to it.
        """
        with self._db.transaction() as session:
            run = runs.hold(session, self._run_id, self._who, now=self._db.now(session.connection()))
            if run is None:
                return self._look_again(session)
        until = time.monotonic() + seconds
        try:
            with Asking(self._line, self._pace, self._at_once) as asking:
                turn = Turn(
                    self._db, asking, run.id, self._who, run.account_id, self._account, until, self._tell
                )
                while time.monotonic() < until:
                    if self._step(turn):
                        return True
                    turn.tell()
        except HeldByAnother:
            return False
        except WeChatError as error:
            return self._wait(error)
        with self._db.transaction() as session:
            now = self._db.time()
            runs.let_go(session, self._run_id, self._who, now=now, at=now)
        return False

    def _step(self, turn: Turn) -> bool:
        """Do the next of whatever phase the run is in; True when it has ended."""
        with self._db.reading() as session:
            run = session.get_one(FanSyncRun, self._run_id)
        match Phase(run.phase):
            case Phase.TAGS:
                listing.learn_tags(turn)
            case Phase.LIST:
                listing.list_some(turn, run)
            case Phase.PROFILES:
                profiles.read_some(turn)
            case Phase.BLACKLIST:
                blocking.block_some(turn, run)
            case Phase.MISSING:
                return missing.look_up_some(turn, run)
        return False

    def _look_again(self, session: Session) -> bool:
        """Have the run looked at again once whoever holds it could be dead; True if it has ended."""
        run = session.get(FanSyncRun, self._run_id)
        if run is None or run.state != RunState.RUNNING:
            return True
        now = self._db.time()
        runs.go_on(session, run.id, at=max(now, run.held_until or now) + timedelta(seconds=1), now=now)
        return False

    def _wait(self, error: WeChatError) -> bool:
        now = self._db.time()
        with self._db.transaction() as session:
            if isinstance(error, HOPELESS):
                return runs.end(session, self._run_id, RunState.FAILED, now=now, trouble=str(error))
            failures = session.get_one(FanSyncRun, self._run_id).failures
            at = now + timedelta(seconds=PAUSES[min(failures, len(PAUSES) - 1)])
            if isinstance(error, QuotaUsedUp) and error.reopens_at:
                at = max(now + timedelta(seconds=5), datetime.fromtimestamp(error.reopens_at, now.tzinfo))
            runs.let_go(session, self._run_id, self._who, now=now, at=at, trouble=str(error))
        return False
