"""Pictures that designs are made with: judged, made anew, kept for good once a version names them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

import posters
from bot.errors import YizhanError
from bot.files import store
from bot.keys import key_in

ASSET = "asset:"
LONGEST_SIDE = 2160
NAME = "poster-asset"  # no other file is called so: what a design shows can be nothing but these
LARGEST_FILE = 12 * 1024 * 1024
UNUSED_KEPT = timedelta(days=7)


class NotAnAsset(YizhanError):
    """The sender's move: a document names a picture that was not brought here for designs."""


def clean(content: bytes) -> bytes:
    """Return the picture made anew; raise `posters.BadPicture`. May take a second: never in a transaction."""
    if len(content) > LARGEST_FILE:
        raise posters.BadPicture("too_large")
    return posters.picture.clean(content, longest=LONGEST_SIDE)


def put(session: Session, content: bytes, *, now: datetime) -> str:
    """Keep a picture that `clean` returned, a week unless a version has it; return how documents name it."""
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    file = store.put(session, content, name=NAME, media_type=kind, now=now, keep_until=now + UNUSED_KEPT)
    return f"{ASSET}{file.id}"


def named(document: Mapping[str, Any]) -> set[str]:
    """Return the pictures a document names, with `asset:`, whatever else is wrong with it."""
    boxes = document.get("boxes")
    parts = [document.get("background"), *(boxes if isinstance(boxes, list) else [])]
    found = [
        one.get(key) for one in parts if isinstance(one, Mapping) for key in ("picture", "source", "logo")
    ]
    return {one for one in found if isinstance(one, str) and one.startswith(ASSET)}


def files(session: Session, document: Mapping[str, Any], known: Mapping[str, int]) -> dict[str, int]:
    """Return the file of each picture a document names, by its name without `asset:`.

    `known` are those of the version it began with, from another system perhaps.  Raise `NotAnAsset` for a
    picture that is gone, and for any file that is not a picture of designs.
    """
    found = {}
    for one in sorted(named(document)):
        name = one.removeprefix(ASSET)
        found[name] = known[name] if name in known else _file(session, name)
    return found


def keep(session: Session, files: Mapping[str, int]) -> None:
    """Keep the files for good: a version names them, and versions never go."""
    for file_id in sorted(set(files.values())):
        store.keep(session, file_id, None)


def contents(session: Session, files: Mapping[str, int]) -> dict[str, bytes]:
    """Return the pictures by the names documents use."""
    return {f"{ASSET}{name}": store.content(session, file_id) for name, file_id in files.items()}


def _file(session: Session, name: str) -> int:
    key = key_in(name)
    file = store.about(session, key) if key is not None else None
    if file is None or file.name != NAME or not file.media_type.startswith("image/"):
        raise NotAnAsset(f"{ASSET}{name} is no picture of designs")
    return file.id
