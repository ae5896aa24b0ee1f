"""A database that is away for a moment, as one that restarts is."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

TEXT = "the database system is starting up"


@contextmanager
def away(times: int) -> Iterator[None]:
    """Have the next `times` connections to the database fail, as those to a server that restarts do."""
    left = [times]

    def fail(_connection) -> None:
        if left[0]:
            left[0] -= 1
            raise OperationalError("away", None, Exception(TEXT))

    event.listen(Engine, "engine_connect", fail)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", fail)


@contextmanager
def unreachable(times: int) -> Iterator[None]:
    """Have the next `times` connections not even be made."""
    left = [times]

    def fail(*_how) -> None:
        if left[0]:
            left[0] -= 1
            raise OperationalError(None, None, Exception(TEXT))

    event.listen(Engine, "do_connect", fail)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", fail)
