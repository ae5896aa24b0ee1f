"""Fans as the webhook meets them: found or added, locked, changed and saved in bulk."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, select, tuple_

from bot.db.bulk import BulkInsert, BulkUpdate, pairs_from
from bot.db.types import table_of
from bot.fans.models import Fan, Standing

WHO = tuple[int, str]  # account id and OpenID


@dataclass(slots=True)
class FanRow:
    """One locked fan. A handler changes it in place; the batch saves it."""

    id: int
    account_id: int
    openid: str
    unionid: str | None
    standing: str
    created_at: datetime
    followed_at: datetime | None
    returned_at: datetime | None
    left_at: datetime | None
    follow_count: int
    first_touch_at: datetime | None
    first_scene: str | None
    first_channel_id: int | None
    first_shop_id: int | None
    last_touch_at: datetime | None
    last_scene: str | None
    last_channel_id: int | None
    last_shop_id: int | None
    last_interaction_at: datetime | None
    last_message_at: datetime | None
    message_count: int


TABLE = table_of(Fan)
COLUMNS = tuple(field.name for field in fields(FanRow))
FIXED = ("id", "account_id", "openid", "unionid", "created_at")
CHANGING = tuple(name for name in COLUMNS if name not in FIXED)
NEW = ("account_id", "openid", "standing", "created_at", "follow_count", "message_count")

_COLUMNS = [TABLE.c[name] for name in COLUMNS]
_ORDER = (TABLE.c.account_id, TABLE.c.openid)
_POSTGRESQL = (
    f"SELECT {', '.join(f'fan.{name}' for name in COLUMNS)} FROM fan "  # noqa: S608 - our own names
    "JOIN unnest(%(account_ids)s::bigint[], %(openids)s::text[]) AS w(account_id, openid) "
    "ON fan.account_id = w.account_id AND fan.openid = w.openid "
    "ORDER BY fan.account_id, fan.openid FOR UPDATE OF fan"
)
_insert = BulkInsert(TABLE, NEW)
_update = BulkUpdate(TABLE, CHANGING)


def lock(connection: Connection, wanted: Iterable[WHO], *, now: datetime) -> dict[WHO, FanRow]:
    """Return every wanted fan, locked until the transaction ends; unknown ones are added.

    Rows are locked in the order of account and OpenID, so that batches of two
    processes never wait for each other in a circle.
    """
    keys = sorted(set(wanted))
    if not keys:
        return {}
    found = _select(connection, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        rows = [(account, openid, Standing.UNKNOWN.value, now, 0, 0) for account, openid in missing]
        _insert.run(connection, rows)
        found.update(_select(connection, missing))
    return found


def save(connection: Connection, rows: Iterable[FanRow]) -> None:
    """Write what handlers changed. Only for rows that `lock` returned in this transaction."""
    values = [(row.id, *(getattr(row, name) for name in CHANGING)) for row in rows]
    _update.run(connection, sorted(values))


def _select(connection: Connection, keys: list[WHO]) -> dict[WHO, FanRow]:
    if connection.dialect.name == "postgresql":
        result = connection.exec_driver_sql(_POSTGRESQL, pairs_from(keys, "account_ids", "openids"))
    else:
        statement = select(*_COLUMNS).where(tuple_(*_ORDER).in_(keys)).order_by(*_ORDER).with_for_update()
        result = connection.execute(statement)
    return {(row[1], row[2]): FanRow(*row) for row in result}
