"""Which fans a step or a series is for: a segment by its id, as it is now, or conditions of its own.

`{"segment_id": 7}`, or a document of `bot.segments.conditions`.  A segment that
was deleted, or whose conditions cannot be read any more, is nobody: better
nothing than something to the wrong ones, and a follow is never refused for it.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.fans.models import Fan
from bot.segments import compiling
from bot.segments.conditions import BadConditions
from bot.segments.models import Segment

Document = Mapping[str, Any]
log = logging.getLogger(__name__)


def within(
    session: Session,
    document: Document | None,
    account_id: int,
    fan_ids: Collection[int],
    *,
    now: datetime,
) -> set[int]:
    """Return which of the account's fans fulfil `document` now: all of them where there is none."""
    if not document or not fan_ids:
        return set(fan_ids)
    with beyond_scope(session):
        conditions = _conditions(session, document)
        if conditions is None:
            return set()
        try:
            wanted = compiling.select(conditions, account_id=account_id, now=now)
        except BadConditions:
            log.exception("a series is for nobody: its conditions cannot be read")
            return set()
        return set(session.scalars(wanted.where(Fan.id.in_(sorted(fan_ids)))))


def segment_of(document: Document | None) -> int | None:
    """Return the segment that `document` names, if it names one."""
    found = document.get("segment_id") if document else None
    return found if isinstance(found, int) else None


def _conditions(session: Session, document: Document) -> Document | None:
    segment_id = segment_of(document)
    if segment_id is None:
        return document
    return session.scalar(select(Segment.document).where(Segment.id == segment_id))
