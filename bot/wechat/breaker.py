"""When WeChat refuses our credentials, stop calling; look again after a while, with one call."""

import logging
from collections.abc import Callable
from typing import Final

from bot.errors import CredentialsRefused
from bot.wechat.shared import Record, Shared

log = logging.getLogger(__name__)

FIRST_SECONDS: Final = 30.0
LONGEST_SECONDS: Final = 600.0
REMEMBERED_SECONDS: Final = 3600.0
"""How long after a cool-down its length is remembered, so that the next one is longer."""

_STATE = "breaker"
_PROBE = "breaker:probe"


class Breaker:
    """Closed: calls pass.  Open: they fail at once.  After the cool-down one call passes as a probe.

    The state is shared through Redis.  Its name holds a fingerprint of the
    secret (see `Gateway`), so a mended secret starts closed.
    """

    def __init__(self, account: str, shared: Shared, *, patience: float, now: Callable[[], float]) -> None:
        self._account = account
        self._shared = shared
        self._patience = patience
        self._now = now

    def admit(self) -> bool:
        """Let a call pass; return whether it is the probe. Raise `CredentialsRefused` while open."""
        state = self._shared.get(_STATE)
        if state is None:
            return False
        if self._now() >= state["until"] and self._shared.claim(_PROBE, self._patience):
            return True
        raise self._refusal(state)

    def check(self) -> None:
        """Raise `CredentialsRefused` during a cool-down; claim nothing."""
        state = self._shared.get(_STATE)
        if state is not None and self._now() < state["until"]:
            raise self._refusal(state)

    def refusal(self) -> CredentialsRefused | None:
        """Return why calls are stopped now; None while they pass."""
        state = self._shared.get(_STATE)
        return self._refusal(state) if state is not None and self._now() < state["until"] else None

    def open(self, error: CredentialsRefused) -> None:
        """Stop calls for 30 s, twice as long each time a probe is refused, up to ten minutes."""
        state = self._shared.get(_STATE)
        if state is not None and self._now() < state["until"]:
            return  # another call was refused before this one came back
        step = 0 if state is None else state["step"] + 1
        seconds = min(FIRST_SECONDS * 2 ** min(step, 10), LONGEST_SECONDS)
        record = {
            "until": self._now() + seconds,
            "step": step,
            "code": error.code,
            "message": error.message,
            "call": error.call,
            "remedy": error.remedy,
        }
        self._shared.put(_STATE, record, seconds + REMEMBERED_SECONDS)
        self._shared.drop(_PROBE)
        log.error(
            "wechat_refuses_credentials",
            extra={
                "account": self._account,
                "code": error.code,
                "reason": error.message,
                "remedy": error.remedy,
                "seconds": seconds,
            },
        )

    def close(self) -> None:
        """Let calls pass again: the probe came through, or an operator says so."""
        self._shared.drop(_STATE, _PROBE)

    def give_back(self) -> None:
        """Let another call be the probe, because this one got no answer that tells."""
        self._shared.drop(_PROBE)

    def _refusal(self, state: Record) -> CredentialsRefused:
        left = max(0, round(state["until"] - self._now()))
        return CredentialsRefused(
            state["code"],
            f"not called, because WeChat refused us; tried again in {left} s: {state['message']}",
            call=state["call"],
            remedy=state["remedy"],
        )
