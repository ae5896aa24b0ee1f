"""What a tag of ours is called at WeChat: at most 30 bytes, and nobody else's name."""

from collections.abc import Collection
from typing import Final

LONGEST: Final = 30  # bytes of UTF-8: ten Chinese characters
RESERVED: Final = frozenset({"未分组", "黑名单", "星标组"})


def wechat_name(name: str, taken: Collection[str]) -> str:
    """Return `name` cut to 30 bytes between characters; where that is taken, with ~2, ~3 … at its end."""
    number, wanted = 1, cut(name, LONGEST)
    while wanted in taken or wanted in RESERVED:
        number += 1
        ending = f"~{number}"
        wanted = cut(name, LONGEST - len(ending)) + ending
    return wanted


def cut(name: str, longest: int) -> str:
    """Return the beginning of `name` that is at most `longest` bytes, whole characters only."""
    return name.strip().encode()[:longest].decode(errors="ignore").strip()
