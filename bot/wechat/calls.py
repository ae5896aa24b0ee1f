"""One call, guarded: quota, breaker, token, and exactly one repeat when WeChat does not accept the token."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from bot.config import AccountConfig
from bot.errors import AnswerLost, CredentialsRefused, QuotaUsedUp, WeChatUnavailable
from bot.wechat.breaker import Breaker
from bot.wechat.codes import TOKEN_CODES
from bot.wechat.origin import CONNECT_SECONDS
from bot.wechat.quotas import Quotas
from bot.wechat.shared import Shared
from bot.wechat.tokens import Tokens
from bot.wechat.wire import Answered, Ask, Files, Media, Wire

Outcome = TypeVar("Outcome")


class Calls:
    """All calls of one account in this process; what must be agreed on between processes is in `shared`."""

    def __init__(
        self,
        account: AccountConfig,
        wire: Wire,
        shared: Shared,
        breaker: Breaker,
        *,
        timeout_seconds: float,
        now: Callable[[], float],
    ) -> None:
        self.wire = wire
        self.breaker = breaker
        self.quotas = Quotas(shared, now)
        self.tokens = Tokens(
            account, shared, self._without_token, patience=patience(timeout_seconds), now=now
        )

    def json(self, ask: Ask, *, signed: bool = True) -> Answered:
        """Return the JSON answer to `ask`, sent with the account's token unless `signed` is False.

        Raise a `WeChatError`: `QuotaUsedUp` and `CredentialsRefused` without any call while the quota is
        spent or the breaker is open.
        """
        return self._guarded(ask, signed, self.wire.json)

    def file(self, ask: Ask, *, signed: bool = True) -> Media:
        """Return the file that answers `ask`; raise as `json` does."""
        return self._guarded(ask, signed, self.wire.file)

    def reset(self) -> None:
        """Forget breaker, closed quotas and token: an operator has mended something."""
        self.breaker.close()
        self.quotas.clear()
        self.tokens.forget()

    def _guarded(self, ask: Ask, signed: bool, send: Callable[..., Outcome]) -> Outcome:  # noqa: FBT001
        self.quotas.admit(ask.call)
        probe = self.breaker.admit()
        try:
            outcome = self._signed(ask, send, probe=probe) if signed else send(ask)
        except CredentialsRefused as error:
            self.breaker.open(error)
            raise
        except (WeChatUnavailable, QuotaUsedUp) as error:
            if isinstance(error, QuotaUsedUp):
                self.quotas.close(error)
            if probe:
                self.breaker.give_back()
            raise
        except BaseException:
            # WeChat has something against the request and nothing against us.
            if probe:
                self.breaker.close()
            raise
        if probe:
            self.breaker.close()
        return outcome

    def _signed(self, ask: Ask, send: Callable[..., Outcome], *, probe: bool) -> Outcome:
        token, fresh = _before_the_call(self.tokens.current)
        marks = _marks(ask.files)
        try:
            return send(ask, token=token)
        except CredentialsRefused as error:
            # A token that was fetched for this very call and is not accepted: another would fare no better.
            if error.code not in TOKEN_CODES or fresh:
                raise
        if not probe:
            self.breaker.check()  # another process may have learnt in the meantime that there is no point
        refused = token
        token = _before_the_call(lambda: self.tokens.instead_of(refused))
        if not probe:
            self.breaker.check()
        for file, mark in marks:
            file.seek(mark)
        return send(ask, token=token)

    def _without_token(self, ask: Ask) -> Answered:
        # Here, under the token's lock, and not only around the whole call: those who wait for the same
        # token must find the door closed, not try one after the other.
        self.quotas.admit(ask.call)
        self.breaker.check()
        try:
            return self.wire.json(ask)
        except QuotaUsedUp as error:
            self.quotas.close(error)
            raise
        except CredentialsRefused as error:
            self.breaker.open(error)
            raise


def _before_the_call(fetch: Callable[[], Outcome]) -> Outcome:
    """Return the token; where its answer was lost, the call it was fetched for has not been made."""
    try:
        return fetch()
    except AnswerLost as error:
        raise WeChatUnavailable(error.code, error.message, call=error.call, remedy=error.remedy) from None


def patience(timeout_seconds: float) -> float:
    """Return how long to wait for another caller's fetch, which makes up to two calls."""
    return 2 * (CONNECT_SECONDS + timeout_seconds) + 2


def _marks(files: Files | None) -> list[tuple[Any, int]]:
    """Return where each open file of `files` stands, so that a repeat does not send an empty one."""
    marks = []
    for part in (files or {}).values():
        for piece in part if isinstance(part, (tuple, list)) else (part,):
            with suppress(AttributeError, OSError):
                marks.append((piece, piece.tell()))
    return marks
