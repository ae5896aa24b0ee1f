"""A secret with an end, shared by all processes and renewed early by one of them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.errors import QuotaUsedUp, WeChatError, WeChatUnavailable
from bot.wechat.shared import Record, Shared

EARLY_SECONDS: Final = 300.0
"""WeChat itself renews in the last five minutes, and old and new overlap.

Sooner it would hand out the same.
"""

POSTPONED_SECONDS: Final = 60.0
"""How soon a renewal that failed, or brought the same secret, is tried again while that is good."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value good until `expires_at`, to be renewed from `renew_at`.

    `since` is when we first saw this value.
    """

    value: str
    since: float
    renew_at: float
    expires_at: float

    def record(self) -> Record:
        """Return this as JSON."""
        return {
            "value": self.value,
            "since": self.since,
            "renew_at": self.renew_at,
            "expires_at": self.expires_at,
        }


class Kept:
    """One secret of one account, under one name in `Shared`."""

    def __init__(self, shared: Shared, name: str, *, patience: float, now: Callable[[], float]) -> None:
        self._shared = shared
        self._name = name
        self._patience = patience
        self._now = now

    def current(self, fetch: Callable[[], tuple[str, float]]) -> tuple[Secret, bool]:
        """Return the secret, and whether this very call fetched it with `fetch() -> (value, lifetime)`.

        While the secret is good nobody waits for its renewal.  When there is
        none, one caller fetches and the others wait; if that one gets no
        answer, those who waited fail with it instead of each paying a timeout.
        """
        stored = self.stored()
        if stored and self._now() < stored.renew_at:
            return stored, False
        wait = 0.0 if stored else self._patience
        trouble = self._shared.get(self._trouble)
        with self._shared.alone(f"{self._name}:lock", wait=wait, lease=self._patience) as held:
            now_stored = self.stored()
            if now_stored and (not held or self._now() < now_stored.renew_at):
                return now_stored, False
            if not held:
                raise WeChatUnavailable(None, f"another process is still fetching the {self._name}")
            self._fail_with(trouble)
            try:
                return self.keep(*fetch()), True
            except (WeChatUnavailable, QuotaUsedUp) as error:
                if now_stored:
                    return self._postponed(now_stored), False
                self._tell_those_who_wait(error)
                raise

    def instead_of(self, refused: str, fetch: Callable[[], Secret]) -> Secret:
        """Return a secret other than `refused`: the one another process has fetched since, or `fetch()`'s."""
        trouble = self._shared.get(self._trouble)
        with self._shared.alone(f"{self._name}:lock", wait=self._patience, lease=self._patience) as held:
            stored = self.stored()
            if stored and stored.value != refused:
                return stored
            if not held:
                raise WeChatUnavailable(None, f"another process is still fetching the {self._name}")
            self._fail_with(trouble)
            try:
                return fetch()
            except WeChatUnavailable as error:
                self._tell_those_who_wait(error)
                raise

    def stored(self) -> Secret | None:
        """Return the secret that is good now, or None."""
        record = self._shared.get(self._name)
        if record is None:
            return None
        try:
            secret = Secret(**record)
        except TypeError:
            return None  # written by another release
        return secret if self._now() < secret.expires_at else None

    def keep(self, value: str, lifetime: float) -> Secret:
        """Store `value`, good for `lifetime` seconds from now."""
        now = self._now()
        before = self.stored()
        since = before.since if before and before.value == value else now
        soonest = now + min(POSTPONED_SECONDS, lifetime / 2)
        secret = Secret(value, since, max(now + lifetime - EARLY_SECONDS, soonest), now + lifetime)
        self._shared.put(self._name, secret.record(), lifetime)
        return secret

    def forget(self) -> None:
        """Fetch anew at the next call."""
        self._shared.drop(self._name, self._trouble)

    @property
    def _trouble(self) -> str:
        return f"{self._name}:trouble"

    def _tell_those_who_wait(self, error: WeChatError) -> None:
        note = {"id": uuid.uuid4().hex, "reason": error.message}
        self._shared.put(self._trouble, note, self._patience)

    def _fail_with(self, before: Record | None) -> None:
        trouble = self._shared.get(self._trouble)
        if trouble is not None and trouble != before:
            raise WeChatUnavailable(None, str(trouble.get("reason", "no answer")))

    def _postponed(self, secret: Secret) -> Secret:
        later = Secret(
            secret.value, secret.since, self._now() + POSTPONED_SECONDS, expires_at=secret.expires_at
        )
        self._shared.put(self._name, later.record(), max(1.0, secret.expires_at - self._now()))
        return later
