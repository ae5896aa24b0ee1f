"""What WeChat has of our tags, in rows: what to compare, and what became of a call."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, and_, delete, insert, literal, or_, select
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.fans.models import Fan, Standing
from bot.tags import needs
from bot.tags.models import FanTag, TagWish, WeChatFanTag, WeChatTag
from bot.tags.planning import Bearer

TABLE = table_of(WeChatFanTag)
WISH = table_of(TagWish)
FORGETS = timedelta(seconds=5)  # WeChat's moment of leaving is a whole second, by a clock that is not ours
MOST_FANS = 50_000  # in one comparison: large enough for full calls, small enough for memory
LONGEST = 200
_wish = BulkInsert(WISH, ("account_id", "fan_id"))


@dataclass(frozen=True, slots=True)
class Due:
    """The fans to compare now. `last_wish` is the newest wish that asked for it.

    `forgotten` are tags (fan, tag, since when) that WeChat took off as the fan left, though they may be back.
    """

    bearers: list[Bearer]
    openids: dict[int, str]
    last_wish: int
    forgotten: list[tuple[int, int, datetime]] = field(default_factory=list)


def wish(connection: Connection, fans: Iterable[tuple[int, int]]) -> None:
    """Note that the tags of these fans (account, fan) changed."""
    _wish.run(connection, sorted(set(fans)))


def wish_for_tags(session: Session, tag_ids: Collection[int], *, account_id: int | None = None) -> None:
    """Note that everybody with one of these tags, here or at WeChat, is to be looked at."""
    for model in (FanTag, WeChatFanTag):
        tagged = select(model.fan_id).where(model.tag_id.in_(sorted(tag_ids)))
        fans = select(Fan.account_id, Fan.id).where(Fan.id.in_(tagged))
        if account_id is not None:
            fans = fans.where(Fan.account_id == account_id)
        session.connection().execute(insert(WISH).from_select(["account_id", "fan_id"], fans))


def due(session: Session, account_id: int) -> Due:
    """Return the next fans whose tags changed, with what we want and what WeChat has."""
    wishes = select(TagWish.id, TagWish.fan_id).filter_by(account_id=account_id).order_by(TagWish.id)
    rows = session.execute(wishes.limit(MOST_FANS)).all()
    if not rows:
        return Due([], {}, 0)
    last = rows[-1].id
    asked = select(TagWish.fan_id).where(TagWish.account_id == account_id, TagWish.id <= last)
    facts = select(Fan.id, Fan.openid, Fan.standing, Fan.left_at).where(Fan.id.in_(asked))
    fans = {row.id: row for row in session.execute(facts)}
    usable = needs.needed(session, account_id) & set(needs.wechat_ids(session, account_id))
    wanted: dict[int, list[int]] = defaultdict(list)
    of_ours = select(FanTag.fan_id, FanTag.tag_id).where(FanTag.fan_id.in_(asked))
    for fan_id, tag_id in session.execute(of_ours.order_by(FanTag.tagged_at, FanTag.tag_id)):
        if tag_id in usable:
            wanted[fan_id].append(tag_id)
    left_at = {row.id: row.left_at for row in fans.values() if row.left_at is not None}
    has, refused, forgotten = _at_wechat(session, asked, left_at)
    bearers = [
        Bearer(
            fan_id,
            [tag_id for tag_id in wanted[fan_id] if (fan_id, tag_id) not in refused],
            has[fan_id],
        )
        for fan_id, fan in sorted(fans.items())
        if fan.standing != Standing.LEFT
    ]
    openids = {fan_id: fan.openid for fan_id, fan in fans.items()}
    return Due(bearers, openids, last, forgotten)


def _at_wechat(
    session: Session, asked: Select[int], left_at: Mapping[int, datetime]
) -> tuple[dict[int, list[int]], set[tuple[int, int]], list[tuple[int, int, datetime]]]:
    """Return what WeChat has on the fans in the order of putting on, what it refused, and what it forgot."""
    has: dict[int, list[int]] = defaultdict(list)
    refused: set[tuple[int, int]] = set()
    forgotten: list[tuple[int, int, datetime]] = []
    columns = (WeChatFanTag.fan_id, WeChatFanTag.tag_id, WeChatFanTag.applied_at, WeChatFanTag.trouble)
    rows = select(*columns).where(WeChatFanTag.fan_id.in_(asked))
    for fan_id, tag_id, at, trouble in session.execute(
        rows.order_by(WeChatFanTag.applied_at, WeChatFanTag.tag_id)
    ):
        if fan_id in left_at and at < left_at[fan_id] + FORGETS:
            forgotten.append((fan_id, tag_id, at))
        elif trouble is None:
            has[fan_id].append(tag_id)
        else:
            refused.add((fan_id, tag_id))
    return has, refused, forgotten


def settle(session: Session, account_id: int, due: Due) -> None:
    """Take back the wishes that were fulfilled; forget what WeChat had on those who left, as it does."""
    leaving = select(TagWish.fan_id).join(Fan, Fan.id == TagWish.fan_id)
    left = leaving.where(
        TagWish.account_id == account_id, TagWish.id <= due.last_wish, Fan.standing == Standing.LEFT.value
    )
    ids = list(session.scalars(left))
    for place in range(0, len(ids), 500):
        session.connection().execute(delete(TABLE).where(TABLE.c.fan_id.in_(ids[place : place + 500])))
    for place in range(0, len(due.forgotten), LONGEST):
        some = due.forgotten[place : place + LONGEST]
        # What was put on again meanwhile has another moment.
        gone = [
            and_(TABLE.c.fan_id == one, TABLE.c.tag_id == tag, TABLE.c.applied_at == at)
            for one, tag, at in some
        ]
        session.connection().execute(delete(TABLE).where(or_(*gone)))
    session.connection().execute(
        delete(WISH).where(WISH.c.account_id == account_id, WISH.c.id <= due.last_wish)
    )


def put_on(
    session: Session, tag_id: int, fan_ids: Sequence[int], *, now: datetime, trouble: str | None = None
) -> None:
    """Keep that WeChat has the tag on these fans since now; with `trouble`, that it would not."""
    connection = session.connection()
    rows = [
        {"fan_id": one, "tag_id": tag_id, "applied_at": now, "trouble": trouble and trouble[:LONGEST]}
        for one in fan_ids
    ]
    name = connection.dialect.name
    if name in {"mysql", "mariadb"}:
        add = mysql.insert(TABLE).values(rows)
        changes = {"applied_at": add.inserted.applied_at, "trouble": add.inserted.trouble}
        connection.execute(add.on_duplicate_key_update(changes))
        return
    put = (postgresql.insert if name == "postgresql" else sqlite.insert)(TABLE).values(rows)
    changes = {"applied_at": put.excluded.applied_at, "trouble": put.excluded.trouble}
    connection.execute(put.on_conflict_do_update(index_elements=["fan_id", "tag_id"], set_=changes))


def taken_off(session: Session, tag_id: int, fan_ids: Sequence[int]) -> None:
    """Keep that WeChat has the tag on these fans no more."""
    gone = and_(TABLE.c.tag_id == tag_id, TABLE.c.fan_id.in_(list(fan_ids)))
    session.connection().execute(delete(TABLE).where(gone))


def vanished(session: Session, account_id: int, tag_id: int, *, trouble: str | None = None) -> None:
    """Keep that WeChat no longer has the tag, and so has it on nobody; whoever has it is looked at again."""
    row = session.scalar(select(WeChatTag).filter_by(account_id=account_id, tag_id=tag_id))
    if row is not None:
        row.wechat_id, row.made_at, row.trouble = None, None, trouble
        session.flush()
    of_account = select(Fan.id).where(Fan.account_id == account_id)
    gone = delete(TABLE).where(TABLE.c.tag_id == tag_id, TABLE.c.fan_id.in_(of_account))
    session.connection().execute(gone)
    wish_for_tags(session, {tag_id}, account_id=account_id)


def forgive(session: Session, account_id: int) -> int:
    """Have what WeChat refused tried again, and return how many tags on fans that is."""
    mine = select(Fan.id).where(Fan.account_id == account_id)
    refused = and_(TABLE.c.trouble.is_not(None), TABLE.c.fan_id.in_(mine))
    fans = select(literal(account_id), TABLE.c.fan_id).where(refused).distinct()
    with beyond_scope(session):
        connection = session.connection()
        connection.execute(insert(WISH).from_select(["account_id", "fan_id"], fans))
        return connection.execute(delete(TABLE).where(refused)).rowcount


def wish_for_fans(session: Session, fan_ids: Sequence[int]) -> None:
    """Note that the tags of these fans changed, whichever accounts they are of."""
    fans = select(Fan.account_id, Fan.id).where(Fan.id.in_(list(fan_ids)))
    session.connection().execute(insert(WISH).from_select(["account_id", "fan_id"], fans))
