"""One engine per process, and the only two ways into the database: `transaction` and `reading`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from bot.config import DatabaseConfig
from bot.db.scope import Scope
from bot.db.scoped import ScopedSession
from bot.errors import ConfigError

# A statement that waits longer than this for a row is given up: WeChat waits five seconds for all of it.
LOCK_SECONDS = 5
READING = {"yizhan_reading": True}


class Database:
    """The database of one process.

    Opening it connects to nothing; the first transaction does.  Share it
    between threads; after a fork or spawn build another.
    """

    def __init__(self, config: DatabaseConfig) -> None:
        self.url = _url(config.url)
        self.engine = _engine(self.url, config)
        self.dialect = self.engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit on success, roll back on error. Edges only; services never commit."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def scoped(self, scope: Scope) -> Iterator[ScopedSession]:
        """Do as `transaction`, with the rows within `scope` only (`bot.db.scope`)."""
        with ScopedSession(self.engine, scope) as session, session.begin():
            yield session

    @contextmanager
    def scoped_reading(self, scope: Scope) -> Iterator[ScopedSession]:
        """Do as `reading`, with the rows within `scope` only (`bot.db.scope`)."""
        with (
            self.engine.connect().execution_options(**READING) as connection,
            ScopedSession(connection, scope) as session,
        ):
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Commit on success, roll back on error, without a session: for the hot rows."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read a consistent view. Nothing written here is kept, and SQLite's writers are not kept waiting."""
        with (
            self.engine.connect().execution_options(**READING) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    def close(self) -> None:
        """Let go of every pooled connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def is_passing(error: DBAPIError) -> bool:
    """Tell whether the same transaction may succeed if tried again: a deadlock, a lock, a lost connection."""
    if error.connection_invalidated or isinstance(error, OperationalError):
        return True
    return getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "55P03"}


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigError(
            "[database] url: not a database address; write one like postgresql://user:password@host/yizhan"
        ) from None
    drivers = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
    name = url.get_backend_name()
    if name == "sqlite":
        return url
    if name not in drivers:
        raise ConfigError(
            f"[database] url: {name} is not supported; use sqlite, postgresql, mysql or mariadb"
        )
    return url.set(drivername=drivers[name])


def _engine(url: URL, config: DatabaseConfig) -> Engine:
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # what travellers write does not belong in an error text
        "pool_size": config.pool_size,
        "max_overflow": config.pool_size,
    }
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS}, **options)
        _teach_sqlite(engine, config.sqlite_synchronous)
        return engine
    if backend == "postgresql":
        # A plan kept from when a table was empty reads the whole table for as long as the connection lives.
        settings = f"-c lock_timeout={LOCK_SECONDS}s -c timezone=UTC -c plan_cache_mode=force_custom_plan"
        arguments = {"connect_timeout": LOCK_SECONDS, "options": settings}
        return create_engine(url, connect_args=arguments, pool_pre_ping=False, **options)
    settings = f"SET time_zone='+00:00', innodb_lock_wait_timeout={LOCK_SECONDS}"
    arguments = {"charset": "utf8mb4", "connect_timeout": LOCK_SECONDS, "init_command": settings}
    # MySQL's default isolation locks gaps, and two new fans would wait for each other.
    return create_engine(
        url, connect_args=arguments, isolation_level="READ COMMITTED", pool_recycle=3600, **options
    )


def _teach_sqlite(engine: Engine, synchronous: str) -> None:
    """Make SQLite keep its word: WAL, foreign keys, and writers that queue instead of failing.

    A deferred transaction that first reads and then writes fails with
    "database is locked" whatever its timeout, hence BEGIN IMMEDIATE.
    """

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous.upper()}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("yizhan_reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
