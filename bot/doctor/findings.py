"""What a check saw."""

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.errors import WeChatError, YizhanError
from bot.runtime import Runtime
from bot.told import told


class Verdict(enum.StrEnum):
    """How bad it is. Only `WRONG` makes doctor fail."""

    GOOD = "ok"
    ADVICE = "advice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `remedy` is what to do, and empty when all is well.

    The texts are `bot.told.told`, so that the back office can say them in its visitor's language.
    """

    verdict: Verdict
    subject: str
    detail: str
    remedy: str = ""


Check = Callable[[Runtime], Iterable[Finding]]


def good(subject: str, detail: str) -> Finding:
    """Report that something is as it should be."""
    return Finding(Verdict.GOOD, subject, detail)


def advice(subject: str, detail: str, remedy: str) -> Finding:
    """Report something that works and could be better."""
    return Finding(Verdict.ADVICE, subject, detail, remedy)


def wrong(subject: str, detail: str, remedy: str) -> Finding:
    """Report something that does not work, or will not for long."""
    return Finding(Verdict.WRONG, subject, detail, remedy)


def failed(subject: str, error: Exception, remedy: str) -> Finding:
    """Report an error; of a foreign one only its name, because its text may hold an address."""
    detail = type(error).__name__
    if isinstance(error, WeChatError):
        detail = told("WeChat answered errcode %(code)s: %(words)s", code=error.code, words=error.message)
        if error.code is None:
            detail = told("WeChat did not answer: %(words)s", words=error.message)
    elif isinstance(error, YizhanError):
        detail = str(error)
    return wrong(subject, detail, remedy)
