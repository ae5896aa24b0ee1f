"""Keeping our tags: merging one into another, retiring it, and what it is put on by."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from bot.db.revisions import bump
from bot.db.scope import beyond_scope
from bot.outbox.promises import Wish, promise
from bot.tags import known, needs
from bot.tags.models import FanTag, RuleKind, Tag, TagNeed, TagRule

MOVED_AT_ONCE = 2_000


def put_rules(session: Session, tag: Tag, rules: Mapping[RuleKind, Sequence[str]]) -> None:
    """Have the tag put on by exactly these rules. Fans who came before are left as they are."""
    session.execute(delete(TagRule).filter_by(tag_id=tag.id))
    session.add_all(
        TagRule(tag_id=tag.id, kind=kind.value, value=value)
        for kind, values in rules.items()
        for value in dict.fromkeys(values)
    )
    session.flush()
    bump(session, needs.REVISION)


def rules_of(session: Session, tag_id: int) -> dict[RuleKind, list[str]]:
    """Return what puts the tag on."""
    found: dict[RuleKind, list[str]] = {kind: [] for kind in RuleKind}
    for row in session.scalars(select(TagRule).filter_by(tag_id=tag_id).order_by(TagRule.id)):
        found[RuleKind(row.kind)].append(row.value)
    return found


def changed(session: Session, tag: Tag, *, accounts: Mapping[int, str], now: datetime) -> None:
    """Have every process know the tag as it is now, and every account at WeChat that needs it."""
    session.flush()
    bump(session, needs.REVISION)
    asked = select(TagNeed.account_id).filter_by(tag_id=tag.id).distinct()
    for account_id in session.scalars(asked).all():
        if account_id in accounts:
            promise(session, needs.make_wish(accounts[account_id], now=now), now=now)


def needed_by(session: Session, tag_id: int) -> list[str]:
    """Return why WeChat has to know the tag; such a tag cannot be retired."""
    return list(
        session.scalars(select(TagNeed.why).filter_by(tag_id=tag_id).distinct().order_by(TagNeed.why))
    )


def merge(session: Session, tag: Tag, into: Tag, *, now: datetime) -> None:
    """Retire `tag`, have its rules put on `into` instead, and promise to move its fans.

    What needed `tag` at WeChat is for its needer to change: call it only for one nobody needs there.
    """
    rules, theirs = rules_of(session, tag.id), rules_of(session, into.id)
    put_rules(session, into, {kind: [*theirs[kind], *rules[kind]] for kind in RuleKind})
    put_rules(session, tag, {})
    tag.retired_at, tag.merged_into_id = now, into.id
    session.flush()
    wish = Wish("tags.move", {"tag_id": tag.id}, now, f"tags.move:{tag.id}")
    promise(session, wish, now=now)


def move_some(session: Session, tag_id: int, into: int) -> int:
    """Move the next fans from one tag to another, when each got the first of the two; return how many."""
    with beyond_scope(session):
        some = select(FanTag.fan_id).filter_by(tag_id=tag_id).order_by(FanTag.fan_id).limit(MOVED_AT_ONCE)
        fans = list(session.scalars(some))
        if not fans:
            return 0
        mine = (FanTag.tag_id == tag_id) & FanTag.fan_id.in_(fans)
        other = aliased(FanTag)
        has_both = exists().where(other.fan_id == FanTag.fan_id, other.tag_id == into)
        both = select(FanTag.fan_id).where(mine, has_both)
        twice = list(session.scalars(both))
        quiet = {"synchronize_session": False}
        gone = delete(FanTag).where(FanTag.tag_id == tag_id, FanTag.fan_id.in_(twice))
        session.execute(gone.execution_options(**quiet))
        session.execute(update(FanTag).where(mine).values(tag_id=into).execution_options(**quiet))
        known.wish_for_fans(session, fans)
    return len(fans)
