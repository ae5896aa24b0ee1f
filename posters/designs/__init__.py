"""The designs that come with Yizhan, by key: documents like any other, read and checked like any other."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from posters import reading
from posters.designs.catalogue import DOCUMENTS
from posters.scenes import SCENES
from posters.template import Template


@cache
def builtin() -> Mapping[str, Template]:
    """Return the built-in templates by their key, in the order in which they are offered."""
    return {key: reading.read(document, frozenset(SCENES)) for key, document in documents().items()}


def documents() -> Mapping[str, dict[str, Any]]:
    """Return the built-in designs as documents, to begin one's own from."""
    return DOCUMENTS
