"""Five weeks of scans, follows and leaves, and tags, so that figures and lists have something to show."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bot.channels import events
from bot.channels.events import Source
from bot.channels.figures import days
from bot.channels.figures.facts import HERE
from bot.channels.models import Channel, Deed, Who
from bot.db.bulk import Row
from bot.demo import pushes
from bot.demo.pushes import KINDS, Push
from bot.fans.models import Fan, Standing
from bot.tags import automatic, keeping, system
from bot.tags.models import RuleKind, Tag, TagKind

DAYS = 35
VISITORS = 420
# How busy each hour from 8 to 21 is: lunch, and after work.
HOURS = (1, 2, 4, 5, 7, 6, 4, 4, 5, 6, 8, 9, 7, 3)
# Weekends are busier.
WEEK = (3, 3, 3, 4, 5, 8, 7)
TAGS = ("老客户", "亲子出行", "银发慢游", "邮轮意向", "企业团建")


def put(session: Session, channels: Mapping[str, int], *, account_id: int, now: datetime) -> int:
    """Invent visitors of the channels with all they did, tag them, add the days up; return how many."""
    dice = random.Random(40)
    rows = session.scalars(select(Channel).where(Channel.id.in_(list(channels.values())))).all()
    rows = sorted(rows, key=lambda one: one.id)
    weights = [1 / (place + 1) ** 0.8 for place in range(len(rows))]
    comings = sorted(_moment(dice, now) for _ in range(VISITORS))
    came = [(at, dice.choices(rows, weights)[0]) for at in comings]
    fans = _fans(session, dice, came, account_id=account_id, now=now)
    deeds: list[Row] = []
    for fan, (at, channel) in zip(fans, came, strict=True):
        deeds += _life(dice, fan, events.source_of(channel), at=at, now=now)
    deeds.sort(key=lambda row: row[0])
    events.write(session.connection(), deeds)
    scenes = {channel.id: channel.scene for channel in rows}
    pushes.put(session, _pushes(deeds, scenes))
    _tags(session, dice, fans, now=now)
    days.want_all(session)
    for day in days.stale(session):
        days.replace(session, days.count(session, day), now=now)
    return len(fans)


def _pushes(deeds: Sequence[Row], scenes: Mapping[int, str]) -> Iterator[Push]:
    for row in deeds:
        facts = dict(zip(events.COLUMNS, row, strict=True))
        if (deed := Deed(facts["deed"])) in KINDS:
            yield Push(
                facts["account_id"], facts["fan_id"], deed, facts["at"], scenes.get(facts["channel_id"])
            )


def _moment(dice: random.Random, now: datetime) -> datetime:
    while True:
        day = (now - timedelta(dice.randint(0, DAYS))).astimezone(HERE).date()
        if dice.random() * max(WEEK) > WEEK[day.weekday()]:
            continue
        hour = dice.choices(range(8, 8 + len(HOURS)), HOURS)[0]
        at = datetime.combine(day, time(hour, dice.randint(0, 59), dice.randint(0, 59)), HERE)
        if at < now - timedelta(minutes=5):
            return at.astimezone(now.tzinfo)


def _fans(
    session: Session,
    dice: random.Random,
    came: Sequence[tuple[datetime, Channel]],
    *,
    account_id: int,
    now: datetime,
) -> list[Fan]:
    facts = []
    for number, (at, channel) in enumerate(came):
        left = at + timedelta(hours=dice.choice((2, 30, 100, 300))) if dice.random() < 0.18 else None
        touch = {"scene": channel.scene, "channel_id": channel.id, "shop_id": channel.shop_id}
        facts.append(
            {
                "account_id": account_id,
                "openid": f"oDemoVisitor{number:016}",
                "standing": (Standing.LEFT if left and left < now else Standing.FOLLOWING).value,
                "created_at": at,
                "followed_at": at,
                "left_at": left if left and left < now else None,
                "follow_count": 1,
                "message_count": 0,
                "first_touch_at": at,
                "last_touch_at": at,
                "last_interaction_at": at,
                **{f"first_{name}": value for name, value in touch.items()},
                **{f"last_{name}": value for name, value in touch.items()},
            }
        )
    session.execute(insert(Fan), facts)
    known = select(Fan).where(Fan.account_id == account_id, Fan.openid.startswith("oDemoVisitor"))
    return list(session.scalars(known.order_by(Fan.openid)))


def _life(dice: random.Random, fan: Fan, source: Source, *, at: datetime, now: datetime) -> list[Row]:
    """Return what one visitor did: follow, perhaps look around again, bind, or leave."""

    def did(deed: Deed, when: datetime, who: Who, *, again: bool = False) -> Row:
        return events.row(fan, source, deed, who=who, at=when, now=now, again=again)

    found = [did(Deed.FOLLOW, at, Who.NEW)]
    if dice.random() < 0.12:
        found.append(did(Deed.SCAN, at + timedelta(seconds=dice.randint(2, 9)), Who.FAN, again=True))
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
        later = at + timedelta(hours=dice.randint(1, 500))
        if later < min(now, fan.left_at or now):
            found.append(did(Deed.SCAN, later, Who.FAN))
    bound = at + timedelta(minutes=dice.randint(3, 600))
    if fan.left_at is None and dice.random() < 0.4 and bound < now:
        found.append(did(Deed.BIND, bound, Who.MEMBER))
    if fan.left_at is not None:
        found.append(did(Deed.LEAVE, fan.left_at, Who.FAN))
    if dice.random() < 0.04:
        found.append(did(Deed.SCAN, at + timedelta(minutes=40), Who.STAFF))
    return found


def _tags(session: Session, dice: random.Random, fans: Sequence[Fan], *, now: datetime) -> None:
    ids = system.enrol(session, now=now)
    known = {row.name: row for row in session.scalars(select(Tag))}
    for name in (*TAGS, "上海旅客"):
        if name not in known:
            known[name] = Tag(name=name, kind=TagKind.MANUAL.value, created_at=now)
            session.add(known[name])
    session.flush()
    known["上海旅客"].kind = TagKind.AUTOMATIC.value
    keeping.put_rules(session, known["上海旅客"], {RuleKind.CITY: ["上海"]})
    connection = session.connection()
    automatic.put(connection, [(fan.id, (ids[system.FAN],)) for fan in fans], source="touch", now=now)
    for name in TAGS:
        some = [(fan.id, (known[name].id,)) for fan in dice.sample(fans, 40)]
        automatic.put(connection, some, source="demo", now=now)
