"""Filling in what a notice says: `{name}` from its facts, `{链接1}` from the links of its content."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

NAME: Final = re.compile(r"\{([^{}\s]{1,32})\}")
LINK: Final = re.compile(r"链接([1-9]\d?)")


def fill(said: Any, facts: Mapping[str, Any], links: Sequence[str] = ()) -> Any:
    """Return a document with every text of it filled in; what is not known stays as it is written."""
    if isinstance(said, str):
        return NAME.sub(lambda found: _one(found, facts, links), said)
    if isinstance(said, Mapping):
        return {name: fill(value, facts, links) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return [fill(value, facts, links) for value in said]
    return said


def names(said: Any) -> set[str]:
    """Return the names that texts of a document ask for."""
    if isinstance(said, str):
        return set(NAME.findall(said))
    values = said.values() if isinstance(said, Mapping) else said if isinstance(said, list | tuple) else ()
    return {name for value in values for name in names(value)}


def _one(found: re.Match[str], facts: Mapping[str, Any], links: Sequence[str]) -> str:
    name = found[1]
    if (link := LINK.fullmatch(name)) and int(link[1]) <= len(links):
        return links[int(link[1]) - 1]
    return str(facts[name]) if name in facts and facts[name] is not None else found[0]
