from collections.abc import Mapping
from typing import Any, Protocol

from bot.errors import WeChatUnavailable
from bot.wechat.wire import Answered, Files, Media


class Caller(Protocol):
    """What the interfaces stand on: one guarded call."""

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        *,
        files: Files | None = None,
    ) -> Answered:
        """Return the JSON answer."""

    def fetch(self, path: str, params: Mapping[str, Any], *, signed: bool = True) -> Media:
        """Return the file."""


def needed(answer: Answered, *names: str) -> Any:
    """Return what stands in `answer` under `names`, one within the other.

    Raise `WeChatUnavailable` where WeChat left it out: the answer is none.
    """
    found: Any = answer
    for name in names:
        if not isinstance(found, dict) or name not in found:
            raise WeChatUnavailable(None, f"the answer lacks {'.'.join(names)}")
        found = found[name]
    return found
