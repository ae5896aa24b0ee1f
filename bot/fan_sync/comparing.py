"""What WeChat says of a fan beside what our row says: facts in, changes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.fan_sync.models import Kind
from bot.fans.models import Standing

# A push says more (through which code), so what happened just now is left to it.
FRESH: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Said:
    """What WeChat says of one OpenID; blank fields are None. `tags` are WeChat's ids."""

    openid: str
    follows: bool
    followed_at: datetime | None = None
    unionid: str | None = None
    scene: str | None = None
    tags: frozenset[int] = frozenset()

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> "Said":
        """Return what a row of batchget says (protocol §4.3)."""
        at = facts.get("subscribe_time")
        tags = facts.get("tagid_list")
        return cls(
            openid=str(facts.get("openid") or ""),
            follows=bool(facts.get("subscribe")),
            followed_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) and at > 0 else None,
            unionid=str(facts.get("unionid") or "")[:64] or None,
            scene=str(facts.get("subscribe_scene") or "")[:64] or None,
            tags=frozenset(one for one in tags if isinstance(one, int))
            if isinstance(tags, list)
            else frozenset(),
        )


@dataclass(frozen=True, slots=True)
class Ours:
    """What a run reads and writes of a fan's row."""

    id: int
    openid: str
    standing: str
    unionid: str | None
    subscribe_scene: str | None
    followed_at: datetime | None
    returned_at: datetime | None
    left_at: datetime | None
    follow_count: int
    member_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a row is to become, and why."""

    values: Mapping[str, Any]
    kinds: frozenset[Kind]


def is_fresh(said: Said, asked_at: datetime) -> bool:
    """Tell whether they followed so shortly before we asked that the push may still be on its way."""
    return said.followed_at is not None and asked_at - said.followed_at < FRESH


def change(ours: Ours, said: Said, *, asked_at: datetime, now: datetime) -> Change | None:
    """Return what becomes of a known fan; None where the row says it already.

    News that a push brought since `asked_at` stands.  Blanks overwrite nothing,
    and first and last touch are not looked at.
    """
    values: dict[str, Any] = {}
    kinds: set[Kind] = set()
    news = max(filter(None, (ours.followed_at, ours.returned_at, ours.left_at)), default=None)
    if news is None or news < asked_at:
        values, kinds = _standing(ours, said, asked_at=asked_at, now=now)
    if said.follows:  # of who left we learn nothing more
        if said.unionid is not None and said.unionid != ours.unionid:
            values["unionid"] = said.unionid
            kinds.add(Kind.UNIONID)
        if said.scene is not None and said.scene != ours.subscribe_scene:
            values["subscribe_scene"] = said.scene
    return Change(values, frozenset(kinds)) if values else None


def _standing(
    ours: Ours, said: Said, *, asked_at: datetime, now: datetime
) -> tuple[dict[str, Any], set[Kind]]:
    if not said.follows:
        if ours.standing != Standing.FOLLOWING:
            return {}, set()
        return {"standing": Standing.LEFT.value, "left_at": now}, {Kind.LEFT}
    if is_fresh(said, asked_at):
        return {}, set()
    if ours.standing == Standing.LEFT:
        return _return(ours, said, asked_at)
    begun = {"followed_at": said.followed_at or asked_at, "follow_count": max(1, ours.follow_count)}
    if ours.standing == Standing.FOLLOWING:
        # A scan told us that they follow, and nothing since when.
        is_blank = ours.followed_at is None and said.followed_at is not None
        return (begun if is_blank else {}), set()
    begun = begun if ours.followed_at is None else {}
    return {**begun, "standing": Standing.FOLLOWING.value}, {Kind.ADDED}


def _return(ours: Ours, said: Said, asked_at: datetime) -> tuple[dict[str, Any], set[Kind]]:
    if ours.left_at is not None and asked_at - ours.left_at < FRESH:
        return {}, set()
    since = said.followed_at or asked_at
    back: dict[str, Any] = {"standing": Standing.FOLLOWING.value, "follow_count": ours.follow_count + 1}
    if ours.followed_at is None:
        back["followed_at"] = since
    elif since > ours.followed_at:
        back["returned_at"] = max(since, ours.returned_at or since)
    return back, {Kind.RETURNED}
