"""PostgreSQL: by its own pg_dump and pg_restore, into a schema beside which the old one is kept."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import IO, Any

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from bot.backups.archive import CHUNK, Counted
from bot.backups.errors import BackupError, InUse
from bot.config import DatabaseConfig
from bot.db import Database
from bot.restorations import marker

SECONDS_TO_GO = 3.0
DUMP = ("--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=30s")
RESTORE = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
OTHERS = """
SELECT count(*),
    string_agg(DISTINCT coalesce(nullif(application_name, ''), host(client_addr), 'a socket'), ', ')
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class Postgresql:
    """The schema of the settings' database that our tables are in."""

    def __init__(self, config: DatabaseConfig, url: URL) -> None:
        self._config = config
        self._password = str(url.password or "")
        # Tools show their arguments to every user of the host.
        plain = url.set(drivername="postgresql", password=None)
        self._address = plain.render_as_string(hide_password=False)
        self.kept = ""

    @property
    def server(self) -> str:
        """The server's name and version."""
        with Database(self._config) as db, db.connection() as connection:
            return f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"

    def dump(self, to: Counted) -> None:
        """Write the schema as it is at one moment; others go on meanwhile."""
        with Database(self._config) as db, db.connection() as connection:
            schema = _schema(connection)
            self._check("pg_dump", connection)
        with tempfile.TemporaryFile() as said:
            tool = self._start("pg_dump", [*DUMP, f"--schema={schema}"], stdout=subprocess.PIPE, stderr=said)
            with tool:
                assert tool.stdout is not None
                shutil.copyfileobj(tool.stdout, to, CHUNK)
            _must_be_well("pg_dump", tool.returncode, said)

    def others(self) -> str:
        """Say who else is connected to the database; empty if nobody is.

        Whoever has just gone is listed until the server has noticed, so a moment is waited.
        """
        until = time.monotonic() + SECONDS_TO_GO
        with Database(self._config) as db:
            while True:
                with db.connection() as connection:  # a new transaction: within one the list stays the same
                    count, names = connection.execute(text(OTHERS)).one()
                if not count or time.monotonic() > until:
                    return f"{count} connections ({names})" if count else ""
                time.sleep(0.1)

    @contextmanager
    def put(self, source: IO[bytes], *, now: datetime) -> Iterator[Database]:
        """Rename the schema (`kept`), load the backup into a new one of its name, and give it away.

        An error brings the renamed one back.  If we are killed instead, the database says so
        (`bot.restorations.marker`): nothing of ours opens it, and the next restore brings it back first.
        """
        with Database(self._config) as db:
            with db.connection() as connection:
                self._check("pg_restore", connection)
                schema = _schema(connection)
                if (broken := marker.found(connection)) is not None:
                    _bring_back(connection, schema, broken)  # an earlier one was killed half-way
                has_tables = _has_tables(connection, schema)
                aside = f"before_{now:%Y%m%dt%H%M%S_%fz}"
                marker.begin(connection, aside if has_tables else "")
                _exchange(connection, schema, aside if has_tables else "")
            self.kept = aside if has_tables else ""
            try:
                self._load(source, schema)
                yield db
                self._end(db)
            except BaseException:
                with db.connection() as connection:
                    _bring_back(connection, schema, self.kept)
                self.kept = ""
                raise
            # Plans of empty tables would be slow ones; PostgreSQL does it by itself a little later.
            with suppress(DBAPIError), db.connection() as connection:
                connection.execute(text("ANALYZE"))

    def _end(self, db: Database) -> None:
        db.engine.dispose()  # ours are not others
        with db.connection() as connection:
            count, names = connection.execute(text(OTHERS)).one()
            if count:
                raise InUse(f"{count} connections were opened meanwhile ({names}); stop all, then again")
            marker.end(connection)

    def _load(self, source: IO[bytes], schema: str) -> None:
        with tempfile.TemporaryFile() as said:
            arguments = [*RESTORE, f"--schema={schema}"]
            tool = self._start("pg_restore", arguments, stdin=subprocess.PIPE, stderr=said)
            with tool:
                assert tool.stdin is not None
                try:
                    shutil.copyfileobj(source, tool.stdin, CHUNK)
                    tool.stdin.close()
                except BrokenPipeError:
                    pass  # it ended early, and says why
            _must_be_well("pg_restore", tool.returncode, said)

    def _start(self, name: str, arguments: Sequence[str], **files: Any) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "PGCONNECT_TIMEOUT": "10", "PGPASSWORD": self._password}
        if not self._password:
            del environ["PGPASSWORD"]
        try:
            return subprocess.Popen([name, *arguments, f"--dbname={self._address}"], env=environ, **files)
        except FileNotFoundError:
            raise BackupError(_MISSING.format(name=name)) from None

    def _check(self, name: str, connection: Connection) -> None:
        """Raise `BackupError` if the tool is missing, or older than the server: it would refuse half-way."""
        server = int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000
        try:
            said = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout
        except FileNotFoundError:
            raise BackupError(_MISSING.format(name=name)) from None
        found = re.search(r"\) (\d+)", said)
        if found is None or int(found[1]) < server:
            raise BackupError(
                f"{name} is of PostgreSQL {found[1] if found else '?'} and the server of {server}; "
                f"install postgresql-client-{server} or newer, and put it first in PATH"
            )


_MISSING = "{name} is not installed; it comes with PostgreSQL's client package (Debian: postgresql-client)"


def _schema(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_schema()")))


def _has_tables(connection: Connection, schema: str) -> bool:
    wanted = text("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = :schema)")
    return bool(connection.scalar(wanted, {"schema": schema}))


def _exchange(connection: Connection, schema: str, aside: str) -> None:
    """Put the schema aside and make an empty one; nothing where it is empty already."""
    if not aside:
        return
    try:
        connection.execute(text(f'ALTER SCHEMA "{schema}" RENAME TO "{aside}"'))
        connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    except DBAPIError as error:
        raise BackupError(
            f"the schema {schema} cannot be renamed ({type(error.orig).__name__}); "
            "restore as the owner of the database, or into an empty one"
        ) from None


def _bring_back(connection: Connection, schema: str, aside: str) -> None:
    marker.end(connection)
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
    back = f'ALTER SCHEMA "{aside}" RENAME TO "{schema}"' if aside else f'CREATE SCHEMA "{schema}"'
    connection.execute(text(back))


def _must_be_well(name: str, status: int, said: IO[bytes]) -> None:
    if status:
        said.seek(0)
        words = said.read().decode(errors="replace").strip().splitlines()
        raise BackupError(f"{name} failed: {' '.join(words[-3:])[:600]}")
