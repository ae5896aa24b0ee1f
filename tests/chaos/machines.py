"""Processes on hosts, kept running as the units of `docs/deploy/systemd` say: started again a second after they end."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import network

RESTART_SECONDS = 1.0  # RestartSec of the units
CHILD_ENDED = b"Unexpected exit from worker"  # granian's word, before it starts another
STOP_SECONDS = 15.0  # TimeoutStopSec


class DidNotHappen(Exception):
    """Something was waited for in vain; the text says what, and where to look."""


def await_(what: str, condition: Callable[[], object], seconds: float = 60.0) -> float:
    """Wait until `condition` holds and return the seconds it took; raise `DidNotHappen` after `seconds`."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise DidNotHappen(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - began


@dataclass
class Unit:
    """One process of a host, and how it is run."""

    host: str
    name: str
    command: list[str]
    folder: Path
    environ: Mapping[str, str]
    clock: Mapping[str, str] = field(default_factory=dict)  # what makes it see another time
    process: "subprocess.Popen[bytes] | None" = None
    wanted: bool = False
    ended_at: float = 0.0
    crashes: int = 0


class Machines:
    """Every process of the run. `logs` is where each one's output goes."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._units: dict[tuple[str, str], Unit] = {}
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def add(
        self, host: str, name: str, command: list[str], folder: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        """Put a process on a host and start it."""
        unit = Unit(host, name, command, folder, environ or {})
        with self._lock:
            self._units[host, name] = unit
            self._start(unit)

    def move(self, host: str, folder: Path) -> None:
        """Have the processes of a host run from another folder from their next start on."""
        with self._lock:
            for unit in self._of(host):
                unit.folder = folder

    def set_clock(self, host: str, clock: Mapping[str, str]) -> None:
        """Have the processes of a host see another time from their next start on."""
        with self._lock:
            for unit in self._of(host):
                unit.clock = clock

    def start(self, host: str, *names: str) -> None:
        """Start processes of a host, all if none is named."""
        with self._lock:
            for unit in self._of(host, names):
                self._start(unit)

    def stop(self, host: str, *names: str, number: int = signal.SIGTERM) -> None:
        """End processes of a host in order, as `systemctl stop` would, and leave them ended."""
        with self._lock:
            units = self._of(host, names)
            for unit in units:
                unit.wanted = False
        for unit in units:
            if unit.process is None:
                continue
            with suppress(ProcessLookupError):
                unit.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                unit.process.wait(STOP_SECONDS)
            self._finish(unit)

    def kill(self, host: str, *names: str) -> None:
        """Kill processes of a host with their children, without warning, and leave them dead."""
        with self._lock:
            for unit in self._of(host, names):
                unit.wanted = False
                self._finish(unit)

    def remove(self, host: str, name: str) -> None:
        """Kill a process and know it no more."""
        self.kill(host, name)
        with self._lock:
            del self._units[host, name]

    def restart(self, host: str, *names: str) -> None:
        """Stop and start."""
        self.stop(host, *names)
        self.start(host, *names)

    def crashes(self) -> dict[str, int]:
        """Return how often each process ended by itself, or a child of it did that it started again."""
        with self._lock:
            units = {f"{one.host}/{one.name}": one for one in self._units.values()}
            counted = {name: one.crashes + self._children(one) for name, one in units.items()}
        return {name: count for name, count in counted.items() if count}

    def close(self) -> None:
        """End everything."""
        self._done.set()
        self._keeper.join()
        with self._lock:
            for unit in self._units.values():
                unit.wanted = False
                self._finish(unit)

    def _children(self, unit: Unit) -> int:
        return self._log(unit).read_bytes().count(CHILD_ENDED)

    def _log(self, unit: Unit) -> Path:
        return self._logs / f"{unit.host}-{unit.name}.log"

    def _of(self, host: str, names: tuple[str, ...] = ()) -> list[Unit]:
        return [one for one in self._units.values() if one.host == host and (not names or one.name in names)]

    def _start(self, unit: Unit) -> None:
        environ = {**os.environ, "PYTHONUNBUFFERED": "1", **unit.environ, **unit.clock}
        with self._log(unit).open("ab") as log:
            unit.process = subprocess.Popen(
                [*network.on(unit.host), *unit.command],
                cwd=unit.folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        unit.wanted, unit.ended_at = True, 0.0

    def _finish(self, unit: Unit) -> None:
        if unit.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(unit.process.pid, signal.SIGKILL)
            unit.process.wait()

    def _keep(self) -> None:
        while not self._done.wait(0.1):
            with self._lock:
                for unit in self._units.values():
                    self._look_after(unit)

    def _look_after(self, unit: Unit) -> None:
        if not unit.wanted or unit.process is None or unit.process.poll() is None:
            return
        if not unit.ended_at:
            unit.ended_at = time.monotonic()
            unit.crashes += 1
        elif time.monotonic() - unit.ended_at > RESTART_SECONDS:
            self._finish(unit)  # what it left behind
            self._start(unit)
