"""Ports for servers that are started a moment later."""

import itertools
import os
import socket

LOWEST, COUNT = 20_000, 6_000  # below those that a system gives to whoever asks for any
_numbers = itertools.count(os.getpid() * 997)  # test processes beside one another begin far apart


def free_port() -> int:
    """Return a port that nobody has, and that is given to nobody before it is taken.

    The next one is left free as well: there the simulator shows pages.
    """
    for number in _numbers:
        port = LOWEST + 2 * (number % COUNT)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("it counts for ever")
