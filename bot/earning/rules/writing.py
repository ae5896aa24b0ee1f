"""From a book to JSON, of which `reading.read` makes the same book; what is so by default is left out."""

import enum
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from bot.earning.rules.book import Book, Coefficient, Group, Rule

NEVER_LEFT_OUT = frozenset(
    {"code", "name", "trigger", "kind", "mode", "members", "window", "least", "points"}
)


def write(book: Book) -> dict[str, Any]:
    """Return the definition of a book."""
    return {"rules": [plain(rule) for rule in book.rules], "groups": [plain(group) for group in book.groups]}


def plain(value: Any) -> Any:
    """Return a part of a book as JSON has it."""
    if isinstance(value, Coefficient):
        return {"by": value.aspect.value, "factors": dict(value.factors)}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: plain(found)
            for one in fields(value)
            if (found := getattr(value, one.name)) or (one.name in NEVER_LEFT_OUT and found is not None)
            if not _is_bare(found)
        }
    if isinstance(value, enum.StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value


def _is_bare(value: Any) -> bool:
    """Tell whether an object says nothing beyond what is so anyway."""
    if not is_dataclass(value) or isinstance(value, type | Rule | Group):
        return False
    return not plain(value)
