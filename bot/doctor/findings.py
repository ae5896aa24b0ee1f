"""What a check saw."""

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.errors import YizhanError
from bot.runtime import Runtime


class Verdict(enum.StrEnum):
    """How bad it is. Only `WRONG` makes doctor fail."""

    GOOD = "ok"
    ADVICE = "advice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `remedy` is what to do, and empty when all is well."""

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
    detail = str(error) if isinstance(error, YizhanError) else type(error).__name__
    return wrong(subject, detail, remedy)
