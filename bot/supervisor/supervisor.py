"""The loop that keeps the children alive, and ends them in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from bot.errors import YizhanError
from bot.supervisor.child import Child, Plan, die_with_parent
from bot.supervisor.run_lock import RunLock

BEAT = 0.05
ASK_EVERY = 0.2
GLANCE_EVERY = 5.0
SECONDS_TO_STOP = 6.0
QUICK_ENDS_ALLOWED = 3
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Say = Callable[[str], None]


class Stopped(Exception):
    """Someone asked us to end while we waited for something."""


class DidNotStart(YizhanError):
    """The operator's move: something ends as soon as it is started. The message holds its last words."""


class Supervisor:
    """Children under one roof; a context that ends them all when it is left.

    Everything happens in the main thread: the kernel ends children whose
    parent *thread* is gone (`child.die_with_parent`).
    """

    def __init__(self, folder: Path, lock: RunLock, say: Say) -> None:
        self._folder = folder
        self._lock = lock
        self._say = say
        self._children: list[Child] = []
        self._asked = 0
        self._began = False
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            self._handlers[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._asked:
            self._say("\n正在停止，再按一次 Ctrl-C 立即结束。  Stopping; Ctrl-C again ends it at once.")
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        return kind is Stopped

    def start(self, plan: Plan) -> None:
        """Start a child and look after it from now on."""
        child = Child(plan, self._folder)
        self._children.append(child)
        child.start(time.monotonic())
        self._note()

    def wait_until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        """Look after the children until `is_so`, asked a few times a second; False if it took too long.

        Raise `Stopped` when asked to end, and `DidNotStart` for a child that
        ended at once three times in a row.
        """
        end = time.monotonic() + seconds
        while not is_so():
            asked_at = time.monotonic()
            if asked_at > end:
                return False
            self._beat()
            while time.monotonic() < asked_at + ASK_EVERY:
                self._beat()
        return True

    def run_once(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> str:
        """Run a command to its end and return what it printed; raise `DidNotStart` if it fails.

        What it prints goes nowhere else: there may be a password in it.
        """
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environ},
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - we have no threads
        )
        try:
            while True:
                try:
                    printed, complaint = process.communicate(timeout=BEAT)
                    break
                except subprocess.TimeoutExpired:
                    self._beat()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        if process.returncode:
            words = _indented((complaint or printed).splitlines()[-12:])
            raise DidNotStart(f"{name} failed (exit status {process.returncode}):\n{words}")
        return printed

    def watch(self, glance: Callable[[], bool] | None = None) -> None:
        """Look after the children until asked to end.

        From now on one that ends at once is tried for ever: what is wrong may
        pass. `glance` is called every few seconds until it returns True.
        """
        self._began = True
        glance_at = time.monotonic()
        try:
            while True:
                self._beat()
                if glance is not None and time.monotonic() >= glance_at:
                    glance = None if glance() else glance
                    glance_at = time.monotonic() + GLANCE_EVERY
        except Stopped:
            return

    def stop(self) -> None:
        """End every child: the earlier stages first, and after six seconds without asking."""
        end = time.monotonic() + SECONDS_TO_STOP
        by_stage = sorted(self._children, key=lambda child: child.plan.stage)
        for _stage, group in groupby(by_stage, key=lambda child: child.plan.stage):
            children = list(group)
            for child in children:
                child.terminate()
            while [child for child in children if not child.is_gone()]:
                if time.monotonic() > end or self._asked > 1:
                    for child in children:
                        child.signal_group(signal.SIGKILL)
                time.sleep(BEAT)
        self._children.clear()

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP and self._asked:
            return  # a closing terminal may say it twice, and that is not impatience
        self._asked += 1

    def _beat(self) -> None:
        if self._asked:
            raise Stopped
        now = time.monotonic()
        for child in self._children:
            for line in child.log.loud_lines():
                self._say(f"{child.plan.name:9} {line}")
            if child.has_ended(now):
                self._mourn(child, now)
            if child.restarts_at is not None and now >= child.restarts_at:
                child.start(now)
                self._note()
        time.sleep(BEAT)

    def _mourn(self, child: Child, now: float) -> None:
        if not self._began and child.quick_ends >= QUICK_ENDS_ALLOWED:
            words = _indented(child.log.tail())
            raise DidNotStart(
                f"{child.plan.name} ends as soon as it is started ({child.why()}); "
                f"its last words, from {child.log.path}:\n{words}"
            )
        wait = (child.restarts_at or now) - now
        self._say(f"{child.plan.name:9} ended ({child.why()}); started again in {wait:.1f} s")

    def _note(self) -> None:
        self._lock.note(child.pid for child in self._children if child.pid)


def say(line: str) -> None:
    """Show a line to whoever sits at the terminal."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the supervisor is a program at a terminal


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"
