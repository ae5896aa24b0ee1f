"""What must not stand on a page in full: telephone and identity numbers, and whatever opens something."""

import re
from typing import Any

from bot.wechat.redaction import HIDDEN, redact

_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)", re.ASCII)
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)", re.ASCII)
_SECRET = re.compile(r"(?i)(secret|token|ticket|password|phone|mobile|signature|aes_key)")
LONGEST = 600


def hide(text: str) -> str:
    """Return `text` with its telephone and identity numbers masked and its secrets taken out."""
    text = redact(text)
    return _IDENTITY.sub(r"\1********\2", _PHONE.sub(r"\1****\2", text))


def hidden(value: Any) -> Any:
    """Return a JSON value with every text in it treated by `hide`, and named secrets gone."""
    if isinstance(value, str):
        return hide(value)[:LONGEST]
    if isinstance(value, dict):
        return {
            name: HIDDEN if _SECRET.search(str(name)) and isinstance(one, str) else hidden(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [hidden(one) for one in value]
    return value
