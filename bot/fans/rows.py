"""Fans as the webhook meets them: found or added, locked, changed and saved in bulk."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, select, tuple_
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, BulkUpdate, Row, Write, array_from, moment_from, write_all
from bot.db.types import UtcDateTime, table_of
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
    member_id: int | None
    staff_id: int | None
    note_until: datetime | None
    loaded: tuple[Any, ...] = field(default=(), compare=False, repr=False)


TABLE = table_of(Fan)
COLUMNS = tuple(one.name for one in fields(FanRow) if one.name != "loaded")
FIXED = ("id", "account_id", "openid", "unionid", "created_at")
BUSY = ("last_interaction_at", "last_message_at", "message_count")  # what every message changes
QUIET = tuple(name for name in COLUMNS if name not in FIXED + BUSY)
NEW = ("account_id", "openid", "standing", "created_at", "follow_count", "message_count")

_COLUMNS = [TABLE.c[name] for name in COLUMNS]
_ORDER = (TABLE.c.account_id, TABLE.c.openid)
_POSTGRESQL = (
    f"SELECT {', '.join(f'fan.{name}' for name in COLUMNS)} FROM fan "  # noqa: S608 - our own names
    "JOIN unnest(%s::bigint[], %s::text[]) AS w(account_id, openid) "
    "ON fan.account_id = w.account_id AND fan.openid = w.openid "
    "ORDER BY fan.account_id, fan.openid FOR UPDATE OF fan"
)
# SQLite reads the whole table for `(account_id, openid) IN (VALUES …)`; joined, it looks each pair up.
_SQLITE = (
    f"SELECT {', '.join(f'fan.{name}' for name in COLUMNS)} FROM json_each(?) AS w "  # noqa: S608 - our own names
    "CROSS JOIN fan ON fan.account_id = json_extract(w.value, '$[0]') "
    "AND fan.openid = json_extract(w.value, '$[1]')"
)
_MOMENTS = tuple(place for place, name in enumerate(COLUMNS) if isinstance(TABLE.c[name].type, UtcDateTime))
_insert = BulkInsert(TABLE, NEW)
_update_busy = BulkUpdate(TABLE, BUSY)
_update_all = BulkUpdate(TABLE, BUSY + QUIET)
_busy = attrgetter("id", *BUSY)
_quiet = attrgetter(*QUIET)
_all = attrgetter("id", *BUSY, *QUIET)


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


def in_lock_order(connection: Connection, ids: Collection[int]) -> list[int]:
    """Return these fans in the order `lock` takes them, for who locks one by one; unknown ones are missing.

    The database sorts OpenIDs by its own collation, which Python does not know.
    """
    if len(ids) < 2:
        return list(ids)
    return list(connection.scalars(select(TABLE.c.id).where(TABLE.c.id.in_(list(ids))).order_by(*_ORDER)))


def lock_free(
    connection: Connection, wanted: Iterable[WHO], *, now: datetime
) -> tuple[dict[WHO, FanRow], set[WHO]]:
    """Do as `lock` with the fans that nobody else has locked; return them and who the others are.

    A fan whom somebody else is adding just now is waited for.
    """
    keys = sorted(set(wanted))
    if not keys:
        return {}, set()
    found = _select(connection, keys, skip_locked=True)
    missing = [key for key in keys if key not in found]
    there = select(*_ORDER).where(tuple_(*_ORDER).in_(missing))
    held = {(row.account_id, row.openid) for row in connection.execute(there)} if missing else set()
    found.update(lock(connection, [key for key in missing if key not in held], now=now))
    return found, held


def save(connection: Connection, rows: Iterable[FanRow]) -> None:
    """Write what handlers changed. Only for rows that `lock` returned in this transaction."""
    write_all(connection, writes(rows))


def writes(rows: Iterable[FanRow]) -> list[Write]:
    """Return what `save` writes.

    Most messages only move the times and the count; then nothing else is written.
    """
    busy: list[Row] = []
    every: list[Row] = []
    for row in rows:
        if _quiet(row) == row.loaded:
            busy.append(_busy(row))
        else:
            every.append(_all(row))
    busy.sort(key=itemgetter(0))
    every.sort(key=itemgetter(0))
    return [(_update_busy, busy), (_update_all, every)]


def _select(connection: Connection, keys: list[WHO], *, skip_locked: bool = False) -> dict[WHO, FanRow]:
    fans: dict[WHO, FanRow] = {}
    for values in _rows(connection, keys, skip_locked=skip_locked):
        fan = FanRow(*values)
        fan.loaded = _quiet(fan)
        fans[fan.account_id, fan.openid] = fan
    return fans


def _rows(connection: Connection, keys: list[WHO], *, skip_locked: bool) -> Iterable[Sequence[Any]]:
    if connection.dialect.name == "postgresql":
        wanted = tuple(array_from(column) for column in zip(*keys, strict=True))
        statement = f"{_POSTGRESQL} SKIP LOCKED" if skip_locked else _POSTGRESQL
        return connection.exec_driver_sql(statement, wanted).all()
    if connection.dialect.name == "sqlite":
        # Its writers queue for the whole file: no rows to lock, no order to keep.
        found = connection.exec_driver_sql(_SQLITE, (orjson.dumps(keys).decode(),)).all()
        return [_read(values) for values in found]
    named = select(*_COLUMNS).where(tuple_(*_ORDER).in_(keys)).order_by(*_ORDER)
    return connection.execute(named.with_for_update(skip_locked=skip_locked)).all()


def _read(values: Sequence[Any]) -> list[Any]:
    row = list(values)
    for place in _MOMENTS:
        row[place] = moment_from(row[place])
    return row


def openids(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the OpenIDs of these fans, by their ids; in a scoped session of those in sight."""
    found = session.execute(select(Fan.id, Fan.openid).where(Fan.id.in_(ids)))
    return {row.id: row.openid for row in found}
