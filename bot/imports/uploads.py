"""Sheets between the look at them and the yes: kept for an hour, sealed where there are keys."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.files import store
from bot.files.models import File
from bot.imports.models import SheetUpload
from bot.privacy import NotOurs, Vault

PLACE = "file:sheet"
KEPT = timedelta(hours=1)
WORKED_ON = timedelta(days=1)
SEALED = "application/x-sealed"


class Gone(LookupError):
    """The uploader's move: the hour is over, or what they sent was done with; send it again."""


def put(
    session: Session,
    content: bytes,
    *,
    kind: str,
    name: str,
    user_id: int | None,
    vault: Vault | None,
    now: datetime,
) -> SheetUpload:
    """Keep a sheet for an hour, and forget what is left of those whose hour is over."""
    old = delete(SheetUpload).where(SheetUpload.created_at < now - WORKED_ON)
    session.execute(old.execution_options(synchronize_session=False))
    sealed = vault.seal_file(content, PLACE) if vault else content
    media_type = SEALED if vault else "application/octet-stream"
    # The name they gave it is only shown: it is no path, and nothing is opened by it.
    file = store.put(session, sealed, name=kind, media_type=media_type, now=now, keep_until=now + KEPT)
    row = SheetUpload(kind=kind, name=name[:200], file_id=file.id, created_by_id=user_id, created_at=now)
    session.add(row)
    session.flush()
    return row


def content(session: Session, upload: SheetUpload, vault: Vault | None, *, now: datetime) -> bytes:
    """Return the sheet. Raise `Gone`."""
    file: File | None = store.about(session, upload.file_id)
    if file is None or (file.keep_until is not None and file.keep_until < now):
        raise Gone
    kept = store.content(session, upload.file_id)
    if file.media_type != SEALED:
        return kept
    try:
        if vault is None:
            raise Gone
        return vault.open_file(kept, PLACE)
    except NotOurs:
        raise Gone from None


def work_on(session: Session, upload: SheetUpload, *, now: datetime) -> None:
    """Keep the file as long as a batch may take."""
    store.keep(session, upload.file_id, now + WORKED_ON)


def forget(session: Session, upload: SheetUpload) -> None:
    """Let go of sheet and file; forgetting twice does nothing."""
    store.remove(session, upload.file_id)
    session.delete(upload)
