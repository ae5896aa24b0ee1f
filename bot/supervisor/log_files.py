"""Where children write, and what of it a person at the terminal should see at once.

A child writes into its file itself and we read behind it: whatever becomes of
us, its last words are kept.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LARGEST = 5 * 1024 * 1024
LONGEST = 240
HEAD = 60  # where a level stands, if there is one
LOUD = re.compile(r"\b(warning|error|critical|fatal)\b", re.IGNORECASE)
# What is said at every start and nobody can or need act on.
IDLE = re.compile(r"Memory overcommit must be enabled|allows spawning up to \d+ Python threads")


class LogFile:
    """One child's log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".log.1"))
        self._begin = path.stat().st_size if path.exists() else 0
        self._read_to = self._begin
        self._rest = b""

    def open(self) -> BinaryIO:
        """Return the file to write to; for a child's eyes, and closed here afterwards."""
        return self.path.open("ab")

    def loud_lines(self) -> Iterator[str]:
        """Yield the warnings and errors written since the last call."""
        for line in self._new_lines():
            if is_loud(line):
                yield shown(line)

    def tail(self, count: int = 12) -> list[str]:
        """Return the last lines written since we began."""
        with self.path.open("rb") as file:
            file.seek(max(self._begin, self.path.stat().st_size - 16384))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return [line for line in lines if line.strip()][-count:]

    def _new_lines(self) -> list[str]:
        try:
            size = self.path.stat().st_size
            if size <= self._read_to:
                self._read_to = min(self._read_to, size)  # someone emptied the file
                return []
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                new = self._rest + file.read(size - self._read_to)
        except OSError:
            return []
        self._read_to = size
        *lines, self._rest = new.split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


def shown(line: str) -> str:
    """Return a line of a log as it fits a terminal; the file has the whole of it."""
    if line.startswith("{"):
        facts = json.loads(line)
        at = facts.pop("at", "")[11:19]
        told = {
            name: value
            for name, value in facts.items()
            if name not in {"level", "logger", "event", "traceback"}
        }
        words = " ".join(f"{name}={value}" for name, value in told.items())
        line = f"{at} {facts.get('level')} {facts.get('logger')}: {facts.get('event')} {words}"
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def is_loud(line: str) -> bool:
    """Tell whether a line of a log is a warning or worse."""
    if IDLE.search(line):
        return False
    if line.startswith("{"):
        try:
            level = json.loads(line).get("level")
        except (ValueError, AttributeError):
            return False
        return level in {"warning", "error", "critical"}
    return LOUD.search(line[:HEAD]) is not None
