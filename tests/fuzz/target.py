"""One place that reads strangers' bytes, and what must hold there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


class Broken(AssertionError):
    """Something that must hold did not; the message says what."""


def holds(so: bool, what: str) -> None:
    """Raise `Broken` unless it is so; as an assertion that `python -O` keeps."""
    if not so:
        raise Broken(what)


@dataclass(frozen=True, slots=True)
class Target:
    """`attempt` takes any bytes and returns, or raises what is a fault of ours; `seeds` are good ones to begin with.

    `words` are worth putting in anywhere: names, endings, what a parser looks for.
    `thoughts` is how many the tests try.
    """

    name: str
    attempt: Callable[[bytes], None]
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()
    thoughts: int = 300
