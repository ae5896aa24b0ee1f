"""The one font that has nearly every Chinese character, by the package it comes in."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

SIMPLIFIED = 2  # the index of Simplified Chinese in the collection


@cache
def chinese() -> Path:
    """Return the collection of the package noto-cjk-sans-otc; `FileNotFoundError` says what to install."""
    found = find_spec("noto_cjk_sans_otc")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in sorted(Path(folder).rglob("*.ttc")):
            return path
    raise FileNotFoundError("the package noto-cjk-sans-otc is not installed; run make setup")
