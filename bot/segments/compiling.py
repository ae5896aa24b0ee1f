"""From checked conditions to a SELECT of fans. Models only, so that a scoped session can confine it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, true
from sqlalchemy import select as select_of
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.channels.models import TOUCHES, ChannelEvent
from bot.consents.models import Consent, ConsentKind
from bot.fans.models import Fan
from bot.levels.ladder import BASE
from bot.levels.models import MemberLevel
from bot.members.models import Member
from bot.moments import HERE
from bot.organisation.models import Branch, Shop
from bot.segments.conditions import Condition, Group, Junction, read
from bot.segments.fields import Ask, Kind
from bot.tags.models import FanTag

Clause = ColumnElement[bool]
COLUMNS: dict[str, InstrumentedAttribute[Any]] = {
    "standing": Fan.standing,
    "last_shop": Fan.last_shop_id,
    "first_shop": Fan.first_shop_id,
    "last_channel": Fan.last_channel_id,
    "first_channel": Fan.first_channel_id,
    "followed": Fan.followed_at,
    "left": Fan.left_at,
    "last_touch": Fan.last_touch_at,
    "last_active": Fan.last_interaction_at,
    "last_message": Fan.last_message_at,
    "messages": Fan.message_count,
}
LEVELS = 4  # of branches below a chosen one


def select(document: Mapping[str, Any], *, account_id: int, now: datetime) -> Select[int]:
    """Select the ids of the account's fans that fit `document`, in no order.

    In a scoped session these are the visitor's own.  Raise `BadConditions`.
    """
    return select_of(Fan.id).where(Fan.account_id == account_id, _clause(read(document), now))


def matches(session: Session, document: Mapping[str, Any], fan_id: int, *, now: datetime) -> bool:
    """Tell whether that fan fits `document` now; False for one who is not in sight. Raise `BadConditions`."""
    wanted = select_of(Fan.id).where(Fan.id == fan_id, _clause(read(document), now))
    return session.scalar(wanted.limit(1)) is not None


def matches_member(session: Session, document: Mapping[str, Any], member_id: int, *, now: datetime) -> bool:
    """Tell whether a fan of the member, at whichever account, fits `document` now. Raise `BadConditions`."""
    wanted = select_of(Fan.id).where(Fan.member_id == member_id, _clause(read(document), now))
    return session.scalar(wanted.limit(1)) is not None


def members(
    session: Session, document: Mapping[str, Any], keys: Collection[int], *, now: datetime
) -> set[int]:
    """Return which of the members have a fan, at whichever account, that fits now. Raise `BadConditions`."""
    wanted = select_of(Fan.member_id).where(Fan.member_id.in_(keys), _clause(read(document), now))
    return set(session.scalars(wanted.distinct()))


def _clause(part: Condition | Group, now: datetime) -> Clause:
    if isinstance(part, Condition):
        return _condition(part, now)
    clauses = [_clause(one, now) for one in part.of]
    if not clauses:
        return true()
    if part.junction is Junction.ALL:
        return and_(*clauses)
    either = or_(*clauses)
    return either if part.junction is Junction.ANY else not_(either)


def _condition(one: Condition, now: datetime) -> Clause:
    name = one.field.name
    if name in SPECIAL:
        return SPECIAL[name](one, now)
    column = COLUMNS[name]
    if one.field.kind is Kind.MOMENT:
        return _moment(one, column, now)
    if one.field.kind is Kind.NUMBER:
        number: Clause = column >= one.value if one.ask is Ask.AT_LEAST else column <= one.value
        return number
    return _in(one, column, one.value)


def _in(one: Condition, column: InstrumentedAttribute[Any], values: Any) -> Clause:
    # NULL is in no list, and not in one either, unless it is said.
    within = and_(column.is_not(None), column.in_(values))
    return not_(within) if one.ask is Ask.NONE else within


def _moment(one: Condition, column: Any, now: datetime) -> Clause:
    """Compare a moment. A comparison with NULL must be false, not unknown: a group may turn it round."""
    known = column.is_not(None)
    if one.ask is Ask.BETWEEN:
        edges = [known]
        if since := one.value.get("since"):
            edges.append(column >= datetime.combine(since, time(), HERE))
        if until := one.value.get("until"):
            edges.append(column < datetime.combine(until + timedelta(1), time(), HERE))
        return and_(*edges)
    edge = now - timedelta(days=one.value)
    if one.ask is Ask.WITHIN:
        return and_(known, column >= edge)
    long_ago = and_(known, column < edge)
    return or_(column.is_(None), long_ago) if one.field.never_is_long_ago else long_ago


def _tags(one: Condition, _now: datetime) -> Clause:
    def bears(*tag_ids: int) -> Clause:
        return select_of(FanTag.fan_id).where(FanTag.fan_id == Fan.id, FanTag.tag_id.in_(tag_ids)).exists()

    if one.ask is Ask.ALL:
        return and_(*(bears(tag_id) for tag_id in one.value))
    return not_(bears(*one.value)) if one.ask is Ask.NONE else bears(*one.value)


def _branch(column: InstrumentedAttribute[Any]) -> Callable[[Condition, datetime], Clause]:
    def clause(one: Condition, _now: datetime) -> Clause:
        # Level by level: a scoped session takes no recursion, and no group is deeper.
        below: Any = Branch.id.in_(one.value)
        for _level in range(LEVELS):
            below = or_(Branch.id.in_(one.value), Branch.parent_id.in_(select_of(Branch.id).where(below)))
        shops = select_of(Shop.id).where(Shop.branch_id.in_(select_of(Branch.id).where(below)))
        return _in(one, column, shops)

    return clause


def _city(one: Condition, _now: datetime) -> Clause:
    branches = select_of(Branch.id).where(Branch.city.in_(one.value))
    return _in(one, Fan.last_shop_id, select_of(Shop.id).where(Shop.branch_id.in_(branches)))


def _campaign(one: Condition, _now: datetime) -> Clause:
    came = select_of(ChannelEvent.id).where(
        ChannelEvent.fan_id == Fan.id,
        ChannelEvent.campaign_id.in_(one.value),
        ChannelEvent.deed.in_(TOUCHES),
    )
    return not_(came.exists()) if one.ask is Ask.NONE else came.exists()


def _member(one: Condition, _now: datetime) -> Clause:
    return Fan.member_id.is_not(None) if one.value else Fan.member_id.is_(None)


def _staff(one: Condition, _now: datetime) -> Clause:
    return Fan.staff_id.is_not(None) if one.value else Fan.staff_id.is_(None)


def _of_member(clause: Clause) -> Clause:
    return select_of(Member.id).where(Member.id == Fan.member_id, clause).exists()


def _bound(one: Condition, now: datetime) -> Clause:
    return _of_member(_moment(one, Member.verified_at, now))


def _member_shop(one: Condition, _now: datetime) -> Clause:
    theirs = _of_member(and_(Member.home_shop_id.is_not(None), Member.home_shop_id.in_(one.value)))
    return not_(theirs) if one.ask is Ask.NONE else theirs


def _level(one: Condition, _now: datetime) -> Clause:
    mine = MemberLevel.member_id == Fan.member_id
    on_it: Clause = select_of(MemberLevel.member_id).where(mine, MemberLevel.level.in_(one.value)).exists()
    if BASE in one.value:  # who has no row is on the lowest
        on_it = or_(on_it, not_(select_of(MemberLevel.member_id).where(mine).exists()))
    theirs = and_(_of_member(true()), on_it)
    return not_(theirs) if one.ask is Ask.NONE else theirs


def _wants_offers(one: Condition, _now: datetime) -> Clause:
    agreed = select_of(Consent.id).where(
        Consent.member_id == Fan.member_id,
        Consent.kind == ConsentKind.MARKETING.value,
        Consent.withdrawn_at.is_(None),
    )
    wants = and_(Fan.member_id.is_not(None), agreed.exists())
    return wants if one.value else not_(wants)


SPECIAL: dict[str, Callable[[Condition, datetime], Clause]] = {
    "tags": _tags,
    "last_branch": _branch(Fan.last_shop_id),
    "first_branch": _branch(Fan.first_shop_id),
    "city": _city,
    "campaign": _campaign,
    "member": _member,
    "staff": _staff,
    "bound": _bound,
    "member_shop": _member_shop,
    "level": _level,
    "wants_offers": _wants_offers,
}
