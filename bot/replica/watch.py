"""What a process remembers of the replica, so that few pages look and none waits for a dead one."""

import enum
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from bot.replica.looking import PrimaryAway, Sight

log = logging.getLogger(__name__)
LOOK_EVERY = 3.0  # seconds that a look is good for, while somebody asks
PATIENCE = 1.0  # seconds that somebody waits for a look, once


class State(enum.StrEnum):
    """How the replica stands. Only from one that is near anything is read."""

    UNKNOWN = "unknown"
    NEAR = "near"
    LATE = "late"
    AWAY = "away"
    FOREIGN = "foreign"


class Watch:
    """Looks at the replica every few seconds while somebody asks. Safe between threads, not across a fork.

    Looking happens in a thread of its own.  Whoever asks waits for it only while the
    replica was last seen well, and a second at most: then it is away until it answers.
    A look that the primary failed leaves things as they were.
    """

    def __init__(self, look: Callable[[], Sight], *, limit: timedelta) -> None:
        self.state = State.UNKNOWN
        self.behind: timedelta | None = None
        self._look, self._limit = look, limit
        self._lock = threading.Lock()
        self._seen_at = float("-inf")
        self._looking: threading.Thread | None = None

    def allows(self) -> bool:
        """Tell whether the replica may be read now."""
        with self._lock:
            if time.monotonic() - self._seen_at < LOOK_EVERY:
                return self.state is State.NEAR
            looking = self._looking
            if looking is None:
                looking = self._looking = threading.Thread(target=self._see, name="replica", daemon=True)
                looking.start()
            is_worth_waiting = self.state in {State.UNKNOWN, State.NEAR}
        if is_worth_waiting:
            looking.join(PATIENCE)
            if looking.is_alive():
                self._note(State.AWAY, why="no answer")
        return self.state is State.NEAR

    def lost(self, error: Exception) -> None:
        """Note that a connection to the replica broke, or that none was to be had: nobody else need try."""
        self._note(State.AWAY, why=type(error).__name__)

    def close(self) -> None:
        """Wait a moment for a look under way."""
        if (looking := self._looking) is not None:
            looking.join(PATIENCE)

    def _see(self) -> None:
        try:
            sight = self._look()
        except PrimaryAway:
            self._keep()
        except Exception as error:  # noqa: BLE001 - whatever it is, the primary can be read
            self._note(State.AWAY, why=type(error).__name__)
        else:
            self._note(self._judge(sight), sight.behind)
        finally:
            self._looking = None

    def _judge(self, sight: Sight) -> State:
        if not sight.is_ours:
            return State.FOREIGN
        is_near = sight.behind is not None and sight.behind <= self._limit
        return State.NEAR if is_near else State.LATE

    def _keep(self) -> None:
        with self._lock:
            self._seen_at = time.monotonic()

    def _note(self, state: State, behind: timedelta | None = None, *, why: str = "") -> None:
        with self._lock:
            before, self.state, self.behind = self.state, state, behind
            self._seen_at = time.monotonic()
        if state is before:
            return
        facts = {"state": state.value, "behind": behind and behind.total_seconds(), "why": why}
        if state is State.NEAR:
            log.info("replica_read", extra=facts)
        else:
            log.warning("replica_not_read", extra=facts)
