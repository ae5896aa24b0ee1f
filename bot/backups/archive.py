"""The file a backup is: a ZIP of its manifest and the database, whole or not there."""

import hashlib
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from bot.backups import manifest
from bot.backups.errors import BackupError, NotABackup
from bot.backups.manifest import Manifest

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
# What reading an archive raises that is damaged, encrypted, or packed in a way of others.
BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
CHUNK: Final = 1024 * 1024
LARGEST_MANIFEST: Final = 64 * 1024
OURS_ALONE: Final = 0o600


class Counted:
    """A file being written, and what was written so far; without a file it only counts."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Write `data` and count it."""
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data) if self._file is not None else len(data)

    @property
    def sha256(self) -> str:
        """The digest of everything written."""
        return self._digest.hexdigest()


def write(path: Path, dump: Callable[[Counted], None], describe: Callable[[Counted], Manifest]) -> Manifest:
    """Write the file at `path`: what `dump` writes, then what `describe` says of it.

    Its name appears once all of it is on the disk, readable by us alone; a
    crash leaves a `.part` file that nobody takes for a backup, and that `leftovers` deletes.  Raise
    `BackupError` where there is a file already.
    """
    with _whole_or_nothing(path) as raw, zipfile.ZipFile(raw, "w", allowZip64=True) as archive:
        # What comes compressed (pg_dump's own format) only grows slowly by it, at a level that costs little.
        about = zipfile.ZipInfo(DATABASE)
        about.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(about, "w", force_zip64=True) as member:
            counted = Counted(member)
            dump(counted)
        described = describe(counted)
        archive.writestr(MANIFEST, described.to_json())
    return described


class Archive:
    """A backup that is read; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = manifest.read(self._zip.open(MANIFEST).read(LARGEST_MANIFEST))
            self._zip.getinfo(DATABASE)
        except OSError as error:
            raise NotABackup(
                f"{path}: cannot be read ({error.strerror}); check name, owner and mode"
            ) from None
        except NotABackup as error:
            raise NotABackup(f"{path}: {error}; take another file") from None
        except (KeyError, *BROKEN):
            raise NotABackup(f"{path}: no backup of ours, or not a whole one; take another copy") from None

    def check(self) -> None:
        """Read all of it; raise `NotABackup` if it is not what was written."""
        counted = Counted(None)
        try:
            with self.database() as source:
                shutil.copyfileobj(source, counted, CHUNK)
        except (OSError, *BROKEN):
            counted.size = -1
        if (counted.size, counted.sha256) != (self.manifest.size, self.manifest.sha256):
            raise NotABackup(f"{self.path}: damaged: its database is not what was written; take another copy")

    def database(self) -> IO[bytes]:
        """Open the database in it for reading."""
        return self._zip.open(DATABASE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()


def sync_folder(folder: Path) -> None:
    """Have the disk know which names are in the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[IO[bytes]]:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, OURS_ALONE)
        try:
            with os.fdopen(descriptor, "w+b") as raw:
                yield raw
                raw.flush()
                os.fsync(raw.fileno())
            os.link(part, path)  # unlike a rename it takes nobody's place
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise BackupError(f"{path} is there already; give another name, or move it away") from None
    except OSError as error:
        raise BackupError(f"{path}: cannot be written ({error.strerror}); nothing was kept") from error
