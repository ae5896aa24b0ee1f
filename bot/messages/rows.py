"""Messages as the webhook meets them: which are known already, and recording the new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, or_, select

from bot.db.bulk import BulkInsert, Row, array_from
from bot.db.types import table_of
from bot.messages.models import Message

TABLE = table_of(Message)
COLUMNS = (
    "key",
    "push",
    "account_id",
    "fan_id",
    "kind",
    "fields",
    "sent_at",
    "received_at",
    "answered_by",
    "reply",
)
_KNOWN = (TABLE.c.key, TABLE.c.push, TABLE.c.reply)
_POSTGRESQL = (
    "SELECT key, push, reply FROM message WHERE key = ANY(%s::bytea[]) "
    "UNION SELECT key, push, reply FROM message WHERE push = ANY(%s::bytea[])"
)
_insert = BulkInsert(TABLE, COLUMNS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is already in the table: replies by message key, and message keys by signed query."""

    replies: dict[bytes, dict[str, Any] | None]
    pushes: dict[bytes, bytes]


def known(connection: Connection, keys: Sequence[bytes], pushes: Sequence[bytes]) -> Known:
    """Return what is recorded of these messages and signed queries."""
    if connection.dialect.name == "postgresql":
        arguments = (array_from(keys), array_from(pushes))
        rows: Sequence[Any] = connection.exec_driver_sql(_POSTGRESQL, arguments).all()
    elif connection.dialect.name == "sqlite":
        rows = _known_to_sqlite(connection, _padded(keys), _padded(pushes))
    else:
        wanted = TABLE.c.key.in_(keys)
        condition = or_(wanted, TABLE.c.push.in_(pushes)) if pushes else wanted
        rows = connection.execute(select(*_KNOWN).where(condition)).all()
    replies = {bytes(key): reply for key, _push, reply in rows}
    return Known(replies, {bytes(push): bytes(key) for key, push, _reply in rows if push})


def _known_to_sqlite(connection: Connection, keys: Sequence[bytes], pushes: Sequence[bytes]) -> Sequence[Any]:
    statement = f"SELECT key, push, reply FROM message WHERE key IN ({_marks(keys)})"  # noqa: S608 - marks
    if pushes:  # with an empty list SQLite would read the whole table
        statement += f" OR push IN ({_marks(pushes)})"
    rows = connection.exec_driver_sql(statement, (*keys, *pushes)).all()
    return [(key, push, orjson.loads(reply) if reply else None) for key, push, reply in rows]


def _padded(values: Sequence[bytes]) -> Sequence[bytes]:
    """Return `values` with the last repeated up to a power of two, so that few statements are prepared."""
    if not values:
        return values
    length = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (length - len(values))]


def _marks(values: Sequence[bytes]) -> str:
    return ",".join("?" * len(values))


def record(connection: Connection, rows: Sequence[Row]) -> bool:
    """Write `rows` (in the order of `COLUMNS`); False if one of them was there already.

    After False the transaction must be rolled back: another process recorded
    the same push at the same moment, and its effects are the ones that count.
    """
    return _insert.run(connection, sorted(rows, key=lambda row: row[0])) == len(rows)
