"""Small disks that are full for a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

PIECE = 4096


@contextmanager
def full(disk: Path) -> Iterator[int]:
    """Take every free block of `disk` during the block, and yield how many bytes that were."""
    ballast = disk / "ballast"
    try:
        taken = 0
        with ballast.open("wb", buffering=0) as file:
            for piece in (1024 * PIECE, PIECE):
                taken += _fill(file.fileno(), piece)
        yield taken
    finally:
        ballast.unlink(missing_ok=True)


def _fill(file: int, piece: int) -> int:
    taken = 0
    while True:
        try:
            taken += os.write(file, b"\0" * piece)
        except OSError:
            return taken


def refuses(url: str) -> bool:
    """Whether the database says that its disk is full, when asked to make a table of its own and grow it."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE probe AS SELECT repeat('x', 4000) AS wide"))
            connection.rollback()
    except SQLAlchemyError as error:
        return "No space left" in str(error)
    finally:
        engine.dispose()
    return False
