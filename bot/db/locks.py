"""Locks that others keep: whether one was waited for in vain, and waiting less.

SQLite has one lock for all its writers, so there nobody is waited for apart
from the rest.
"""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

POSTGRESQL = "55P03"
MYSQL = 1205


def is_lock_wait(error: DBAPIError) -> bool:
    """Tell whether a statement was given up because somebody else kept a row locked; never on SQLite."""
    if getattr(error.orig, "sqlstate", None) == POSTGRESQL:
        return True
    return error.orig is not None and error.orig.args[:1] == (MYSQL,)


def wait_no_longer(connection: Connection, *, seconds: float) -> None:
    """Wait so long for each further lock of this transaction.

    MySQL and MariaDB count whole seconds, which is no hurry: there the connection's own measure stays.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(1000 * seconds))}")
