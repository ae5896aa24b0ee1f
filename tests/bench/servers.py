"""The servers that are compared, started together and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot import embedded_redis
from bot.config import Config, load
from tests.bench import databases, node_peer
from tests.bench.databases import Witness
from tests.bench.measuring import tree
from tests.bench.pushes import AES_KEY, ANSWER, FANS, MODES, ORIGINAL_ID, QUESTION, TOKEN, app_id
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 120
EVERY = ("echo", "co_wechat", "floor", "edge", "sqlite", "postgresql")


class NotServing(Exception):
    """A server did not come up; the text is what it said last."""


@dataclass(slots=True)
class Server:
    """One running server. `witness` looks into the database of a durable one."""

    name: str
    port: int
    pid: int
    witness: Witness | None = None
    fans: int = FANS
    answered: int = 0

    @property
    def words(self) -> str | None:
        """What a right reply says; None where it is only `success`."""
        return {"echo": QUESTION, "co_wechat": QUESTION, "floor": None}.get(self.name, ANSWER)

    @property
    def modes(self) -> Sequence[str]:
        """The modes worth measuring: the floor does not read what it is sent."""
        return ("plain",) if self.name == "floor" else MODES

    def watched(self) -> dict[str, list[int]]:
        """Return the processes whose CPU time is this server's, and its database's."""
        return {"server": tree(self.pid), "database": self.witness.backends() if self.witness else []}


@contextmanager
def running(
    names: Sequence[str], folder: Path, *, core: int, load_core: int, fans: int = FANS
) -> Iterator[tuple[list[Server], dict[str, str]]]:
    """Yield the servers in the order of `names`, and why one that could not be had is missing."""
    with ExitStack() as stack:
        servers: list[Server] = []
        missing: dict[str, str] = {}
        redis = stack.enter_context(_redis(folder, load_core))
        for name in names:
            try:
                servers.append(stack.enter_context(_server(name, folder / name, redis, core, fans)))
            except (databases.NoServer, node_peer.NoNode) as error:
                missing[name] = str(error)
        yield servers, missing


@contextmanager
def _server(name: str, folder: Path, redis: str, core: int, fans: int = FANS) -> Iterator[Server]:
    folder.mkdir()
    port = free_port()
    if name == "co_wechat":
        with _process(node_peer.command(folder, core, port), folder / "log.txt", port) as pid:
            yield Server(name, port, pid)
        return
    with ExitStack() as stack:
        witness = None
        url = f"sqlite:///{folder}/unused.db"
        if name in {"sqlite", "postgresql"}:
            made = databases.sqlite(folder) if name == "sqlite" else databases.postgresql(f"bench_{fans}")
            url = stack.enter_context(made)
            witness = Witness(url)
            stack.callback(witness.close)
        config_file = folder / "config.toml"
        config_file.write_text(_config(port, folder, url, redis), encoding="utf-8")
        if witness:
            databases.seed(load(config_file, environ={}), fans)
        what = "durable" if witness else name
        command = [sys.executable, "-m", "tests.bench.serve", str(core), what, str(config_file), str(port)]
        pid = stack.enter_context(_process(command, folder / "log.txt", port))
        yield Server(name, port, pid, witness, fans)


@contextmanager
def _redis(folder: Path, core: int) -> Iterator[str]:
    """Yield the address of a Redis for the wake-ups: our own embedded one, on the load generator's core."""
    config_file = folder / "redis.toml"
    config_file.write_text(_config(8000, folder, "sqlite://", ""), encoding="utf-8")
    config: Config = load(config_file, environ={})
    command = ["taskset", "--cpu-list", str(core), *embedded_redis.command(config)]
    with _process(command, folder / "redis.txt", None):
        yield embedded_redis.address(config)


@contextmanager
def _process(command: list[str], log: Path, port: int | None) -> Iterator[int]:
    """Run `command` until the block ends, then see to it that nothing of it is left."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    try:
        if port is not None:
            _wait_for(process, port, log)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as one:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n")
            if one.recv(1):
                return
        time.sleep(0.05)
    raise NotServing(log.read_text("utf-8", "replace")[-2000:] or "silence")


def _config(port: int, folder: Path, url: str, redis: str) -> str:
    """Return the settings: the defaults, but for addresses and one account in each mode."""
    lines = [
        "[server]",
        f"port = {port}",
        f'folder = "{folder}"',
        "[database]",
        f'url = "{url}"',
        "[redis]",
        f'url = "{redis}"',
        "[log]",
        'level = "warning"',
    ]
    for mode in MODES:
        lines += [
            "[[accounts]]",
            f'name = "{mode}"',
            f'app_id = "{app_id(mode)}"',
            f'app_secret = "{"s" * 32}"',
            f'token = "{TOKEN}"',
            f'encoding_aes_key = "{AES_KEY}"',
            f'mode = "{mode}"',
            f'original_id = "{ORIGINAL_ID}"',
        ]
    return "\n".join(lines) + "\n"
