"""Our processes, forked from one that has imported everything: a story starts dozens, and half of a start is importing.

`python -m bot` itself, from nothing, is what `tests/run` starts.
"""

import atexit
import functools
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]


class Started:
    """A process of the nursery; as much of `subprocess.Popen` as stories need."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """Return how it ended; None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.ask(pid=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Return how it ended; raise `subprocess.TimeoutExpired` if it does not in time."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() >= until:
                raise subprocess.TimeoutExpired("bot", timeout)
            time.sleep(0.02)
        return code


class Nursery:
    """The process that forks; it ends with this one, and its children with it."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="yizhan-nursery-"))
        self._line, far = socket.socketpair()
        environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.nursery", str(far.fileno())],
                cwd=ROOT,
                env=environ,
                pass_fds=[far.fileno()],
            )
        self._file = self._line.makefile("rw")
        self._guard = threading.Lock()
        atexit.register(self.close)

    def start(self, *arguments: str, log: Path) -> Started:
        """Start `python -m bot` with these arguments; what it says goes to `log`."""
        pid = self.ask(arguments=arguments, log=str(log))
        assert pid is not None
        return Started(self, pid)

    def ask(self, **question: object) -> int | None:
        """Return the answer to one question."""
        with self._guard:
            self._file.write(json.dumps(question) + "\n")
            self._file.flush()
            answer: int | None = json.loads(self._file.readline())
        return answer

    def close(self) -> None:
        """End it, and what it started."""
        self._file.close()
        self._line.close()
        self._process.wait(10)


@functools.cache
def nursery() -> Nursery:
    """Return the one of this test process."""
    return Nursery()


def serve(line: socket.socket) -> None:
    """Fork when asked, until the other end is closed."""
    import granian  # noqa: F401
    from sqlalchemy.orm import configure_mappers

    import bot.app
    import bot.cli
    import bot.clock
    import bot.worker

    # What each would do for itself, first of all; and nothing of it is garbage in any of them.
    configure_mappers()
    gc.collect()
    gc.freeze()
    running: set[int] = set()
    with line, line.makefile("rw") as file:
        for question in map(json.loads, file):
            if "pid" in question:
                pid, status = os.waitpid(question["pid"], os.WNOHANG)
                running.discard(pid)
                answer = os.waitstatus_to_exitcode(status) if pid else None
            else:
                answer = os.fork()
                if not answer:
                    os.setpgid(0, 0)
                    line.close()
                    _become(question["log"])
                    _end(bot.cli.main(question["arguments"]))
                os.setpgid(answer, answer)  # as it does itself: who is told of it may kill the group at once
                running.add(answer)
            file.write(json.dumps(answer) + "\n")
            file.flush()
    for pid in running:
        os.killpg(pid, signal.SIGKILL)


def _become(log: str) -> None:
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(said, number)
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR")  # the command names its own


def _end(code: int) -> NoReturn:
    """End as an interpreter does, but for taking apart what was imported: that takes longer than most of them live."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
