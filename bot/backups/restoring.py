"""Putting a backup in the place of the database: all checks first, then all or nothing."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import DatabaseError

from bot import schema
from bot.backups import aftermath, manifest, places
from bot.backups.aftermath import Aftermath
from bot.backups.archive import Archive
from bot.backups.errors import InUse, NotForUs
from bot.backups.manifest import Manifest
from bot.backups.places import Place
from bot.config import Config
from bot.db import Database


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, how many migrations it took, what is held, and where the database before it is."""

    manifest: Manifest
    migrated: int
    aftermath: Aftermath
    kept: str


def restore(config: Config, file: Path, *, replace: bool, without_keys: bool, now: datetime) -> Restored:
    """Put the backup in `file` in the place of the database of the settings.

    Everything is checked before anything is touched: that the file is whole, of
    this kind of database, not of a newer release, made with our keys (unless
    `without_keys`), that nobody is at the database, and that it is empty
    (unless `replace`).  Raise `BackupError` where not; then, and after any
    other error, the database is what it was.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(Archive(file))
        place = places.of(config.database)
        _is_for_us(archive.manifest, config, without_keys=without_keys)
        archive.check()
        _is_free(place)
        _is_empty(config, replace=replace)
        source = stack.enter_context(archive.database())
        with place.put(source, now=now) as db:
            missing = schema.unapplied(db)
            schema.migrate(db)
            with db.transaction() as session:
                seen = aftermath.begin(
                    session,
                    taken_at=archive.manifest.taken_at,
                    source=file.name,
                    accounts=[account.name for account in config.accounts],
                    now=now,
                )
    return Restored(archive.manifest, len(missing), seen, place.kept)


def _is_for_us(kept: Manifest, config: Config, *, without_keys: bool) -> None:
    with Database(config.database) as db:
        dialect = db.dialect
    if kept.dialect != dialect:
        raise NotForUs(f"it is a backup of {kept.dialect}, and [database] url names {dialect}")
    if not schema.knows(kept.revision):
        raise NotForUs(
            f"it was made by release {kept.product} at migration {kept.revision}, which this release does "
            "not know; restore it with that release or a newer one"
        )
    missing = manifest.missing_keys(kept.keys, manifest.fingerprints(config.privacy))
    if missing and not without_keys:
        raise NotForUs(
            f"[privacy] has not the keys it was made with: {_named(missing, kept.keys)}; put them back into "
            "the settings. If they are lost for ever, --without-keys restores what they did not seal"
        )


def _is_free(place: Place) -> None:
    if others := place.others():
        raise InUse(f"the database is in use by {others}; stop web, workers, clocks and whoever looks at it")


def _is_empty(config: Config, *, replace: bool) -> None:
    if replace:
        return
    with Database(config.database) as db:
        try:
            is_empty = not inspect(db.engine).get_table_names()
        except DatabaseError:
            is_empty = False  # damaged
        if not is_empty:
            raise InUse("the database is not empty; --replace puts it aside and takes its place")


def _named(names: list[str], prints: Mapping[str, str]) -> str:
    return ", ".join(f"{name} (fingerprint {prints[name]})" for name in names)
