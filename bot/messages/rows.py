"""Messages as the webhook meets them: which are known already, and recording the new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, select

from bot.db.bulk import BulkInsert, Row, Write, array_from, write_all
from bot.db.types import table_of
from bot.messages.models import Message, PlainPush

TABLE = table_of(Message)
COLUMNS = (
    "key",
    "account_id",
    "fan_id",
    "kind",
    "fields",
    "sent_at",
    "received_at",
    "answered_by",
    "reply",
)
PLAIN = table_of(PlainPush)
# Where the table is cut by month, `sent_at` tells PostgreSQL which months to look into (`bot.partitions`).
_POSTGRESQL = "SELECT key, reply FROM message WHERE key = ANY(%s::bytea[]) AND sent_at BETWEEN %s AND %s"
_insert = BulkInsert(TABLE, COLUMNS)
_insert_plain = BulkInsert(PLAIN, ("push", "key", "received_at"))


@dataclass(frozen=True, slots=True)
class Known:
    """What is already in the table: replies by message key, and message keys by signed query."""

    replies: dict[bytes, dict[str, Any] | None]
    pushes: dict[bytes, bytes]


def known(
    connection: Connection,
    keys: Sequence[bytes],
    pushes: Sequence[bytes],
    *,
    sent: tuple[datetime, datetime],
) -> Known:
    """Return what is recorded of these messages, sent between those moments, and of these signed queries."""
    if connection.dialect.name == "postgresql":
        rows: Sequence[Any] = connection.exec_driver_sql(_POSTGRESQL, (array_from(keys), *sent)).all()
    elif connection.dialect.name == "sqlite":
        rows = _known_to_sqlite(connection, _padded(keys))
    else:
        rows = connection.execute(select(TABLE.c.key, TABLE.c.reply).where(TABLE.c.key.in_(keys))).all()
    replies = {bytes(key): reply for key, reply in rows}
    return Known(replies, _used(connection, pushes) if pushes else {})


def _used(connection: Connection, pushes: Sequence[bytes]) -> dict[bytes, bytes]:
    rows = connection.execute(select(PLAIN.c.push, PLAIN.c.key).where(PLAIN.c.push.in_(pushes))).all()
    return {bytes(push): bytes(key) for push, key in rows}


def _known_to_sqlite(connection: Connection, keys: Sequence[bytes]) -> Sequence[Any]:
    statement = f"SELECT key, reply FROM message WHERE key IN ({_marks(keys)})"  # noqa: S608 - marks
    rows = connection.exec_driver_sql(statement, tuple(keys)).all()
    return [(key, orjson.loads(reply) if reply else None) for key, reply in rows]


def _padded(values: Sequence[bytes]) -> Sequence[bytes]:
    """Return `values` with the last repeated up to a power of two, so that few statements are prepared."""
    if not values:
        return values
    length = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (length - len(values))]


def _marks(values: Sequence[bytes]) -> str:
    return ",".join("?" * len(values))


def record(connection: Connection, rows: Sequence[Row], used: Sequence[Row] = ()) -> bool:
    """Write `rows` (in the order of `COLUMNS`); False if one of them was there already.

    `used` are the signed queries of those that came in plain mode, each with
    its message's key and moment; False if one of these was used already.
    After False the transaction must be rolled back: another process recorded
    the same push at the same moment, and its effects are the ones that count.
    """
    return write_all(connection, writes(rows, used)) == [len(used), len(rows)]


def writes(rows: Sequence[Row], used: Sequence[Row] = ()) -> list[Write]:
    """Return what `record` writes: the signed queries, then the messages.

    Sorted, so that two processes which write the same ones do not wait for each other.
    """
    return [(_insert_plain, sorted(used)), (_insert, sorted(rows, key=itemgetter(0)))]
