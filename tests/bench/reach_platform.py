"""A stand-in for WeChat that only takes messages, in a process of its own: it prints its address.

The simulator keeps every message for its phones and is far slower than a planner; this one counts.  One in a
hundred calls is answered with -1, and one in two hundred is taken and never answered.
`python -m tests.bench.reach_platform`; ends with its standard input.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

BUSY, LOST = 0.01, 0.005
ANSWERS = {
    "/cgi-bin/stable_token": {"access_token": "T", "expires_in": 7200},
    "/cgi-bin/message/custom/send": {"errcode": 0, "errmsg": "ok"},
}
SEND = b"/cgi-bin/message/custom/send"


@dataclass
class Books:
    """What was asked and what was delivered."""

    delivered: Counter[str] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    calls: int = 0
    busy: int = 0
    lost: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(20261126))

    def as_document(self) -> dict[str, object]:
        """Return all of it."""
        return {
            "delivered": dict(self.delivered),
            "calls": self.calls,
            "busy": self.busy,
            "lost": self.lost,
            "most_in_a_second": max(self.seconds.values(), default=0),
        }


class Line(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            path = head.split(b" ", 2)[1].split(b"?", 1)[0]
            answer = self.answer(path, body)
            if answer is None:
                self.transport.close()
                return
            written = json.dumps(answer).encode()
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(written), written)
            )

    def answer(self, path: bytes, body: bytes) -> object | None:
        books = self.books
        if path == b"/stats":
            return books.as_document()
        if path != SEND:
            return ANSWERS.get(path.decode(), {"errcode": 0})
        books.calls += 1
        books.seconds[int(time.time())] += 1
        drawn = books.dice.random()
        if drawn < BUSY:
            books.busy += 1
            return {"errcode": -1, "errmsg": "system error"}
        books.delivered[json.loads(body)["touser"]] += 1
        if drawn < BUSY + LOST:
            books.lost += 1
            return None
        return ANSWERS[path.decode()]


async def main() -> None:
    """Serve until standard input ends."""
    books = Books()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(books), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
