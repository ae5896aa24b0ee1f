"""Tags that come by themselves: for following, for the shop, its city, the channel, for binding.

Which they are is kept in memory (`TAGGING`) and loaded again when a tag, a rule
or a need changes.  A batch of messages puts all its tags on in one statement.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.revisions import Remembered
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.fans.models import Fan
from bot.tags import news, system
from bot.tags.models import FanTag, RuleKind, Tag, TagNeed, TagRule, TagWatch

REVISION = "tags"
BY_LEVEL = "level"  # the source of a tag that goes by the level, and with it (`bot.levels.wearing`)
COLUMNS = ("fan_id", "tag_id", "tagged_at", "source")
TABLE = table_of(FanTag)
_insert = BulkInsert(TABLE, COLUMNS)
Ids = frozenset[int]
NONE: Ids = frozenset()


@dataclass(frozen=True, slots=True)
class Tagging:
    """What is put on whom: system tags by name, rules by shop, city and channel; needs by account.

    Of `watched` tags somebody wants to hear (`bot.tags.news`).
    """

    system: Mapping[str, int] = field(default_factory=dict)
    shops: Mapping[int, Ids] = field(default_factory=dict)
    cities: Mapping[str, Ids] = field(default_factory=dict)
    channels: Mapping[int, Ids] = field(default_factory=dict)
    needed: Mapping[int, Ids] = field(default_factory=dict)
    retired: Ids = NONE
    watched: Ids = NONE

    def by_rule(self, *, channel_id: int | None, shop_id: int | None, city: str | None) -> Ids:
        """Return the tags of whoever comes through the channel of the shop in the city."""
        return (
            self.channels.get(channel_id or 0, NONE)
            | self.shops.get(shop_id or 0, NONE)
            | self.cities.get(city or "", NONE)
        )


def load(session: Session) -> Tagging:
    """Read the rules; those of retired tags are asleep."""
    tags = session.execute(select(Tag.id, Tag.name, Tag.retired_at)).all()
    found: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    retired = frozenset(row.id for row in tags if row.retired_at is not None)
    for tag_id, kind, value in session.execute(select(TagRule.tag_id, TagRule.kind, TagRule.value)):
        if tag_id not in retired:
            found[kind][value].add(tag_id)
    needed: dict[int, set[int]] = defaultdict(set)
    for account_id, tag_id in session.execute(select(TagNeed.account_id, TagNeed.tag_id)):
        needed[account_id].add(tag_id)
    return Tagging(
        system={row.name: row.id for row in tags if row.name in system.NAMES},
        shops={int(value): frozenset(ids) for value, ids in found[RuleKind.SHOP].items()},
        cities={value: frozenset(ids) for value, ids in found[RuleKind.CITY].items()},
        channels={int(value): frozenset(ids) for value, ids in found[RuleKind.CHANNEL].items()},
        needed={account_id: frozenset(ids) for account_id, ids in needed.items()},
        retired=retired,
        watched=frozenset(session.scalars(select(TagWatch.tag_id))),
    )


TAGGING = Remembered(REVISION, load)


def put(
    connection: Connection,
    wanted: Iterable[tuple[int, Iterable[int]]],
    *,
    source: str,
    now: datetime,
    watched: Ids | None = None,
) -> int:
    """Put tags on fans (fan, its tags) in one statement; return how many went on. A tag that is on stays.

    Who watches a tag hears of those it went on.  Without `watched`, which a
    process remembers (`Tagging`), the database is asked what is.
    """
    pairs = {(fan_id, tag_id) for fan_id, tag_ids in wanted for tag_id in tag_ids}
    if watched is None and pairs:
        watched = news.watched(connection, {tag_id for _fan_id, tag_id in pairs})
    heard = news.new_among(connection, (pair for pair in pairs if pair[1] in (watched or NONE)))
    news.tell(connection, heard, source=source, now=now)
    return _insert.run(connection, sorted((*pair, now, source[:64]) for pair in pairs))


def bound(session: Session, fan: Fan, *, tag_ids: Iterable[int], now: datetime) -> None:
    """Exchange the fan's tag for the member's, and put `tag_ids` on.

    A member of staff who is no member loses nothing and gets nothing. Run twice: nothing changes.
    """
    if fan.member_id is None:
        return
    with beyond_scope(session):
        ids = system.enrol(session, now=now)
        session.execute(
            delete(FanTag)
            .where(FanTag.fan_id == fan.id, FanTag.tag_id == ids[system.FAN])
            .execution_options(synchronize_session=False)
        )
        wanted = {ids[system.MEMBER], *tag_ids}
        put(session.connection(), [(fan.id, wanted)], source="binding", now=now)
