"""The product as an operator runs it: simulator, Redis, web, two workers, a clock, each a process of its own."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from bot.config import Config, load
from bot.db import Database
from bot.demo import settings as demo_settings
from tests.support.private_redis import PrivateRedis, private_redis
from tests.support.system import free_port

ROOT = Path(__file__).resolve().parents[2]
OURS = ("web", "worker1", "worker2", "clock")
PATIENCE = 120.0


class NotWell(Exception):
    """Something did not come up, or a command failed; the text is what it said last."""


def settings(url: str, redis: str, folder: str, *, port: int, simulator_port: int) -> str:
    """Return the demo's settings with this database and Redis, and the shortest periods there are."""
    text = demo_settings._fresh(port, simulator_port)
    text = text.replace('"sqlite:///var/demo.db"', f'"{url}"').replace(
        "[server]\n", f'[server]\nfolder = "{folder}/var"\n'
    )
    text = text.replace("[log]\n", '[log]\nlevel = "warning"\n')
    text = text.replace("[privacy]\n", "[privacy]\nmessage_months = 2\ndesk_months = 2\nevent_months = 3\n")
    more = f'[redis]\nurl = "{redis}"\n[outbox]\nkeep_days = 1\nlease_seconds = 20\n[reach]\ncalls_per_second = 100\n'
    return text.replace("[[accounts]]", f"{more}\n[[accounts]]", 1)


class House:
    """One deployment in a folder."""

    def __init__(self, folder: Path, url: str, redis: PrivateRedis) -> None:
        self.folder, self.url, self.redis = folder, url, redis
        self.port, self.simulator_port = free_port(), free_port()
        self.file = folder / "config.toml"
        self.file.write_text(
            settings(url, redis.url, str(folder), port=self.port, simulator_port=self.simulator_port)
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def config(self) -> Config:
        return load(self.file, environ={})

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    def database(self) -> Database:
        return Database(self.config.database)

    def open_simulator(self) -> None:
        state = self.folder / "simulator.json"
        command = ["-m", "simulator", "--port", self.simulator_port, "--browser-port", 0, "--state", state]
        self._start("simulator", command)
        until(lambda: _answers(f"{self.simulator}/sim/"))

    def open(self) -> None:
        """Start everything of ours and wait until it is ready."""
        for name in OURS:
            self._start(name, ["-m", "bot", name.rstrip("12"), "--config", self.file])
        until(lambda: _answers(f"{self.web}/readyz"))

    def close(self) -> None:
        """Stop everything of ours, as systemd would."""
        self._stop([name for name in OURS if name in self.processes])

    def end(self) -> None:
        """Stop all there is."""
        self._stop(list(self.processes))

    def run(self, *words: object) -> str:
        """Run one of our commands and return what it said; raise `NotWell` if it failed."""
        command = [sys.executable, "-m", "bot", *map(str, words), "--config", str(self.file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode not in {0, 1} or (done.returncode and words[:2] != ("restoration", "show")):
            raise NotWell(f"{' '.join(command[2:])}: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return done.stdout

    def trees(self) -> dict[str, list[psutil.Process]]:
        """Return the processes of each kind, with their children."""
        found: dict[str, list[psutil.Process]] = {}
        for name, process in self.processes.items():
            try:
                root = psutil.Process(process.pid)
                found.setdefault(name.rstrip("12"), []).extend([root, *root.children(recursive=True)])
            except psutil.NoSuchProcess:
                raise NotWell(f"{name} has ended: {self.log(name)}") from None
        return found

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-1500:]

    def _start(self, name: str, words: list[object]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *map(str, words)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "YIZHAN_RUN": str(os.getpid())},
            )

    def _stop(self, names: list[str]) -> None:
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        for name in names:
            process = self.processes.pop(name)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def built(folder: Path, url: str) -> Iterator[House]:
    """Yield the deployment with the demo's travel group in it, running."""
    with private_redis() as redis:
        house = House(folder, url, redis)
        try:
            house.open_simulator()
            house.run("demo")
            house.open()
            yield house
        finally:
            house.end()


def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until it holds; raise `NotWell` if it does not in time."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise NotWell("it did not come about in time")
        time.sleep(0.2)


def word() -> str:
    """Return a word that nobody has used."""
    return secrets.token_urlsafe(18)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
