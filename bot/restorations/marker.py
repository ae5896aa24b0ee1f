"""A restoration on PostgreSQL that is not over, noted in the database: a process can be killed at any moment.

Until it is over the tables are half a backup, or a whole one of which nobody knows what may be said.
"""

from sqlalchemy import Connection, text

from bot.errors import ConfigError

SCHEMA = "yizhan_restoring"
_FOUND = text(
    "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = :name"
)


def begin(connection: Connection, aside: str) -> None:
    """Note that one is being put back, and under which name what was there lies ("" for nothing)."""
    connection.execute(text(f'CREATE SCHEMA "{SCHEMA}"'))
    connection.execute(text(f"COMMENT ON SCHEMA \"{SCHEMA}\" IS '{aside}'"))


def end(connection: Connection) -> None:
    """Note that it is over, whichever way."""
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{SCHEMA}"'))


def found(connection: Connection) -> str | None:
    """Return what `begin` was told; None where none is under way."""
    if connection.dialect.name != "postgresql":
        return None
    aside: str | None = connection.scalar(_FOUND, {"name": SCHEMA})
    return aside


def refuse(connection: Connection) -> None:
    """Raise `ConfigError` while one is under way or was broken off."""
    aside = found(connection)
    if aside is None:
        return
    kept = f" (the database before it lies in the schema {aside})" if aside else ""
    raise ConfigError(
        f"[database] url: a restore is under way or was broken off{kept}; wait for it, or run "
        "python -m bot restore FILE --replace once more, which first brings back what was there"
    )
