"""What WeChat said of some hundreds of fans, brought into their rows in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, BulkUpdate
from bot.fan_sync.comparing import Change, Ours, Said, change, is_fresh
from bot.fan_sync.found import by_openid
from bot.fan_sync.models import Kind
from bot.fan_sync.runs import FINDING
from bot.fans import withholding
from bot.fans.models import Standing
from bot.fans.rows import TABLE
from bot.outbox.promises import Wish, promise_all
from bot.tags import automatic, known, needs, system
from bot.tags.models import TagNeed

WRITTEN: Final = (
    "standing",
    "unionid",
    "subscribe_scene",
    "followed_at",
    "returned_at",
    "left_at",
    "follow_count",
)
NEW: Final = (
    "account_id",
    "openid",
    "unionid",
    "standing",
    "subscribe_scene",
    "created_at",
    "followed_at",
    "follow_count",
    "message_count",
)
_insert = BulkInsert(TABLE, NEW)
_update = BulkUpdate(TABLE, WRITTEN)
_note = BulkInsert(FINDING, ("run_id", "kind", "fan_id", "noticed_at"))


@dataclass(slots=True)
class Written:
    """What became of some fans: who follows (OpenID to id), and whose row changed, by what it was."""

    followers: dict[str, int] = field(default_factory=dict)
    found: dict[Kind, list[int]] = field(default_factory=dict)


def write(
    session: Session,
    account_id: int,
    said: Mapping[str, Said],
    *,
    asked_at: datetime,
    now: datetime,
) -> Written:
    """Bring what WeChat said into the rows: known fans changed, unknown followers added with no touch.

    Rows that change are locked in the order of their OpenIDs, as the webhook
    locks them, and compared once more; unknown ones are added in that order.
    Run twice: nothing differs any more.
    """
    connection = session.connection()
    known_fans = _ours(connection, account_id, said)
    differing = [
        one.openid
        for one in known_fans.values()
        if change(one, said[one.openid], asked_at=asked_at, now=now) is not None
    ]
    written = Written()
    if differing:
        locked = _ours(connection, account_id, differing, locking=True)
        may_learn = _without_withheld(connection, said, locked)  # told while they are locked, it holds
        changes = {
            one.id: (one, made)
            for one in locked.values()
            if (made := change(one, may_learn[one.openid], asked_at=asked_at, now=now)) is not None
        }
        _update.run(connection, [_row(one, made) for one, made in changes.values()])
        for fan_id, (_one, made) in changes.items():
            for kind in made.kinds:
                written.found.setdefault(kind, []).append(fan_id)
    added = _add(connection, account_id, said, known_fans, asked_at=asked_at, now=now)
    written.found.setdefault(Kind.ADDED, []).extend(added.values())
    ids = {openid: one.id for openid, one in known_fans.items()} | added
    written.followers = {openid: ids[openid] for openid, one in said.items() if one.follows and openid in ids}
    _follow_up(session, account_id, written, now=now)
    return written


def note(
    connection: Connection, run_id: int, found: Mapping[Kind, Collection[int]], *, now: datetime
) -> None:
    """Keep what a run found different, for its report. What it noted already stays."""
    rows = [
        (run_id, kind.value, fan_id, now)
        for kind, fan_ids in found.items()
        for fan_id in sorted(set(fan_ids))
    ]
    _note.run(connection, rows)


def _ours(
    connection: Connection, account_id: int, openids: Collection[str], *, locking: bool = False
) -> dict[str, Ours]:
    rows = by_openid(connection, account_id, openids, Ours.__slots__, locking=locking)
    return {one.openid: one for one in (Ours(*row) for row in rows)}


def _without_withheld(
    connection: Connection, said: Mapping[str, Said], known_fans: Mapping[str, Ours]
) -> Mapping[str, Said]:
    """Pass over the UnionIDs that fans had us forget."""
    mute = [
        one.id for one in known_fans.values() if one.unionid is None and said[one.openid].unionid is not None
    ]
    if not mute:
        return said
    withheld = withholding.among(connection, mute)
    silent = {openid for openid, one in known_fans.items() if one.id in withheld}
    return {openid: replace(one, unionid=None) if openid in silent else one for openid, one in said.items()}


def _row(one: Ours, made: Change) -> tuple[Any, ...]:
    return (one.id, *(made.values.get(name, getattr(one, name)) for name in WRITTEN))


def _add(
    connection: Connection,
    account_id: int,
    said: Mapping[str, Said],
    known_fans: Mapping[str, Ours],
    *,
    asked_at: datetime,
    now: datetime,
) -> dict[str, int]:
    """Add the followers we do not know; return those that were added here, and not by a push meanwhile."""
    new = sorted(
        openid
        for openid, one in said.items()
        if one.follows and openid not in known_fans and not is_fresh(one, asked_at)
    )
    if not new:
        return {}
    following = Standing.FOLLOWING.value
    rows = [
        (account_id, openid, one.unionid, following, one.scene, now, one.followed_at or asked_at, 1, 0)
        for openid, one in ((openid, said[openid]) for openid in new)
    ]
    _insert.run(connection, rows)
    there = by_openid(connection, account_id, new, ("openid", "id", "created_at"))
    return {openid: fan_id for openid, fan_id, created_at in there if created_at == now}


def _follow_up(session: Session, account_id: int, written: Written, *, now: datetime) -> None:
    """Tag who follows now, have WeChat's tags looked at, and have what who left had given let go of."""
    connection = session.connection()
    came = [*written.found.get(Kind.ADDED, ()), *written.found.get(Kind.RETURNED, ())]
    left = written.found.get(Kind.LEFT, [])
    tag_followers(session, came, now=now)
    if left:
        job = "retention.obey_leave"
        promise_all(connection, [Wish(job, {"fan_id": one}, now, f"{job}:{one}") for one in left], now=now)
    if (came or left) and _is_any_needed(session, account_id):
        # WeChat has forgotten the tags of who left, and of who came back.
        known.wish(connection, [(account_id, one) for one in (*came, *left)])
        needs.tell(session, account_id, now=now)


def tag_followers(session: Session, fan_ids: Sequence[int], *, now: datetime) -> None:
    """Put the system's tag on who follows: 粉丝, or 会员. No rule is asked: they came through no code."""
    if not fan_ids:
        return
    ids = system.enrol(session, now=now)
    connection = session.connection()
    members = set(
        connection.scalars(
            select(TABLE.c.id).where(TABLE.c.id.in_(list(fan_ids)), TABLE.c.member_id.is_not(None))
        )
    )
    tags = [(one, (ids[system.MEMBER if one in members else system.FAN],)) for one in fan_ids]
    automatic.put(connection, tags, source="sync", now=now)


def _is_any_needed(session: Session, account_id: int) -> bool:
    return session.scalar(select(TagNeed.id).where(TagNeed.account_id == account_id).limit(1)) is not None
