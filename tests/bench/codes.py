"""Making many codes and packing them: calls to a simulated WeChat, pictures read back, memory taken."""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import psutil
import requests
from sqlalchemy import select

from bot import schema
from bot.audit import Actor
from bot.batches.models import Batch
from bot.channels import making, packing
from bot.channels.models import Channel
from bot.channels.packing import Order
from bot.channels.plans import Common, Row
from bot.channels.touches import find
from bot.config import DatabaseConfig
from bot.db import Database, utc_now
from bot.db.revisions import bump
from bot.jobs import JOBS
from bot.runtime import Runtime
from tests.support.codes import bench
from tests.support.private_redis import private_redis
from tests.support.system import eventually, free_port

WHO = Actor("bench")
_slices: list[float] = []  # seconds of every job; one may run thirty
PLATFORM = "import sys, time, simulator.server as s; s.Server(int(sys.argv[1])); time.sleep(1e6)"


@dataclass(frozen=True, slots=True)
class Figures:
    """Codes a second; the longest a writer beside it waited; and the most memory each took, in MB."""

    codes_per_second: float
    waited_ms: float
    made_mb: float
    pictures_per_second: float
    labels_per_second: float
    packed_mb: float
    find_us: float
    slice_seconds: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--codes", type=int, default=10_000)
    parser.add_argument("--database", help="address of an empty database (default: SQLite)")


def run(options: argparse.Namespace) -> int:
    """Make and pack codes; status 1 if any is missing."""
    figures = measure(options.codes, options.database)
    print(f"made      {figures.codes_per_second:8.0f} codes/s, {figures.made_mb:.0f} MB more at most")
    print(f"          a writer beside it waited {figures.waited_ms:.0f} ms at most")
    print(f"pictures  {figures.pictures_per_second:8.0f} /s, each read back")
    print(f"labels    {figures.labels_per_second:8.0f} /s, each read back")
    print(f"packing   {figures.packed_mb:8.0f} MB more at most")
    print(f"a job ran {figures.slice_seconds:.1f} s at most")
    print(f"a scan finds its channel in {figures.find_us:.0f} us")
    print(json.dumps({"codes_per_second": round(figures.codes_per_second)}))
    return 0


def measure(codes: int = 10_000, database: str | None = None) -> Figures:
    """Make `codes` codes on a fresh database before a simulated WeChat in a process of its own, and pack them."""
    with (
        tempfile.TemporaryDirectory(prefix="yizhan-codes-") as folder,
        private_redis() as redis,
        _platform() as platform,
    ):
        url = database or f"sqlite:///{folder}/bench.db"
        with Database(DatabaseConfig(url=url)) as db:
            schema.migrate(db)
        with bench(url, SimpleNamespace(url=platform), redis=redis.url) as room:
            return _measured(room.runtime, codes)


def _measured(runtime: Runtime, codes: int) -> Figures:
    [account] = runtime.accounts.values()
    rows = [Row(f"码{number}") for number in range(codes)]
    with runtime.db.transaction() as session:
        plan = Common(account_id=account.id, purpose="wall")
        batch = making.begin(session, plan, rows, title="bench", maker=WHO, now=utc_now()).id
    del rows
    with _memory() as made_mb, _writer(runtime) as waited:
        seconds = _drive(runtime, batch)
    with runtime.db.reading() as session:
        ids = list(
            session.scalars(select(Channel.id).where(Channel.ticket.is_not(None)).order_by(Channel.id))
        )
    assert len(ids) == codes, f"{codes - len(ids)} codes are missing"
    with _memory() as packed_mb:
        pictures = _packed(runtime, Order(form="zip", ids=ids, svg=False))
        labels = _packed(runtime, Order(form="pdf", ids=ids, layout="24", foot="微信扫一扫"))
    return Figures(
        codes / seconds,
        max(waited) * 1000,
        made_mb[0],
        codes / pictures,
        codes / labels,
        packed_mb[0],
        _find_us(runtime, account.id, f"c:{ids[codes // 2]}"),
        max(_slices),
    )


def _packed(runtime: Runtime, order: Order) -> float:
    with runtime.db.transaction() as session:
        batch = packing.begin(session, order, title="bench", maker=WHO, now=utc_now()).id
    return _drive(runtime, batch)


def _drive(runtime: Runtime, batch_id: int) -> float:
    """Do what a worker does until the batch is done, and return the seconds."""
    began = time.perf_counter()
    while True:
        with runtime.db.reading() as session:
            batch = session.get_one(Batch, batch_id)
            state, kind, failed = batch.state, batch.kind, batch.failed
        if state in {"done", "failed"}:
            assert (state, failed) == ("done", 0)
            return time.perf_counter() - began
        started = time.perf_counter()
        JOBS[kind](runtime, batch_id=batch_id)
        _slices.append(time.perf_counter() - started)


def _find_us(runtime: Runtime, account_id: int, scene: str) -> float:
    with runtime.db.reading() as session:
        find(session, account_id=account_id, scene=scene)
        began = time.perf_counter()
        for _time in range(300):
            session.expunge_all()
            assert find(session, account_id=account_id, scene=scene) is not None
        return (time.perf_counter() - began) / 300 * 1e6


@contextmanager
def _memory() -> Iterator[list[float]]:
    """Yield a list that holds, afterwards, how many MB more than before were in use at most."""
    process, stop, most = psutil.Process(), threading.Event(), [0.0]
    before = process.memory_info().rss

    def watch() -> None:
        while not stop.wait(0.02):
            most[0] = max(most[0], (process.memory_info().rss - before) / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    yield most
    stop.set()
    thread.join()


@contextmanager
def _writer(runtime: Runtime) -> Iterator[list[float]]:
    """Write something small ten times a second, as a webhook would, and note how long each had to wait."""
    stop, waited = threading.Event(), [0.0]

    def write() -> None:
        while not stop.wait(0.1):
            began = time.perf_counter()
            with runtime.db.transaction() as session:
                bump(session, "bench")
            waited.append(time.perf_counter() - began)

    thread = threading.Thread(target=write)
    thread.start()
    yield waited
    stop.set()
    thread.join()


@contextmanager
def _platform() -> Iterator[str]:
    """Run a simulated WeChat in a process of its own, which keeps nothing on the disk."""
    address = f"http://127.0.0.1:{free_port()}"
    port = address.rsplit(":", 1)[1]
    command = [sys.executable, "-c", PLATFORM, port]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], **quiet)
    try:
        eventually(lambda: _answers(address))
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/sim/clock", timeout=1).ok
    except requests.RequestException:
        return False
