"""One process we look after: started, watched, restarted, ended with all that it started itself.

Each child leads a process group of its own, so that a Ctrl-C in the terminal
reaches us alone and we decide the order of the end; and so that what a killed
child leaves behind (granian's workers keep the port) can be found and ended.
On Linux the kernel ends a child whose parent is gone, so even a SIGKILLed
supervisor leaves nothing.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.supervisor.log_files import LogFile

FIRST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 10.0
HEALTHY_AFTER = 30.0
AT_ONCE = 3.0  # who ends sooner than this never really started
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """How a child is started. Children are stopped in the order of `stage`, equal ones together."""

    name: str
    command: Sequence[str]
    stage: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A planned process. `now` is a monotonic clock's everywhere."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.log = LogFile(folder / f"{plan.name}.log")
        self.restarts_at: float | None = None
        self.quick_ends = 0
        self.status: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._back_off = FIRST_BACK_OFF

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._process.pid if self._process else None

    def start(self, now: float) -> None:
        """Start the process. Only from the main thread: the kernel watches the thread that forks."""
        self.restarts_at = None
        with self.log.open() as output:
            self._process = subprocess.Popen(
                list(self.plan.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.plan.environ},
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - we have no threads
            )
        self._started_at = now

    def has_ended(self, now: float) -> bool:
        """Tell, once, that the process ended; the rest of its group is killed and a restart planned."""
        if self._process is None or self._process.poll() is None:
            return False
        self.status = self._process.returncode
        self.signal_group(signal.SIGKILL)
        lived = now - self._started_at
        self.quick_ends = self.quick_ends + 1 if lived < AT_ONCE else 0
        if lived >= HEALTHY_AFTER:
            self._back_off = FIRST_BACK_OFF
        self._process = None
        self.restarts_at = now + self._back_off
        self._back_off = min(2 * self._back_off, LONGEST_BACK_OFF)
        return True

    def is_gone(self) -> bool:
        """Tell whether nothing of the child is left, reaping it if it has just ended."""
        if self._process is None:
            return True
        if self._process.poll() is None:
            return False
        self.signal_group(signal.SIGKILL)
        self._process = None
        return True

    def terminate(self) -> None:
        """Ask the process, not its whole group, to end: it ends its own."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def signal_group(self, number: int) -> None:
        """Send a signal to the process and all it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def why(self) -> str:
        """Say how the process ended."""
        if self.status is not None and self.status < 0:
            return f"killed by {signal.Signals(-self.status).name}"
        return f"exit status {self.status}"


def die_with_parent() -> Callable[[], None] | None:
    """Return what a new process does first so that it does not outlive us; None where that cannot be."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # we died between the fork and the line above
            os._exit(1)

    return tie
