from collections.abc import Mapping
from typing import Any, Protocol

from bot.wechat.wire import Files, Media


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
    ) -> dict[str, Any]:
        """Return the JSON answer."""

    def fetch(self, path: str, params: Mapping[str, Any], *, signed: bool = True) -> Media:
        """Return the file."""
