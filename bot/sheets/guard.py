"""Looking at an Excel file before anything parses it: a package of XML that may be a bomb."""

import io
import zipfile
import zlib

from bot.sheets.limits import Limits, NotASheet

OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
SMALL = 1024 * 1024  # what unpacks to less than this may be as dense as it likes
CHUNK = 64 * 1024


def check_package(content: bytes, limits: Limits) -> None:
    """Raise `NotASheet` for a package that is broken, locked, too much, or defines entities of its own.

    Everything is unpacked once, piece by piece and forgotten, because what a
    package says of its sizes need not be true.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            if len(entries) > limits.entries or sum(one.file_size for one in entries) > limits.inflated:
                raise NotASheet("bomb")
            if not any(one.filename == "xl/workbook.xml" for one in entries):
                raise NotASheet("not_a_sheet")
            left = limits.inflated
            for one in entries:
                left -= _inflate(package, one, left, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise NotASheet("broken") from None
    except RuntimeError:  # zipfile's word for a password
        raise NotASheet("old_or_locked") from None


def _inflate(package: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, limits: Limits) -> int:
    if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.replace("\\", "/").split("/"):
        raise NotASheet("broken")
    size, head = 0, b""
    packed = max(entry.compress_size, 1)
    with package.open(entry) as file:
        while chunk := file.read(CHUNK):
            head = head or chunk
            size += len(chunk)
            if size > left or (size > SMALL and size / packed > limits.ratio):
                raise NotASheet("bomb")
    if entry.filename.lower().endswith((".xml", ".rels", ".vml")) and _defines(head):
        raise NotASheet("bomb")
    return size


def _defines(head: bytes) -> bool:
    """Tell whether the XML has a DOCTYPE, which no spreadsheet program writes; in UTF-16, too."""
    return b"<!doctype" in head.replace(b"\0", b"").lower()
