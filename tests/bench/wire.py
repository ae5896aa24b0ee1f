"""What the two ways of driving a server share: when a response is whole, and when a server is given up."""

import array

from tests.bench.pushes import Push

SILENCE = 20.0  # seconds without a single reply after which a server is given up
Exchanges = tuple[list[tuple[Push, bytes]], "array.array[float]"]


class Stalled(Exception):
    """A server hung up, or said nothing for a long time."""


def is_whole(data: bytes) -> bool:
    """Tell whether `data` is a whole response; every server here states the length of its body."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = data.lower().find(b"\ncontent-length:", 0, end)
    if at < 0:
        raise Stalled("a response without Content-Length")
    return len(data) - end - 4 >= int(data[at + 16 : data.find(b"\r", at)])
