"""The log of both directions: pushes to bots, and calls of bots; the last few thousand of each."""

import threading
from collections import deque
from typing import Any

SECRETS = {"access_token", "secret", "appsecret", "refresh_token", "code"}
LONGEST_TEXT = 8_000


class Log:
    """A ring of numbered records."""

    def __init__(self, keep: int) -> None:
        self._records: deque[dict[str, Any]] = deque(maxlen=keep)
        self._lock = threading.Lock()
        self._last = 0

    def add(self, record: dict[str, Any]) -> dict[str, Any]:
        """Number the record and keep it."""
        with self._lock:
            self._last += 1
            numbered = {"id": self._last, **record}
            self._records.append(numbered)
            return numbered

    def read(self, since: int = 0, limit: int = 100, **wanted: str) -> list[dict[str, Any]]:
        """The newest `limit` records after `since` whose fields equal (path: begin with) what is wanted."""
        with self._lock:
            records = list(self._records)
        matching = [each for each in records if each["id"] > since and _matches(each, wanted)]
        return matching[-limit:] if limit else []

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        with self._lock:
            self._records.clear()


class Traffic:
    """`pushes` go out to bots, `calls` come in from them."""

    def __init__(self, keep: int) -> None:
        self.pushes = Log(keep)
        self.calls = Log(keep)


def redacted(facts: dict[str, str]) -> dict[str, str]:
    """The same facts with secrets cut to their first characters."""
    return {name: f"{value[:6]}…" if name in SECRETS and value else value for name, value in facts.items()}


def shortened(text: str) -> str:
    """Text short enough for the log."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"


def _matches(record: dict[str, Any], wanted: dict[str, str]) -> bool:
    for name, value in wanted.items():
        if not value:
            continue
        if name == "path":
            if not str(record.get("path", "")).startswith(value):
                return False
        elif value not in (str(record.get(name)), str(record.get(f"{name}_name"))):
            return False
    return True
