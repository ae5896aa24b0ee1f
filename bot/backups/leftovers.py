"""What backups and restores that were killed left behind: copies of everything, under hidden names."""

import logging
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

AGE: Final = timedelta(days=1)  # nobody writes one for so long
USUAL: Final = r"yizhan-\d{8}T\d{6}Z\.backup\.zip"
# Folders that `tempfile` names, and what is in them besides SQLite's own files about it.
COPIES: Final = {r"\.backup-[a-z0-9_]{8}": "copy.db", r"\.restore-[a-z0-9_]{8}": "fresh.db"}


def forget(file: Path, database: Path | None, *, now: datetime) -> list[Path]:
    """Delete what is left since more than a day where `file` is to be written and beside the SQLite file
    `database`, and return it.

    Only what has a name of ours and was not touched since; anything odd, or in the way, stays.
    """
    gone = []
    for old in [*_parts(file), *(_copies(database.parent) if database else ())]:
        with suppress(OSError):
            if now.timestamp() - _touched(old) > AGE.total_seconds():
                _delete(old)
                gone.append(old)
                log.info("leftover of a backup deleted", extra={"file": str(old)})
    return gone


def _parts(file: Path) -> Iterator[Path]:
    name = re.compile(rf"\.({USUAL}|{re.escape(file.name)})\.[0-9a-f]{{8}}\.part")
    return (one for one in _within(file.parent) if name.fullmatch(one.name) and _is(one, stat.S_ISREG))


def _copies(folder: Path) -> Iterator[Path]:
    for one in _within(folder):
        inside = next((what for name, what in COPIES.items() if re.fullmatch(name, one.name)), None)
        if inside and _is(one, stat.S_ISDIR) and all(_is_of(inside, each) for each in _within(one)):
            yield one


def _within(folder: Path) -> Iterable[Path]:
    with suppress(OSError):
        return sorted(folder.iterdir())
    return ()


def _is_of(database: str, file: Path) -> bool:
    names = {database + more for more in ("", "-journal", "-wal", "-shm")}
    return file.name in names and _is(file, stat.S_ISREG)


def _is(path: Path, kind: Callable[[int], bool]) -> bool:
    """Tell whether it is that itself: what a link leads to is not ours."""
    with suppress(OSError):
        return kind(path.lstat().st_mode)
    return False


def _touched(path: Path) -> float:
    return max(one.lstat().st_mtime for one in (path, *(_within(path) if path.is_dir() else ())))


def _delete(path: Path) -> None:
    if not path.is_dir():
        path.unlink()
        return
    for one in _within(path):
        one.unlink()
    path.rmdir()
