"""A call whose quota is spent is refused here, until it opens again."""

from collections.abc import Callable
from typing import Final

from bot.errors import QuotaUsedUp
from bot.wechat.codes import PER_MINUTE
from bot.wechat.shared import Shared

GATED: Final = frozenset({45009}) | PER_MINUTE

_CLEARED = "quota:cleared"


class Quotas:
    """The account's calls (by path) that WeChat has answered with 45009 or 45011."""

    def __init__(self, shared: Shared, now: Callable[[], float]) -> None:
        self._shared = shared
        self._now = now

    def admit(self, call: str) -> None:
        """Raise `QuotaUsedUp` while `call` is closed."""
        gate, cleared = self._shared.get_many(f"quota:{call}", _CLEARED)
        if gate is None or self._now() >= gate["until"]:
            return
        if cleared is not None and cleared["at"] >= gate["at"]:
            return
        error = QuotaUsedUp(gate["code"], gate["message"], call=call, remedy=gate["remedy"])
        error.reopens_at = gate["until"]
        raise error

    def close(self, error: QuotaUsedUp) -> None:
        """Close the call that `error` names until `error.reopens_at`.

        Other quotas than per call are left alone.
        """
        if error.code not in GATED:
            return
        gate = {
            "at": self._now(),
            "until": error.reopens_at,
            "code": error.code,
            "message": error.message,
            "remedy": error.remedy,
        }
        self._shared.put(f"quota:{error.call}", gate, max(1.0, error.reopens_at - self._now()))

    def clear(self) -> None:
        """Open every call: WeChat has been made to clear its counters."""
        self._shared.put(_CLEARED, {"at": self._now()}, 2 * 86400)
