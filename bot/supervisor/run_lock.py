"""One `run` to a folder: a lock that ends with its holder, and a list of what a crashed one left."""

import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from signal import SIGKILL, SIGTERM

import psutil

from bot.errors import YizhanError

SECONDS_TO_END = 6.0


class AlreadyRunning(YizhanError):
    """The operator's move: another `run` has this folder."""


class RunLock:
    """The held lock. What it notes is read by the next `run` if this one cannot clean up."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file

    def note(self, pids: Iterable[int]) -> None:
        """Write down who we are and which children live now."""
        children = {}
        for pid in pids:
            with suppress(psutil.Error):
                children[str(pid)] = psutil.Process(pid).create_time()
        self._file.seek(0)
        self._file.truncate()
        json.dump({"pid": os.getpid(), "children": children}, self._file)
        self._file.flush()


@contextmanager
def hold(path: Path) -> Iterator[RunLock]:
    """Hold the folder of `path` for this process; raise `AlreadyRunning` if another has it.

    What a crashed holder left running is ended first: two servers must not
    work on one Redis folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _noted(file).get("pid", "?")
            raise AlreadyRunning(
                f"already running in this folder: pid {pid} holds {path}; "
                f"stop it with Ctrl-C in its terminal, or with: kill {pid}"
            ) from None
        _end_leftovers(_noted(file).get("children", {}))
        lock = RunLock(file)
        lock.note([])
        try:
            yield lock
        finally:
            file.truncate(0)


def _noted(file: TextIOWrapper) -> dict[str, object]:
    file.seek(0)
    try:
        noted = json.load(file)
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _end_leftovers(children: object) -> None:
    """End the groups of processes that are still the ones noted, and not others under the same number."""
    if not isinstance(children, dict):
        return
    left = []
    for pid, created in children.items():
        with suppress(psutil.Error, ValueError):
            process = psutil.Process(int(pid))
            if abs(process.create_time() - created) < 1:
                left.append(process)
                process.send_signal(SIGTERM)
    end = time.monotonic() + SECONDS_TO_END
    for process in left:
        with suppress(psutil.Error):
            process.wait(max(0.0, end - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, SIGKILL)
