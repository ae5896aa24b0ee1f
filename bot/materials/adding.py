"""A new material: checked outside any transaction, kept in a short one."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.files import store
from bot.materials import pictures, recordings
from bot.materials.models import Kind, Material
from bot.materials.refusing import NotTaken, Why

LONGEST_TITLE = 64


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that proved to be what it is said to be, ready to be kept."""

    kind: Kind
    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    milliseconds: int | None = None
    preview: bytes | None = None


def check(kind: Kind, sent: bytes) -> Checked:
    """Return `sent` as it is kept for `kind`; raise `NotTaken`. What it was called does not matter."""
    if not sent:
        raise NotTaken(Why.EMPTY)
    if kind in {Kind.IMAGE, Kind.THUMB}:
        picture = pictures.check(sent) if kind is Kind.IMAGE else pictures.check_thumb(sent)
        size = {"width": picture.width, "height": picture.height}
        return Checked(kind, picture.content, picture.media_type, preview=picture.preview, **size)
    checker = {Kind.VOICE: recordings.check_voice, Kind.VIDEO: recordings.check_video}[kind]
    found = checker(sent)
    return Checked(kind, found.content, found.media_type, milliseconds=found.milliseconds)


def put(
    session: Session, checked: Checked, *, title: str, description: str = "", by: str, now: datetime
) -> Material:
    """Keep a checked file as a material and return it with its id."""
    ending = checked.media_type.rpartition("/")[2]
    file = store.put(
        session, checked.content, name=f"{checked.kind}.{ending}", media_type=checked.media_type, now=now
    )
    preview = None
    if checked.preview is not None:
        preview = store.put(session, checked.preview, name="preview.jpg", media_type="image/jpeg", now=now)
    row = Material(
        kind=checked.kind.value,
        title=title,
        description=description,
        media_type=checked.media_type,
        size=len(checked.content),
        width=checked.width,
        height=checked.height,
        milliseconds=checked.milliseconds,
        file_id=file.id,
        preview_file_id=preview.id if preview else None,
        created_at=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    return row


def label(filename: str) -> str:
    """Return a title from the name a file had: a label, of which no path and no direction mark is left."""
    base = filename.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or filename
    # Marks that turn the direction of writing hide endings; they and other controls are no letters.
    seen = "".join(letter for letter in base if unicodedata.category(letter)[0] != "C")
    return " ".join(seen.strip(". ").split())[:LONGEST_TITLE]
