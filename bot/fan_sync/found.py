"""Some hundreds of an account's fans by their OpenIDs, each looked up in the index."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from bot.db.bulk import array_from
from bot.fans.rows import TABLE


def by_openid(
    connection: Connection,
    account_id: int,
    openids: Collection[str],
    columns: Sequence[str],
    *,
    locking: bool = False,
) -> Sequence[Sequence[Any]]:
    """Return these columns of the fans among `openids` that are known, in the order of their OpenIDs.

    With `locking` they are locked until the transaction ends, in that order.
    """
    wanted = sorted(set(openids))
    if not wanted:
        return []
    if connection.dialect.name == "postgresql":
        # With the account as a constant PostgreSQL reads all fans of it while the table grows faster than its
        # statistics: half a second for each part of a first run, in the middle of a million.
        arrays = (array_from(account_id for _one in wanted), array_from(wanted))
        return connection.exec_driver_sql(_postgresql(columns, locking=locking), arrays).all()
    asked = (
        select(*(TABLE.c[name] for name in columns))
        .where(TABLE.c.account_id == account_id, TABLE.c.openid.in_(wanted))
        .order_by(TABLE.c.openid)
    )
    return connection.execute(asked.with_for_update() if locking else asked).all()


def _postgresql(columns: Sequence[str], *, locking: bool) -> str:
    return (
        f"SELECT {', '.join(f'fan.{name}' for name in columns)} "  # noqa: S608 - our own names
        "FROM unnest(%s::bigint[], %s::text[]) AS w(account_id, openid) "
        "JOIN fan ON fan.account_id = w.account_id AND fan.openid = w.openid "
        f"ORDER BY fan.openid{' FOR UPDATE OF fan' if locking else ''}"
    )
