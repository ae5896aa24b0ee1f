"""A database that is away for a moment, as one that restarts is."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError


@contextmanager
def away(times: int) -> Iterator[None]:
    """Have the next `times` connections to the database fail, as those to a server that restarts do."""
    left = [times]

    def fail(_connection) -> None:
        if left[0]:
            left[0] -= 1
            raise OperationalError("away", None, Exception("the database system is starting up"))

    event.listen(Engine, "engine_connect", fail)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", fail)
