"""Messages that come when they come, as travellers write: what is late waits, and its waiting counts.

A generator that sends the next message when the last is answered slows down
with the server and never sees a queue.  Here the moments are drawn beforehand.
"""

import array
import random
import select
import socket
import time
from collections import deque
from collections.abc import Iterator

from tests.bench.pushes import Push
from tests.bench.wire import SILENCE, Exchanges, Stalled, is_whole

SEED = 7


def paced(sockets: list[socket.socket], supply: Iterator[Push], pace: float, seconds: float) -> Exchanges:
    """Send `pace` messages a second, each over whichever connection is free, for `seconds`."""
    clock = time.perf_counter
    chance = random.Random(SEED)
    free = deque(sockets)
    by_number = {one.fileno(): one for one in sockets}
    pending: dict[int, tuple[Push, float]] = {}
    partial: dict[int, bytes] = {}
    exchanges: list[tuple[Push, bytes]] = []
    took = array.array("d")
    began = clock()
    due = began + chance.expovariate(pace)
    with select.epoll() as poll:
        for one in sockets:
            poll.register(one.fileno(), select.EPOLLIN)
        while pending or due is not None:
            while due is not None and free and due <= clock():
                push = next(supply, None)
                if push is None or due > began + seconds:
                    due = None
                    break
                one = free.popleft()
                pending[one.fileno()] = (push, due)
                one.sendall(push.wire)
                due += chance.expovariate(pace)
            wait = SILENCE if due is None or not free else max(0.0, due - clock())
            ready = poll.poll(wait)
            if not ready and wait == SILENCE and pending:
                raise Stalled(f"{len(pending)} requests without an answer for {SILENCE:.0f} s")
            for number, _event in ready:
                data = partial.pop(number, b"") + by_number[number].recv(65536)
                if not data:
                    raise Stalled("the server closed a connection")
                if not is_whole(data):
                    partial[number] = data
                    continue
                push, since = pending.pop(number)
                took.append(clock() - since)
                exchanges.append((push, data))
                free.append(by_number[number])
    return exchanges, took
