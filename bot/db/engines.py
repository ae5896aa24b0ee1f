"""How each kind of database is connected to: the primary, and a replica, where nothing can be written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from bot.config import DatabaseConfig
from bot.errors import ConfigError

# A statement that waits longer than this for a row is given up: WeChat waits five seconds for all of it.
LOCK_SECONDS = 5
# Who says nothing for so long is gone, and their locks with them: before those who wait for a row give up.
SILENT_SECONDS = 3
READING = "yizhan_reading"  # the execution option of connections that only read

# Of a replica: what waits for it can be asked of the primary. libpq's shortest wait to connect is two.
REPLICA_SILENT_SECONDS, REPLICA_CONNECT_SECONDS = 1, 2
REPORT_SECONDS = 60  # a report that takes longer is given up: whoever asked for it has gone
REPLICA_CONNECTIONS = 4  # of each process, and as many again for a moment
BUSY_SECONDS = 1  # how long one of these is waited for
DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
# A plan kept from when a table was empty reads the whole table for as long as the connection lives.
# Nor does a statement of ours run for so long that compiling it would pay.
PLANS = "-c plan_cache_mode=force_custom_plan -c jit=off"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections are kept, how many more there may be, and how long one is waited for, and a lock.

    MySQL and MariaDB wait whole seconds for a lock. SQLite, whose writers share one, waits as long as ever.
    """

    kept: int
    more: int
    wait_seconds: float = 30.0
    lock_seconds: float = LOCK_SECONDS


def address(text: str, key: str = "url") -> URL:
    """Return the address that `[database]` gives under `key`; raise `ConfigError` for what is none."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ConfigError(
            f"[database] {key}: not a database address; write one like postgresql://user:password@host/yizhan"
        ) from None
    name = url.get_backend_name()
    if name == "sqlite":
        return url
    if name not in DRIVERS:
        raise ConfigError(
            f"[database] {key}: {name} is not supported; use sqlite, postgresql, mysql or mariadb"
        )
    return url.set(drivername=DRIVERS[name])


def replica_address(config: DatabaseConfig) -> URL | None:
    """Return where the replica is, None without one; raise `ConfigError` if it cannot be one of `url`."""
    if not config.replica_url:
        return None
    kind = address(config.url).get_backend_name()
    url = address(config.replica_url, "replica_url")
    if kind == "sqlite":
        raise ConfigError(
            "[database] replica_url: SQLite has no replicas; leave it out, or move url to a server"
        )
    if url.get_backend_name() != kind:
        raise ConfigError(
            f"[database] replica_url: {url.get_backend_name()}, while url is {kind}; "
            "a replica is of the same kind: begin both alike"
        )
    return url


def primary(url: URL, config: DatabaseConfig, bounds: Bounds) -> Engine:
    """Return the engine of the database that is written to. It connects once it is used."""
    options = _options() | {
        "pool_size": bounds.kept,
        "max_overflow": bounds.more,
        "pool_timeout": bounds.wait_seconds,
    }
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS}, **options)
        _teach_sqlite(engine, config.sqlite_synchronous)
        return engine
    if backend == "postgresql":
        settings = f"-c lock_timeout={1000 * bounds.lock_seconds:.0f}"
        arguments = _to_postgresql(settings, silent=SILENT_SECONDS, connect=LOCK_SECONDS)
        return create_engine(url, connect_args=arguments, pool_pre_ping=False, **options)
    settings = f"SET time_zone='+00:00', innodb_lock_wait_timeout={max(1, int(bounds.lock_seconds))}"
    arguments = {"charset": "utf8mb4", "connect_timeout": LOCK_SECONDS, "init_command": settings}
    # MySQL's default isolation locks gaps, and two new fans would wait for each other.
    return create_engine(
        url, connect_args=arguments, isolation_level="READ COMMITTED", pool_recycle=3600, **options
    )


def replica(url: URL) -> Engine:
    """Return the engine of the replica at `url`, for reports; writing through it is refused by the server.

    A report that takes over a minute is given up there, and a connection that says nothing for a second.
    """
    pool = {"pool_size": REPLICA_CONNECTIONS, "max_overflow": REPLICA_CONNECTIONS}
    return _reading_from(url, seconds=REPORT_SECONDS, **pool, pool_timeout=BUSY_SECONDS)


def glance(url: URL) -> Engine:
    """Return another engine of the replica, for looking how it stands: it waits behind no report."""
    return _reading_from(url, seconds=REPLICA_CONNECT_SECONDS, poolclass=NullPool)


def _reading_from(url: URL, *, seconds: int, **options: Any) -> Engine:
    if url.get_backend_name() == "postgresql":
        settings = f"-c default_transaction_read_only=on -c statement_timeout={seconds}s"
        arguments = _to_postgresql(settings, silent=REPLICA_SILENT_SECONDS, connect=REPLICA_CONNECT_SECONDS)
        return create_engine(url, connect_args=arguments, **_options(), **options)
    arguments = {
        "charset": "utf8mb4",
        "connect_timeout": REPLICA_CONNECT_SECONDS,
        "read_timeout": seconds + 1,  # where the server is gone, and cannot give up itself
        "init_command": "SET time_zone='+00:00'",
    }
    engine = create_engine(
        url, connect_args=arguments, isolation_level="READ COMMITTED", **_options(), **options
    )
    _confine_mysql(engine, seconds)
    return engine


def _options() -> dict[str, Any]:
    return {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # what travellers write does not belong in an error text
    }


def _to_postgresql(settings: str, *, silent: int, connect: int) -> dict[str, Any]:
    """Return the arguments of a connection whose end is noticed on both sides after `silent` seconds.

    A host that is cut off says nothing, and TCP waits for hours: with a row of ours locked, or with us.
    """
    watch = {"keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": max(silent - 1, 1)}
    watch["user_timeout"] = 1000 * silent
    theirs = " ".join(f"-c tcp_{name}={value}" for name, value in watch.items())
    ours = {name.replace("user_", "tcp_user_"): value for name, value in watch.items()}
    return {"connect_timeout": connect, "options": f"{settings} -c timezone=UTC {PLANS} {theirs}", **ours}


def _confine_mysql(engine: Engine, seconds: int) -> None:
    """Have every transaction of the engine read only, and end statements after so many seconds."""

    @event.listens_for(engine, "connect")
    def confine(connection: Any, _record: object) -> None:
        is_mariadb = "mariadb" in connection.get_server_info().lower()
        limit = f"max_statement_time={seconds}" if is_mariadb else f"max_execution_time={1000 * seconds}"
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute(f"SET SESSION {limit}")


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
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
