"""Who wants to hear of it when a tag is put on, and the news of it.

News are rows of the transaction that puts the tag on, so that none is lost; of
tags that nobody watches there are none, and they cost nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.revisions import bump
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.tags import needs
from bot.tags.models import FanTag, TagNews, TagWatch

Pair = tuple[int, int]  # a fan, a tag
NEWS = table_of(TagNews)
ON = table_of(FanTag)
WATCH = table_of(TagWatch)
_insert = BulkInsert(NEWS, ("fan_id", "tag_id", "source", "at"))


def watch(session: Session, *, why: str, tag_ids: Collection[int]) -> None:
    """Have `why` hear of exactly these tags from now on. Twice with the same ones: nothing changes."""
    with beyond_scope(session):
        known = set(session.scalars(select(TagWatch.tag_id).filter_by(why=why)))
        if known == set(tag_ids):
            return
        gone = delete(TagWatch).where(TagWatch.why == why, TagWatch.tag_id.in_(known - set(tag_ids)))
        session.execute(gone.execution_options(synchronize_session=False))
        session.add_all(TagWatch(why=why, tag_id=one) for one in sorted(set(tag_ids) - known))
        bump(session, needs.REVISION)


def watched(connection: Connection, tag_ids: Collection[int]) -> frozenset[int]:
    """Return which of these tags anybody watches."""
    wanted = select(WATCH.c.tag_id).where(WATCH.c.tag_id.in_(sorted(tag_ids)))
    return frozenset(connection.scalars(wanted))


def new_among(connection: Connection, pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs that are not on yet. Ask before they are put on."""
    wanted = set(pairs)
    if not wanted:
        return []
    fans, tags = ({pair[place] for pair in wanted} for place in (0, 1))
    there = select(ON.c.fan_id, ON.c.tag_id).where(
        ON.c.fan_id.in_(sorted(fans)), ON.c.tag_id.in_(sorted(tags))
    )
    return sorted(wanted - {(row.fan_id, row.tag_id) for row in connection.execute(there)})


def tell(connection: Connection, pairs: Iterable[Pair], *, source: str, now: datetime) -> None:
    """Note that these tags went on just now; only of watched ones."""
    _insert.run(connection, [(fan_id, tag_id, source[:64], now) for fan_id, tag_id in pairs])


def put_by_hand(session: Session, fan_id: int, tag_id: int, *, source: str, now: datetime) -> None:
    """Note that a tag which was not on is on one fan now, if anybody watches it."""
    session.flush()
    with beyond_scope(session):
        connection = session.connection()
        if watched(connection, [tag_id]):
            tell(connection, [(fan_id, tag_id)], source=source, now=now)


def take(session: Session, *, most: int) -> Sequence[TagNews]:
    """Return the oldest news and delete them: what is done about them belongs in the same transaction."""
    oldest = select(TagNews).order_by(TagNews.id).limit(most).with_for_update(skip_locked=True)
    found = session.scalars(oldest).all()
    gone = delete(TagNews).where(TagNews.id.in_([one.id for one in found]))
    session.execute(gone.execution_options(synchronize_session=False))
    session.expunge_all()
    return found
