"""Whom a broadcast is for: the fans of its place who fit its conditions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy import select as select_of
from sqlalchemy.orm import Session

from bot.broadcasts.models import Broadcast, Way
from bot.db import EVERYTHING, Scope
from bot.db.scope import beyond_scope
from bot.fans.models import Fan, Standing
from bot.organisation.models import Shop
from bot.segments import compiling
from bot.segments.conditions import EVERYBODY
from bot.segments.models import Segment
from bot.tags.models import FanTag
from bot.users.reach import with_all_below

NO_ONE: Final[Mapping[str, Any]] = {"none": [{"field": "messages", "ask": "at_least", "value": 0}]}


def scope_of(session: Session, broadcast: Broadcast) -> Scope:
    """Return the rows a broadcast is about: its shop's, its branch's with all below, or everyone's."""
    if broadcast.shop_id is None and broadcast.branch_id is None:
        return EVERYTHING
    branches: frozenset[int] = frozenset()
    shops: frozenset[int] = frozenset()
    if broadcast.branch_id is not None:
        branches = with_all_below(session, [broadcast.branch_id])
        shops = frozenset(session.scalars(select_of(Shop.id).where(Shop.branch_id.in_(branches))))
    if broadcast.shop_id is not None:
        shops |= {broadcast.shop_id}
    above = frozenset(session.scalars(select_of(Shop.branch_id).where(Shop.id.in_(shops))))
    return Scope(branches=branches, shops=shops, above=above)


def conditions(session: Session, broadcast: Broadcast) -> Mapping[str, Any]:
    """Return the conditions: those it was submitted with, else the segment's of now.

    Everybody's without a segment; nobody's where the segment was deleted.
    """
    if broadcast.audience is not None:
        return broadcast.audience
    if broadcast.segment_id is None:
        return EVERYBODY
    with beyond_scope(session):  # a colleague's segment may be private; this broadcast of theirs is in sight
        segment = session.get(Segment, broadcast.segment_id)
    return NO_ONE if segment is None else segment.document


def wanted(broadcast: Broadcast, said: Mapping[str, Any], *, now: datetime) -> Select[int]:
    """Select the ids of whom it is for. For a session of `scope_of` it: it is not confined by itself.

    Who left is in no broadcast.  By a tag of WeChat's it is who has the tag.
    """
    if broadcast.way == Way.MASS_TAG:
        bears = select_of(FanTag.fan_id).where(FanTag.fan_id == Fan.id, FanTag.tag_id == broadcast.tag_id)
        chosen = select_of(Fan.id).where(Fan.account_id == broadcast.account_id, bears.exists())
    else:
        chosen = compiling.select(said, account_id=broadcast.account_id, now=now)
    return chosen.where(Fan.standing != Standing.LEFT.value)
