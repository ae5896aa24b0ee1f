"""The whole system as real processes on free ports: what a story is told against.

Nothing of ours is patched: `web`, `worker` and `clock` run as an operator would
start them, only forked from a process that has imported them (`nursery`),
against a Redis of their own, and the simulated WeChat platform pushes over HTTP.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from bot import schema
from bot.accounts.register import enrol
from bot.config import Config, load
from bot.db import Database, utc_now
from bot.platform_figures import fetching
from bot.platform_figures import jobs as platform_figures
from simulator.server import Server
from tests.support.nursery import Started, nursery
from tests.support.ports import free_port
from tests.support.private_redis import PrivateRedis

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0  # a machine may be busy; who waits in vain waits once
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until `condition` holds; fail with it if it does not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class System:
    """One deployment: a folder, a database, a Redis, a platform, and our processes."""

    folder: Path
    database_url: str
    redis: PrivateRedis
    platform: Server
    mode: str = "safe"
    lease_seconds: int = 60
    webs: list[int] = field(default_factory=lambda: [free_port()])
    processes: dict[str, Started] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.app_id = f"wxstory{self.mode}0001"
        self.db = Database(self.config(self.webs[0]).database)
        schema.migrate(self.db)

    # Processes

    def config(self, port: int) -> Config:
        """Write the settings of one web process and return them."""
        file = self.folder / f"config-{port}.toml"
        fresh = file.with_suffix(".new")
        fresh.write_text(self.settings(port))
        fresh.replace(file)  # a process that starts meanwhile reads one or the other
        return load(file, environ={})

    def settings(self, port: int) -> str:
        """Return what stands in the settings."""
        return f"""
[server]
port = {port}
folder = "{self.folder}/var"
[database]
url = "{self.database_url}"
sqlite_synchronous = "normal"
[redis]
url = "{self.redis.url}"
[wechat]
api_base = "{self.platform.url}"
timeout_seconds = 20.0
[outbox]
lease_seconds = {self.lease_seconds}
[[accounts]]
name = "head"
app_id = "{self.app_id}"
app_secret = "{"s" * 32}"
token = "simtoken2026"
encoding_aes_key = "{AES_KEY}"
mode = "{self.mode}"
original_id = "gh_story"
"""

    def start(self, *names: str) -> None:
        """Start processes by name (`web`, `web2`, `worker`, `clock`) and wait until the webs answer."""
        for name in names:
            self.config(self._port(name))
            self.spawn(name)
        for name in names:
            if name.startswith("web"):
                self.await_web(self._port(name))

    def spawn(self, name: str) -> None:
        config = self.folder / f"config-{self._port(name)}.toml"
        arguments = (name.rstrip("23456789"), "--config", str(config))
        self.processes[name] = nursery().start(*arguments, log=self.folder / f"{name}.log")

    def await_web(self, port: int) -> None:
        def answers() -> bool:
            try:
                return self.http.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
            except requests.RequestException:
                return False

        eventually(answers)

    def kill(self, name: str) -> None:
        """Kill a process and its children as a crash would: no warning, no clean-up."""
        process = self.processes.pop(name)
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        eventually(lambda: not any(map(_lives, children)))  # till then its port and the database are theirs

    def stop(self) -> None:
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()
        self.db.close()
        self.http.close()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _port(self, name: str) -> int:
        if not name.startswith("web"):
            return self.webs[0]
        number = int(name[3:] or 1)
        while len(self.webs) < number:
            self.webs.append(free_port())
        return self.webs[number - 1]

    # The platform, over its control API

    def enrol(self) -> None:
        """Have the platform know our account, and one traveller, Alice."""
        self.sim(
            "PUT",
            f"accounts/{self.app_id}",
            name="head",
            kind="service",
            verified=True,
            app_secret="s" * 32,
            original_id="gh_story",
            wechat_id="yizhan",
            token="simtoken2026",
            encoding_aes_key=AES_KEY,
            mode=self.mode,
            url=f"http://127.0.0.1:{self.webs[0]}/wechat/head",
            open_platform="yizhan",
        )
        self.sim("POST", "travellers", id="alice", name="Alice")
        self._leave_platform_figures()

    def _leave_platform_figures(self) -> None:
        """Write down that WeChat refuses its figures: two hundred calls for a year are most of a worker's day.

        That they are fetched is asked in `tests/nouns/test_platform_figures.py`, and of the demo in `tests/run`.
        """
        now = utc_now()
        with self.db.transaction() as session:
            for account in enrol(session, self.config(self.webs[0]).accounts).values():
                fetching.note(session, account, platform_figures.NO_RIGHT, now=now)

    def sim(self, method: str, where: str, **facts: Any) -> Any:
        answer = self.http.request(method, f"{self.platform.url}/sim/{where}", json=facts, timeout=60)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def act(self, verb: str, traveller: str = "alice", **facts: Any) -> dict[str, Any]:
        """Have a traveller do something, and return what became of the push."""
        push: dict[str, Any] = self.sim("POST", f"travellers/{traveller}/{verb}", account="head", **facts)[
            "push"
        ]
        return push

    def hears(self, verb: str, traveller: str = "alice", **facts: Any) -> str | None:
        """Return the words a traveller hears when they do something."""
        reply = self.act(verb, traveller, **facts)["reply"]
        return reply and reply.get("content")

    def chat(self, traveller: str = "alice") -> list[dict[str, Any]]:
        answer = self.http.get(
            f"{self.platform.url}/sim/travellers/{traveller}/chat", params={"account": "head"}, timeout=60
        )
        bubbles: list[dict[str, Any]] = answer.json()["bubbles"]
        return bubbles

    def calls(self, path: str) -> list[dict[str, Any]]:
        answer = self.http.get(
            f"{self.platform.url}/sim/calls", params={"path": path, "limit": 10000}, timeout=60
        )
        calls: list[dict[str, Any]] = answer.json()["calls"]
        return calls
