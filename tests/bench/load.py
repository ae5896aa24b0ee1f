"""The load generator: a process of its own on a core of its own, lean enough not to be what is measured.

It makes and signs a round's messages, sends them over keep-alive connections,
reads the servers' CPU time just before the first and just after the last, and
only then looks at what the replies say.
"""

import array
import multiprocessing
import os
import select
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from multiprocessing.connection import Connection

from tests.bench.measuring import CpuTimes
from tests.bench.pacing import paced
from tests.bench.pushes import FANS, Push, Wechat
from tests.bench.wire import SILENCE, Exchanges, Stalled, is_whole

RING = 4096  # messages made for a server that keeps nothing and so may get them again


@dataclass(frozen=True, slots=True)
class Round:
    """What to send: `count` new messages, or the same few over and over if it is None.

    With a `pace` they come at random moments, so many a second whether or not
    the others are answered, and each is timed from when it was due.
    """

    port: int
    mode: str
    seconds: float
    connections: int
    count: int | None
    words: str | None
    fans: int = FANS
    pace: float | None = None
    watched: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round showed. CPU is in seconds, by the names of `Round.watched`."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu: dict[str, float]
    load_cpu_share: float
    faults: dict[str, int]

    @property
    def rate(self) -> float:
        """Messages answered per second."""
        return self.answered / self.seconds

    def cpu_us(self, name: str) -> float:
        """Microseconds of CPU per message of the processes watched as `name`."""
        return self.cpu[name] / self.answered * 1e6


class Load:
    """The parent's end: have a round driven and get its figures."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def drive(self, one: Round) -> Figures:
        """Return the figures of `one`; raise `Stalled` if the server gave up."""
        self._pipe.send(one)
        answer: Figures | Stalled = self._pipe.recv()
        if isinstance(answer, Stalled):
            raise answer
        return answer


@contextmanager
def generator(core: int) -> Iterator[Load]:
    """Run the load generator on `core` until the block ends."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, core), name="load", daemon=True)
    process.start()
    theirs.close()
    try:
        yield Load(ours)
    finally:
        ours.close()
        process.join(timeout=2)
        process.kill()
        process.join()


def _serve(pipe: Connection, core: int) -> None:
    os.sched_setaffinity(0, {core})
    platforms = {mode: Wechat(mode) for mode in ("plain", "safe")}
    while True:
        try:
            one: Round = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            pipe.send(_round(one, platforms[one.mode]))
        except Stalled as error:
            pipe.send(error)


def _round(one: Round, platform: Wechat) -> Figures:
    made = list(platform.pushes(one.count or RING, one.fans))
    supply = iter(made) if one.count else cycle(made)
    with _connected(one.port, one.connections) as sockets:
        before = CpuTimes.of(one.watched)
        own, began = time.process_time(), time.perf_counter()
        if one.pace:
            exchanges, took = paced(sockets, supply, one.pace, one.seconds)
        else:
            exchanges, took = _exchange(sockets, supply, began + one.seconds)
        seconds = time.perf_counter() - began
        own = time.process_time() - own
        cpu = CpuTimes.of(one.watched).since(before)
    faults: Counter[str] = Counter()
    if one.words is not None:
        for push, response in exchanges:
            if fault := platform.fault(push, response, one.words):
                faults[fault] += 1
    times = sorted(took)
    return Figures(
        answered=len(times),
        seconds=seconds,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[len(times) * 99 // 100] * 1000,
        cpu=cpu,
        load_cpu_share=own / seconds,
        faults=dict(faults),
    )


@contextmanager
def _connected(port: int, count: int) -> Iterator[list[socket.socket]]:
    sockets: list[socket.socket] = []
    try:
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), timeout=5)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets.append(one)
        yield sockets
    finally:
        for one in sockets:
            one.close()


def _exchange(sockets: list[socket.socket], supply: Iterator[Push], until: float) -> Exchanges:
    """Keep one request under way on every connection until the time or the supply is over."""
    clock = time.perf_counter
    by_number = {one.fileno(): one for one in sockets}
    pending: dict[int, tuple[Push, float]] = {}
    partial: dict[int, bytes] = {}
    exchanges: list[tuple[Push, bytes]] = []
    took = array.array("d")
    with select.epoll() as poll:
        for one, push in zip(sockets, islice(supply, len(sockets)), strict=False):
            poll.register(one.fileno(), select.EPOLLIN)
            pending[one.fileno()] = (push, clock())
            one.sendall(push.wire)
        while pending:
            ready = poll.poll(SILENCE)
            if not ready:
                raise Stalled(f"{len(pending)} requests without an answer for {SILENCE:.0f} s")
            for number, _event in ready:
                data = by_number[number].recv(65536)
                now = clock()
                if not data:
                    raise Stalled("the server closed a connection")
                if number in partial:
                    data = partial.pop(number) + data
                if not is_whole(data):
                    partial[number] = data
                    continue
                push, since = pending[number]
                took.append(now - since)
                exchanges.append((push, data))
                following = next(supply, None) if now < until else None
                if following is None:
                    del pending[number]
                    continue
                pending[number] = (following, now)
                by_number[number].sendall(following.wire)
    return exchanges, took
