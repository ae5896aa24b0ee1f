"""A whole `python -m bot run` in a folder of its own, and who belongs to it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count):
    return [free_port() for _ in range(count)]


def environ(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")}
    clean.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return {**clean, "PYTHONPATH": str(ROOT), **more}


def command(folder, *words, **options):
    """Run one command in `folder` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


def wait_for(condition, seconds=240.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


class Running:
    """`python -m bot run` of the demo on two free ports."""

    def __init__(self, folder):
        self.folder = folder
        self.port, self.simulator_port = free_ports(2)
        self.ports = ["--port", str(self.port), "--simulator-port", str(self.simulator_port)]
        self.output = folder / "terminal.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run", *self.ports],
                cwd=folder,
                env=environ(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._met = {self.process.pid: psutil.Process(self.process.pid)}
        try:
            wait_for(lambda: "Yizhan is ready" in self.said() or self.process.poll() is not None)
            assert self.process.poll() is None, self.said()
        except BaseException:
            self.clean_up()
            raise
        self.members()

    def said(self):
        return self.output.read_text("utf-8")

    def members(self):
        """Every living process that was started for this run: by its environment, or its parents.

        Valkey writes its title over its environment, so it is met as a descendant.
        """
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                self._met[process.pid] = process
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("YIZHAN_RUN") == str(self.process.pid):
                    self._met[process.pid] = process
        return [process for process in self._met.values() if _lives(process)]

    def child(self, *words):
        """The pid of the member whose command line holds all `words`, and that leads its group."""
        found = []
        for process in self.members():
            with contextlib.suppress(psutil.Error, ProcessLookupError):  # it may end while it is looked at
                line = process.cmdline()
                leads = process.pid == os.getpgid(process.pid)
                if leads and all(any(word in part for part in line) for word in words):
                    found.append(process.pid)
        return next(iter(found), None)

    def is_ready(self):
        return _answers(f"http://127.0.0.1:{self.port}/readyz")

    def has_platform(self):
        """Whether the simulated platform answers; the server is ready without it while it holds a token."""
        return _answers(f"http://127.0.0.1:{self.simulator_port}/sim/")

    def end(self, number=signal.SIGTERM):
        self.members()
        self.process.send_signal(number)
        return self.process.wait(120)

    def clean_up(self):
        for process in self.members():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait(120)


def _answers(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as response:
            return response.status == 200
    except OSError:
        return False


def _lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
