"""Which fans somebody means: the filters of the list, which bulk work goes by as well."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from bot.fans.models import Fan, Standing
from bot.keys import key_in
from bot.tags.models import FanTag

HERE = ZoneInfo("Asia/Shanghai")
ACTIVE = ("2", "7", "30", "-30")  # days since the fan was last seen; negative: longer ago
# What may be asked, and of which column; days are Shanghai's, the last included.
NUMBERS = {"account": Fan.account_id, "shop": Fan.last_shop_id, "channel": Fan.last_channel_id}
DAYS = {
    "": Fan.followed_at,
    "first_": Fan.first_touch_at,
    "last_": Fan.last_touch_at,
}
NAMES = (
    *NUMBERS,
    *(f"{prefix}{edge}" for prefix in DAYS for edge in ("since", "until")),
    "standing",
    "scene",
    "through",
    "active",
    "tag",
    "without",
    "q",
)
LONGEST = 64


def kept(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return of what was asked only what is a filter and is set."""
    return {name: value[:LONGEST] for name in NAMES if (value := str(asked.get(name, "")).strip())}


def wanted(
    session: Session, asked: Mapping[str, Any], *, account_ids: Collection[int], now: datetime
) -> Select[Fan]:
    """Select the fans that fit all that is asked; what makes no sense asks nothing."""
    said = kept(asked)
    found = select(Fan).where(*_exactly(said), *_in_days(said), *_tagged(said))
    if (active := said.get("active", "")) in ACTIVE:
        edge, seen = now - timedelta(days=abs(int(active))), Fan.last_interaction_at
        found = found.where(seen >= edge if int(active) > 0 else or_(seen < edge, seen.is_(None)))
    if text := said.get("q"):
        found = found.where(Fan.id.in_(_named(session, text, account_ids)))
    return found


def _exactly(said: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    for name, column in NUMBERS.items():
        if (key := key_in(said.get(name, ""))) is not None:
            yield column == key
    if (standing := said.get("standing", "")) in set(Standing):
        yield Fan.standing == standing
    if (key := key_in(said.get("through", ""))) is not None:
        yield or_(Fan.first_channel_id == key, Fan.last_channel_id == key)
    if scene := said.get("scene"):
        yield or_(Fan.last_scene == scene, Fan.first_scene == scene)


def _in_days(said: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    for prefix, column in DAYS.items():
        if since := _day(said.get(f"{prefix}since", "")):
            yield column >= datetime.combine(since, time(), HERE)
        if until := _day(said.get(f"{prefix}until", "")):
            yield column < datetime.combine(until + timedelta(1), time(), HERE)


def _tagged(said: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    if (key := key_in(said.get("tag", ""))) is not None:
        yield _bears(key)
    if (key := key_in(said.get("without", ""))) is not None:
        yield ~_bears(key)


def _named(session: Session, text: str, account_ids: Collection[int]) -> list[int]:
    """Return the fans with that OpenID or UnionID, each looked up in its index."""
    by_openid = select(Fan.id).where(Fan.account_id.in_(sorted(account_ids)), Fan.openid == text)
    by_unionid = select(Fan.id).where(Fan.unionid == text).limit(100)
    return sorted({*session.scalars(by_openid), *session.scalars(by_unionid)})


def _bears(tag_id: int) -> ColumnElement[bool]:
    return select(FanTag.fan_id).where(FanTag.fan_id == Fan.id, FanTag.tag_id == tag_id).exists()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 < day.year < 3000 else None  # far-off years do not survive the way to UTC
