"""The tags WeChat says a fan has, beside those it is to have.

Ours are the truth (`bot.tags`): what differs is noted as it is at WeChat and
wished for, and `tags.sync` makes the calls.  A tag that was there before us and
is only used by us (`WeChatTag.made_here` is false) is left on whoever somebody
put it on in the console.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from bot.fan_sync.comparing import Said
from bot.tags import known, needs
from bot.tags.models import FanTag, TagWish, WeChatFanTag, WeChatTag
from bot.tags.planning import TAGS_PER_FAN

# Wishes have no index by fan: so many would be looked through for each part.
FAR_BEHIND: Final = 20_000


@dataclass(frozen=True, slots=True)
class TagMap:
    """Which of WeChat's tags of an account are ours: our id, and whether we made it there."""

    ours: Mapping[int, int]
    made_here: frozenset[int]


def tag_map(session: Session, account_id: int) -> TagMap:
    """Return the tags WeChat has to know at the account and knows."""
    needed = needs.needed(session, account_id)
    rows = session.scalars(
        select(WeChatTag).where(WeChatTag.account_id == account_id, WeChatTag.wechat_id.is_not(None))
    )
    mine = [row for row in rows if row.tag_id in needed]
    return TagMap(
        {row.wechat_id: row.tag_id for row in mine if row.wechat_id is not None},
        frozenset(row.tag_id for row in mine if row.made_here),
    )


def reconcile(
    session: Session,
    account_id: int,
    said: Mapping[int, Said],
    *,
    asked_at: datetime,
    now: datetime,
) -> list[int]:
    """Note what WeChat has otherwise than we thought, by fan, and have it put right; return those fans.

    Fans whose tags are on their way to WeChat anyway are left alone.  Run
    twice: what was noted is known, and its wish stands.
    """
    tags = tag_map(session, account_id)
    if not tags.ours or not said:
        return []
    usable = set(tags.ours.values())
    wanted, has = _rows(session, list(said), usable)
    lost: dict[int, set[int]] = {}
    extra: dict[int, set[int]] = {}
    differing: set[int] = set()
    for fan_id, one in said.items():
        theirs = {tags.ours[number] for number in one.tags if number in tags.ours}
        gone = {tag for tag, at in has[fan_id].items() if tag not in theirs and at < asked_at}
        # Where we want it the call is simply made once more; then we know in which order it was put on.
        more = (theirs & tags.made_here) - set(has[fan_id]) - wanted[fan_id]
        missing = wanted[fan_id] - set(has[fan_id])
        if gone or more or missing:
            differing.add(fan_id)
            lost[fan_id], extra[fan_id] = gone, more
    differing -= _on_their_way(session, account_id, differing)
    _forget(session, [(fan_id, tag) for fan_id in sorted(differing) for tag in sorted(lost[fan_id])])
    by_tag: dict[int, list[int]] = defaultdict(list)
    for fan_id in sorted(differing):
        for tag in extra[fan_id]:
            by_tag[tag].append(fan_id)
    for tag, fan_ids in sorted(by_tag.items()):
        known.put_on(session, tag, fan_ids, now=asked_at)
    if differing:
        known.wish(session.connection(), [(account_id, fan_id) for fan_id in differing])
        needs.tell(session, account_id, now=now)
    return sorted(differing)


def _on_their_way(session: Session, account_id: int, fan_ids: set[int]) -> set[int]:
    """Return which of the fans' tags WeChat will hear of anyway; while it is far behind, all of them."""
    if not fan_ids:
        return set()
    newest = select(TagWish.id).where(TagWish.account_id == account_id).order_by(TagWish.id)
    if session.scalar(newest.offset(FAR_BEHIND).limit(1)) is not None:
        return fan_ids
    mine = select(TagWish.fan_id).where(TagWish.account_id == account_id, TagWish.fan_id.in_(sorted(fan_ids)))
    return set(session.scalars(mine))


def _rows(
    session: Session, fan_ids: list[int], usable: set[int]
) -> tuple[dict[int, set[int]], dict[int, dict[int, datetime]]]:
    """Return what each fan is to have, and what WeChat has as far as we know, and since when."""
    has: dict[int, dict[int, datetime]] = defaultdict(dict)
    refused: dict[int, set[int]] = defaultdict(set)
    theirs = select(WeChatFanTag.fan_id, WeChatFanTag.tag_id, WeChatFanTag.applied_at, WeChatFanTag.trouble)
    for fan_id, tag_id, at, trouble in session.execute(
        theirs.where(WeChatFanTag.fan_id.in_(fan_ids), WeChatFanTag.tag_id.in_(usable))
    ):
        if trouble is None:
            has[fan_id][tag_id] = at
        else:
            refused[fan_id].add(tag_id)
    wanted: dict[int, list[int]] = defaultdict(list)
    ours = select(FanTag.fan_id, FanTag.tag_id).order_by(FanTag.tagged_at, FanTag.tag_id)
    for fan_id, tag_id in session.execute(ours.where(FanTag.fan_id.in_(fan_ids), FanTag.tag_id.in_(usable))):
        if tag_id not in refused[fan_id]:
            wanted[fan_id].append(tag_id)
    # WeChat takes twenty on a fan: those put on last.
    return {fan_id: set(wanted[fan_id][-TAGS_PER_FAN:]) for fan_id in fan_ids}, has


def _forget(session: Session, lost: list[tuple[int, int]]) -> None:
    table = known.TABLE
    for place in range(0, len(lost), 200):
        some = [and_(table.c.fan_id == fan, table.c.tag_id == tag) for fan, tag in lost[place : place + 200]]
        session.connection().execute(delete(table).where(or_(*some)))
