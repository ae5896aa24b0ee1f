"""The account's access token: `stable_token`, or `/cgi-bin/token` where the platform does not offer it."""

import logging
from collections.abc import Callable
from typing import Any, Final

from bot.config import AccountConfig
from bot.errors import CredentialsRefused, WeChatError, WeChatUnavailable
from bot.wechat.codes import BEIJING_OFFSET, DAY
from bot.wechat.kept import Kept, Secret
from bot.wechat.shared import Shared
from bot.wechat.wire import API, Answered, Ask, NothingThere, encoded

log = logging.getLogger(__name__)

STABLE: Final = "/cgi-bin/stable_token"
PLAIN: Final = "/cgi-bin/token"

FORCED_APART_SECONDS: Final = 30.0
FORCED_PER_DAY: Final = 20
NOT_OFFERED: Final = frozenset({40066, 48001, 61007})

_ABSENT = "stable_token:absent"
_FORCED = "stable_token:forced"


class Tokens:
    """One access token for all processes.

    `wait` bounds how long a caller waits for another one's fetch; `ask` is how
    WeChat is asked (it raises a `WeChatError` for everything but an answer).
    """

    def __init__(
        self,
        account: AccountConfig,
        shared: Shared,
        ask: Callable[[Ask], Answered],
        *,
        patience: float,
        now: Callable[[], float],
    ) -> None:
        self._account = account
        self._shared = shared
        self._ask = ask
        self._now = now
        self._kept = Kept(shared, "token", patience=patience, now=now)

    def current(self) -> tuple[str, bool]:
        """Return the token, and whether this very call fetched it (protocol 2.1, 2.2)."""
        secret, fresh = self._kept.current(self._fetched)
        return secret.value, fresh

    def instead_of(self, refused: str) -> str:
        """Return a token other than `refused`, which WeChat has just not accepted; at most two calls.

        Compare before expire: what another process has fetched since comes back without any call.
        Otherwise WeChat is asked as always, and forced only if it hands out the refused token again; after
        a forced refresh `CredentialsRefused` is raised all the same, because three calls are what one
        refusal may cost: the new token is there for the next one.
        """
        return self._kept.instead_of(refused, lambda: self._another_than(refused)).value

    def good_until(self) -> float | None:
        """Return when the token at hand ends; None if there is none. WeChat is not asked."""
        stored = self._kept.stored()
        return stored.expires_at if stored else None

    def forget(self) -> None:
        """Forget token and fallback, so that the next call asks from the beginning."""
        self._kept.forget()
        self._shared.drop(_ABSENT)

    def _fetched(self) -> tuple[str, float]:
        return self._read(self._asked(force=False))

    def _another_than(self, refused: str) -> Secret:
        value, lifetime = self._fetched()
        # The record of `refused` is still there, so that its age survives when WeChat hands it out again.
        secret = self._kept.keep(value, lifetime)
        if value != refused:
            return secret
        reason = "WeChat refuses the very token it hands out"
        if self._may_force(secret):
            self._kept.keep(*self._read(self._asked(force=True)))
            reason += "; it was made to hand out another"
        raise CredentialsRefused(
            40001, reason, call=STABLE, remedy="nothing, if it ends by itself; else reset the app secret"
        )

    def _may_force(self, secret: Secret) -> bool:
        now = self._now()
        day = int((now + BEIJING_OFFSET) // DAY)
        forced = self._shared.get(_FORCED) or {}
        count = forced.get("count", 0) if forced.get("day") == day else 0
        if now - max(secret.since, forced.get("at", 0.0)) < FORCED_APART_SECONDS or count >= FORCED_PER_DAY:
            return False
        self._shared.put(_FORCED, {"day": day, "at": now, "count": count + 1}, DAY)
        return True

    def _asked(self, *, force: bool) -> Answered:
        if self._shared.get(_ABSENT) is None:
            try:
                return self._ask(Ask("POST", API + STABLE, body=encoded(self._credentials(force=force))))
            except WeChatError as error:
                if not _says_not_offered(error):
                    raise
            log.warning("wechat_has_no_stable_token", extra={"account": self._account.name})
            self._shared.put(_ABSENT, {}, DAY)
        account = self._account
        params = {
            "grant_type": "client_credential",
            "appid": account.app_id,
            "secret": account.app_secret,
        }
        return self._ask(Ask("GET", API + PLAIN, params=params))

    def _credentials(self, *, force: bool) -> dict[str, Any]:
        return {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.app_secret,
            "force_refresh": force,
        }

    def _read(self, answer: Answered) -> tuple[str, float]:
        value, lifetime = answer.get("access_token"), answer.get("expires_in", 7200)
        if not isinstance(value, str) or not value or not isinstance(lifetime, (int, float)):
            raise WeChatUnavailable(None, "the answer holds no token", call=STABLE)
        return value, float(lifetime)


def _says_not_offered(error: WeChatError) -> bool:
    return isinstance(error, NothingThere) or error.code in NOT_OFFERED
