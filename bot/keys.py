"""Numbers as addresses and forms bring them: what is none is nothing, however long it is."""

from typing import Any

LONGEST = 18  # digits; what is longer fits no column of ours


def key_in(sent: Any, *, longest: int = LONGEST) -> int | None:
    """Return the whole number that was sent, as the key of a row or a place; None for anything else."""
    text = "" if sent is None else str(sent)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= longest else None
