"""Making a backup, and letting old ones go."""

from datetime import datetime
from pathlib import Path
from typing import Final

import bot
from bot import schema
from bot.backups import archive, leftovers, manifest, places
from bot.backups.archive import Counted
from bot.backups.errors import BackupError
from bot.backups.manifest import Manifest
from bot.config import Config
from bot.db import Database

NAME: Final = "yizhan-{:%Y%m%dT%H%M%SZ}.backup.zip"
PATTERN: Final = "yizhan-*.backup.zip"


def usual_file(config: Config, *, now: datetime) -> Path:
    """Return where a backup goes that nobody named a place for."""
    return Path(config.server.folder) / "backups" / NAME.format(now)


def make(config: Config, file: Path, *, now: datetime) -> Manifest:
    """Write the database of the settings into `file`, whole or not at all, while the server runs.

    What backups left that were killed more than a day ago is deleted first, here and beside SQLite's file.
    """
    place = places.of(config.database)
    with Database(config.database) as db:
        beside = Path(db.url.database or "") if db.dialect == "sqlite" else None
        revision = schema.revision(db)
        dialect = db.dialect
    if revision is None:
        raise BackupError("the database has no tables of ours; there is nothing to keep")

    def describe(counted: Counted) -> Manifest:
        return Manifest(
            product=bot.__version__,
            revision=revision,
            dialect=dialect,
            server=place.server,
            taken_at=now,
            keys=manifest.fingerprints(config.privacy),
            size=counted.size,
            sha256=counted.sha256,
        )

    leftovers.forget(file, beside, now=now)
    return archive.write(file, place.dump, describe)


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups that have a usual name, and return which; others stay."""
    # The names begin with the moment, so that they sort by age.
    old = sorted(folder.glob(PATTERN))[:-keep]
    for file in old:
        file.unlink(missing_ok=True)
    return old
