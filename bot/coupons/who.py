"""What is known of a member where coupons ask for levels, tags, a segment, or the first purchase."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.coupons.terms import Circle, Who
from bot.fans.models import Fan
from bot.levels import standing, versions
from bot.purchases.models import Purchase, PurchaseState
from bot.segments import compiling
from bot.segments.conditions import BadConditions
from bot.tags.models import FanTag, Tag

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """The member, as far as coupons ask: `level` is a key, empty for none, `called` the names of levels.

    `is_inside` says that one of their WeChats fits the segment that is asked for.
    """

    level: str = ""
    called: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    has_bought: bool = False
    is_inside: bool = False


def of(session: Session, family: Sequence[int], asked: Who, *, now: datetime) -> Known:
    """Return what `asked` wants to know of the member, and of who was merged into them; no more is read."""
    return Known(
        level=(standing.key_of(session, family[0], now=now) or "") if asked.levels else "",
        called=versions.names(session) if asked.levels else {},
        tags=_tags(session, family[0]) if asked.tags else frozenset(),
        has_bought=asked.first_purchase and _has_bought(session, family),
        is_inside=asked.circle is not None and _is_inside(session, family[0], asked.circle, now=now),
    )


def lacks(asked: Who, member: Known) -> str | None:
    """Return in words what the member is not; None if they are all that is asked."""
    if asked.levels and member.level not in asked.levels:
        return f"仅限{named(asked.levels, member.called)}"
    if asked.tags and not asked.tags & member.tags:
        return "仅限受邀会员"
    if asked.circle is not None and not member.is_inside:
        return f"仅限「{asked.circle.name}」"
    if asked.first_purchase and member.has_bought:
        return "仅限首次消费"
    return None


def named(levels: frozenset[str], called: Mapping[str, str]) -> str:
    """Return the names of the levels, the lowest first; one that is no more is named by its key."""
    known = [name for key, name in called.items() if key in levels]
    return "、".join([*known, *sorted(levels - called.keys())])


def _tags(session: Session, member_id: int) -> frozenset[str]:
    fans = select(Fan.id).where(Fan.member_id == member_id)
    named = select(Tag.name).join(FanTag, FanTag.tag_id == Tag.id)
    return frozenset(session.scalars(named.where(FanTag.fan_id.in_(fans), Tag.retired_at.is_(None))))


def _is_inside(session: Session, member_id: int, circle: Circle, *, now: datetime) -> bool:
    try:
        return compiling.matches_member(session, orjson.loads(circle.conditions), member_id, now=now)
    except BadConditions:
        log.warning("coupon_asks_for_no_segment", extra={"segment": circle.id}, exc_info=True)
        return False


def _has_bought(session: Session, family: Sequence[int]) -> bool:
    counted = (Purchase.state == PurchaseState.COUNTED.value, Purchase.refunded < Purchase.amount)
    wanted = select(exists().where(Purchase.member_id.in_(family), *counted))
    return bool(session.scalar(wanted))
