"""What the rules are told of a member: level, tags, whether they work here, whether it is their birthday."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from bot.coupons.terms import Circle
from bot.db.types import BIG, table_of
from bot.earning.rules import birthdays
from bot.earning.rules.facts import Traveller
from bot.fans.models import Fan
from bot.levels import standing
from bot.members import people
from bot.members.models import Member
from bot.privacy import NotOurs, Vault
from bot.segments import compiling
from bot.tags.models import FanTag, Tag

_FAN, _FAN_TAG, _TAG = table_of(Fan), table_of(FanTag), table_of(Tag)
# A member's WeChats, each with its tags: made once, for a till waits for it.
_FANS = (
    select(_FAN.c.staff_id, _TAG.c.name)
    .select_from(
        _FAN.outerjoin(_FAN_TAG, _FAN_TAG.c.fan_id == _FAN.c.id).outerjoin(
            _TAG, and_(_TAG.c.id == _FAN_TAG.c.tag_id, _TAG.c.retired_at.is_(None))
        )
    )
    .where(_FAN.c.member_id == bindparam("whose", type_=BIG))
)


def of(
    session: Session,
    vault: Vault | None,
    member: Member,
    day: date,
    at: datetime,
    *,
    circles: Iterable[Circle] = (),
) -> Traveller:
    """Return what is known of the member on that day; the level as it was `at` that moment.

    Before the first ladder it is empty: rules that ask for one do not hold,
    coefficients by level count once.
    """
    fans = session.connection().execute(_FANS, {"whose": member.id}).all()
    born = birthday(vault, member)
    return Traveller(
        level=standing.at(session, member.id, at),
        segments=frozenset(tag for _staff, tag in fans if tag is not None),
        staff=any(staff is not None for staff, _tag in fans),
        birthday=born is not None and birthdays.is_solar(born, day),
        lunar_birthday=born is not None and birthdays.is_lunar(born, day),
        circles=inside(session, circles, member.id, at),
    )


def inside(session: Session, circles: Iterable[Circle], member_id: int, at: datetime) -> frozenset[str]:
    """Return the marks of the segments that one of the member's WeChats fits; days count back from `at`."""
    return frozenset(
        one.mark
        for one in circles
        if compiling.matches_member(session, orjson.loads(one.conditions), member_id, now=at)
    )


def inside_each(
    session: Session, circles: Iterable[Circle], members: Collection[int], at: datetime
) -> dict[int, frozenset[str]]:
    """Return the same for several members by their keys, in one statement for each segment."""
    found: dict[int, set[str]] = {key: set() for key in members}
    for one in circles:
        for key in compiling.members(session, orjson.loads(one.conditions), members, now=at):
            found[key].add(one.mark)
    return {key: frozenset(marks) for key, marks in found.items()}


def birthday(vault: Vault | None, member: Member) -> date | None:
    """Return the birthday; None where it is not known, or the settings do not open it."""
    if vault is None:
        return None
    try:
        return people.birthday_of(vault, member)
    except (NotOurs, ValueError):
        return None


def kept(who: Traveller) -> dict[str, Any]:
    """Return the facts as JSON has them."""
    return {
        "level": who.level,
        "segments": sorted(who.segments),
        "staff": who.staff,
        "birthday": who.birthday,
        "lunar_birthday": who.lunar_birthday,
        "circles": sorted(who.circles),
    }


def read(facts: Mapping[str, Any]) -> Traveller:
    """Return the traveller of kept facts."""
    return Traveller(
        level=facts.get("level", ""),
        segments=frozenset(facts.get("segments", ())),
        staff=bool(facts.get("staff")),
        birthday=bool(facts.get("birthday")),
        lunar_birthday=bool(facts.get("lunar_birthday")),
        circles=frozenset(facts.get("circles", ())),
    )
