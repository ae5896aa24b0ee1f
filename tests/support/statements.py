"""What a piece of work asks of the database: equal work is told by equal statements, on any machine's load."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from bot.db import Database


@contextmanager
def statements_of(db: Database) -> Iterator[list[str]]:
    """Give the statements that are sent inside the block, in their order."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
