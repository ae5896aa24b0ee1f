"""What is said to many, kept once: an answer, a template's fields, where it leads."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.materials import documents
from bot.reach.models import ReachContent

LARGEST: Final = 16_384  # bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a notice says; texts hold `{name}` for facts, `{链接1}` for the first of `links` (short links).

    `answer` is a document of `bot.materials.documents`, None for what only templates say.  With a `coupon`
    (a template's id) who is told is given one first; who gets none is not told.
    """

    answer: Mapping[str, Any] | None
    fields: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    links: tuple[int, ...] = ()
    coupon: int | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON; what is empty is left out. Raise `ValueError` for an answer that is none."""
        found: dict[str, Any] = {}
        if self.answer is not None:
            found["answer"] = documents.to_document(documents.read(self.answer))
        if self.fields:
            found["fields"] = {name: str(said) for name, said in self.fields.items()}
        if self.url:
            found["url"] = self.url
        if self.links:
            found["links"] = list(self.links)
        if self.coupon is not None:
            found["coupon"] = self.coupon
        return found


def text(words: str, *, fields: Mapping[str, str] | None = None, url: str = "") -> Content:
    """Return a text as a content."""
    return Content({"type": "text", "content": words}, fields or {}, url)


def read(document: Mapping[str, Any]) -> Content:
    """Return the content kept in a row."""
    return Content(
        document.get("answer"),
        document.get("fields", {}),
        document.get("url", ""),
        tuple(document.get("links", ())),
        document.get("coupon"),
    )


def keep(session: Session, contents: Sequence[Content], *, now: datetime) -> list[int]:
    """Return the id of each content's row, in order; those that are new are added. Twice: the same rows.

    Raise `ValueError` for one that is no answer, or too large to be one.
    """
    rows = [_row(content, now) for content in contents]
    ordered = {row["digest"]: row for row in sorted(rows, key=itemgetter("digest"))}
    if not ordered:
        return []
    with beyond_scope(session):
        known = _known(session, ordered)
        missing = [row for digest, row in ordered.items() if digest not in known]
        if missing:
            insert_where_free(session.connection(), table_of(ReachContent), missing)
            known = _known(session, ordered)
    return [known[row["digest"]] for row in rows]


def _known(session: Session, digests: Iterable[bytes]) -> dict[bytes, int]:
    wanted = select(ReachContent.digest, ReachContent.id).where(ReachContent.digest.in_(list(digests)))
    return {bytes(digest): content_id for digest, content_id in session.execute(wanted)}


def _row(content: Content, now: datetime) -> dict[str, Any]:
    document = content.document()
    written = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    if not document or len(written) > LARGEST:
        raise ValueError(f"a notice says something, in at most {LARGEST} bytes; this has {len(written)}")
    return {"digest": hashlib.sha256(written).digest()[:16], "document": document, "created_at": now}
