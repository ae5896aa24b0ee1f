"""The tags the server itself puts on: 粉丝 on who follows, exchanged for 会员 by binding."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.tags.models import Tag, TagKind

FAN = "粉丝"
MEMBER = "会员"
NAMES = (FAN, MEMBER)


def enrol(session: Session, *, now: datetime) -> dict[str, int]:
    """Return the id of each system tag by its name, adding what is missing; a tag of people's becomes it."""
    known = {row.name: row for row in session.scalars(select(Tag).where(Tag.name.in_(NAMES)))}
    for name in NAMES:
        if name not in known:
            known[name] = _add(session, name, now=now)
        known[name].kind, known[name].retired_at = TagKind.SYSTEM.value, None
    session.flush()
    return {name: row.id for name, row in known.items()}


def _add(session: Session, name: str, *, now: datetime) -> Tag:
    row = Tag(name=name, kind=TagKind.SYSTEM.value, created_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.scalars(select(Tag).filter_by(name=name)).one()  # another process was first
    return row
