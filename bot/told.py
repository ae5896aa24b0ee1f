"""Texts for operators that may be wanted in another language: English, with the pattern they were made of."""

from typing import Any


class Told(str):
    """A finished English text that knows its `pattern` and the `facts` in it."""

    __slots__ = ("facts", "pattern")

    pattern: str
    facts: dict[str, Any]


def told(pattern: str, /, **facts: Any) -> Told:
    """Return `pattern` with its `%(name)s` filled in. Patterns are gathered for translation by this name."""
    text = Told(pattern % facts if facts else pattern)
    text.pattern, text.facts = pattern, facts
    return text
