"""A PostgreSQL of a test's own and a streaming replica of it, on free ports; nothing waits for the disk."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.system import eventually, free_port

SETTINGS = (
    "fsync=off",
    "listen_addresses=127.0.0.1",
    "shared_buffers=16MB",
    "max_standby_streaming_delay=100ms",
)


def binaries() -> Path:
    """Return the folder of the newest PostgreSQL server here; where there is none, the test cannot be run."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        missing = "replicas are tried on a PostgreSQL server; on Debian: apt-get install postgresql"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return found[-1].parent


class Server:
    """One server on a port of its own, with its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "yizhan") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def ask(self, statement: str, database: str = "postgres") -> Any:
        """Run a statement outside a transaction; return the first value of what it says, if anything."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            said = connection.execute(statement)  # type: ignore[arg-type]
            return said.fetchone()[0] if said.description else None

    def start(self) -> None:
        place = self.folder.parent
        settings = [*SETTINGS, f"port={self.port}", f"unix_socket_directories={place}"]
        command = [str(binaries() / "postgres"), "-D", str(self.folder)]
        for setting in settings:
            command += ["-c", setting]
        with (place / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                _as_postgres(command), cwd="/", stdout=log, stderr=log, start_new_session=True
            )
        eventually(self._answers)

    def kill(self) -> None:
        """End it at once, with every connection."""
        if self.process is not None:
            self.wake()
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Let it say nothing more, though its host still takes connections."""
        self._signal_all(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        assert self.process is not None
        own = self.process.pid
        with suppress(OSError):  # it has ended by itself
            children = map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())
            for pid in (own, *children):
                with suppress(ProcessLookupError):  # a connection that has ended meanwhile
                    os.kill(pid, number)

    def _answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == 1
        except psycopg.OperationalError:
            return False


class Pair:
    """A primary, and a replica that follows it."""

    def __init__(self, place: Path) -> None:
        self.primary, self.replica = Server(place / "primary"), Server(place / "replica")

    def catch_up(self) -> None:
        """Wait until the replica has everything."""
        said = self.primary.ask("SELECT pg_current_wal_lsn()")
        eventually(lambda: self.replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{said}'"))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the replica stand still, as it is now."""
        self.catch_up()
        self.replica.ask("SELECT pg_wal_replay_pause()")
        eventually(lambda: self.replica.ask("SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.replica.ask("SELECT pg_wal_replay_resume()")


@contextmanager
def pair(prepare: Callable[[Server], None]) -> Iterator[Pair]:
    """Start a primary, let `prepare` fill it, and start its replica."""
    place = Path(tempfile.mkdtemp(prefix="yizhan-replica-"))
    if os.geteuid() == 0:
        shutil.chown(place, "postgres", "postgres")
    made = Pair(place)
    try:
        folder = str(made.primary.folder)
        _run(
            "initdb",
            "-D",
            folder,
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        made.primary.start()
        prepare(made.primary)
        source = ["-h", "127.0.0.1", "-p", str(made.primary.port), "-U", "postgres"]
        _run("pg_basebackup", *source, "-D", str(made.replica.folder), "-R", "-c", "fast", "--no-sync")
        made.replica.start()
        yield made
    finally:
        for server in (made.replica, made.primary):
            server.kill()
        shutil.rmtree(place)


def _run(name: str, *words: str) -> None:
    done = subprocess.run(
        _as_postgres([str(binaries() / name), *words]), cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _as_postgres(command: list[str]) -> list[str]:
    """Let PostgreSQL's own user run it: the server refuses to be run by root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
