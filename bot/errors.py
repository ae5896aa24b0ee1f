"""Every error this project raises on purpose.

An error answers two questions: *whose move is it?* and *would trying again
help?*  The edges read the answers off the class; nobody matches on messages.
"""

from typing import Any


class YizhanError(Exception):
    """Root of what we raise on purpose; anything else that escapes is a bug."""

    retryable = False


class ConfigError(YizhanError):
    """The operator's move: a setting is wrong. The message is one line: key, reason, remedy."""


class DatabaseAway(YizhanError):
    """The operator's move: the database was waited for and did not answer; the message has its last word."""

    retryable = True


class Refused(YizhanError):
    """A rule said no. ``str(error)`` is kind Chinese, written for the traveller to read."""


class BadPush(YizhanError):
    """What came to the webhook is not something WeChat sends; nothing was stored.

    `status` is the HTTP answer (400, 403, 404 or 413), `reason` a constant
    word for logs and metrics, never a part of what was sent.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class WeChatError(YizhanError):
    """WeChat answered with an errcode, or did not answer at all.

    `code` is WeChat's errcode, or None where no answer came.  `remedy` tells
    an operator what to do; it never holds a secret or an address with one.
    """

    def __init__(self, code: int | None, message: str, *, call: str = "", remedy: str = "") -> None:
        super().__init__(code, message, call, remedy)
        self.code = code
        self.message = message
        self.call = call
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.call}: " if self.call else ""
        advice = f"; {self.remedy}" if self.remedy else ""
        return f"{where}{self.message} (errcode {self.code}){advice}"

    def __reduce__(self) -> tuple[object, ...]:
        facts = {name: value for name, value in vars(self).items() if name not in {"call", "remedy"}}
        return (_rebuild, (type(self), self.call, self.remedy, facts))


class WeChatUnavailable(WeChatError):
    """Nobody's move: busy, timed out or unreachable. The same call may work in a minute."""

    retryable = True


class AnswerLost(WeChatUnavailable):
    """Nobody's move: the call went out and no answer came back, so what it asked for may have been done.

    Any other `WeChatUnavailable` says that it was not: WeChat was busy, or was never reached.
    """


class QuotaUsedUp(WeChatError):
    """Time's move: the call's quota is spent until `reopens_at` (UTC epoch seconds)."""

    retryable = True
    reopens_at: float = 0.0


class CredentialsRefused(WeChatError):
    """The operator's move: secret, IP list or token is refused; calls stop until it is mended."""

    retryable = True


class NotPermitted(WeChatError):
    """The operator's move: the account lacks the right, or something must be done in the console."""


class BadRequest(WeChatError):
    """Our move: what we sent is wrong and will be wrong again."""


class FanUnreachable(WeChatError):
    """The traveller's move: unsubscribed, blocked, refused, or silent for too long."""


def _rebuild(kind: type[WeChatError], call: str, remedy: str, facts: dict[str, Any]) -> WeChatError:
    """Put an error together on the other side of a process border, `reopens_at` and the like included."""
    error = kind(facts["code"], facts["message"], call=call, remedy=remedy)
    vars(error).update(facts)
    return error
