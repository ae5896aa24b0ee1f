"""Making channels: one from a form, or many from a plan, a few at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.batches import work
from bot.batches.models import Batch
from bot.channels import plans, quota, tickets, troubles
from bot.channels.models import Channel, ChannelTag, CodeKind
from bot.channels.plans import Common, Row
from bot.channels.tickets import Answer, Wanted
from bot.db.scoped import ScopedSession
from bot.materials import documents, uses
from bot.organisation.models import Shop, Staff
from bot.outbox.promises import Wish, promise
from bot.restorations.reading import mark
from bot.users.roles import Permission

KIND = "channels.make"
CHUNK = 40  # rows of one transaction


def add(
    session: Session, common: Common, row: Row, *, mark: str, maker: int | None, now: datetime
) -> Channel:
    """Add a channel, with its scene and tags; `mark` holds its place until its id is known, and is unique.

    WeChat is not asked: promise `channels.make_code`, or have the batch ask.
    """
    return add_all(session, common, [(row, mark)], maker=maker, now=now)[0]


def add_all(
    session: Session,
    common: Common,
    rows: Sequence[tuple[Row, str]],
    *,
    maker: int | None,
    now: datetime,
) -> list[Channel]:
    """Do as `add` for each row and its mark, in a statement or two for all of them."""
    channels = [_channel(common, row, mark, maker, now) for row, mark in rows]
    session.add_all(channels)
    session.flush()
    tags = [(tag_id, False) for tag_id in common.fan_tags] + [(tag_id, True) for tag_id in common.member_tags]
    again = mark(session)
    for channel in channels:
        channel.scene = f"c:{channel.id}{again}"
        session.add_all(
            ChannelTag(channel_id=channel.id, tag_id=tag_id, for_members=for_members)
            for tag_id, for_members in tags
        )
        note_materials(session, channel)
    session.flush()
    return channels


def note_materials(session: Session, channel: Channel) -> None:
    """Note which materials the channel's welcomes say, so that they are brought to WeChat and kept."""
    named = documents.named(channel.welcome, channel.welcomes)
    user = uses.User("channel", channel.id, channel.name, channel.account_id)
    if named or uses.said_by(session, "channel", channel.id):
        uses.put(session, user, named)


def _channel(common: Common, row: Row, mark: str, maker: int | None, now: datetime) -> Channel:
    return Channel(
        account_id=common.account_id,
        scene=f"new:{mark}"[:64],
        name=row.name,
        kind=row.kind or common.kind,
        group_id=row.group_id or common.group_id,
        campaign_id=row.campaign_id or common.campaign_id,
        shop_id=row.shop_id,
        staff_id=row.staff_id,
        desk_shop_id=common.desk_shop_id,
        purpose=row.purpose or common.purpose,
        place=row.place or common.place,
        note=row.note or common.note,
        is_test=common.is_test,
        welcome=common.welcome,
        welcomes=common.welcomes,
        created_at=now,
        created_by_id=maker,
    )


def put_tags(session: Session, channel_id: int, *, fans: Sequence[int], members: Sequence[int]) -> None:
    """Have the channel put these tags on fans and on members, and no others."""
    wanted = {(tag_id, False) for tag_id in fans} | {(tag_id, True) for tag_id in members}
    rows = session.scalars(select(ChannelTag).where(ChannelTag.channel_id == channel_id)).all()
    for row in rows:
        if (row.tag_id, row.for_members) not in wanted:
            session.delete(row)
    known = {(row.tag_id, row.for_members) for row in rows}
    for tag_id, for_members in sorted(wanted - known):
        session.add(ChannelTag(channel_id=channel_id, tag_id=tag_id, for_members=for_members))
    session.flush()


def promise_code(session: Session, channel_id: int, *, now: datetime) -> None:
    """Have WeChat make the code of one channel."""
    key = f"channels.make_code:{channel_id}"
    promise(session, Wish("channels.make_code", {"channel_id": channel_id}, now, key), now=now)


def begin(
    session: Session, common: Common, rows: Sequence[Row], *, title: str, maker: Actor, now: datetime
) -> Batch:
    """Begin a batch for at most `plans.MOST` rows; raise `NoCodesLeft` where the account has too few left."""
    if len(rows) > plans.MOST:
        raise ValueError(f"{len(rows)} rows; a batch makes at most {plans.MOST}")
    quota.ensure(session, common.account_id, plans.permanent(common, rows))
    arguments = plans.document(common, rows)
    return work.begin(
        session,
        kind=KIND,
        title=title,
        arguments=arguments,
        total=len(rows),
        needs=Permission.CHANNELS_CHANGE,
        maker=maker,
        now=now,
    )


class Maker:
    """A slice of a batch: what it knows from one transaction to the next, on the rows `session` may see.

    The rows a transaction adds stand in the batch's notes until WeChat has made
    their codes, so whoever goes on after a crash begins with those.
    """

    def __init__(self, session: Session, batch: Batch) -> None:
        self.common = plans.common_of(batch.arguments)
        self._rows: list[dict[str, Any]] = batch.arguments["rows"]
        self._room = quota.quota(session, self.common.account_id).left

    def add_some(self, session: Session, batch: Batch, *, now: datetime) -> list[Wanted]:
        """Add the next rows and return the codes to ask for; those left over first. Empty at the end."""
        if left := batch.notes.get("open"):
            return [Wanted(**one) for one in left]
        following = int(batch.notes.get("next", 0))
        some = [plans.row_of(found) for found in self._rows[following : following + CHUNK]]
        seen = _Sight(session, self.common, some)
        wanted, refused = [], []
        for number, row in enumerate(some, start=following):
            if not seen.holds(row):
                refused.append((row.name, troubles.say("out_of_sight", self.common.language)))
                continue
            if (row.kind or self.common.kind) == CodeKind.PERMANENT:
                if self._room <= 0:
                    refused.append((row.name, troubles.say("no_codes_left", self.common.language)))
                    continue
                self._room -= 1
            wanted.append((row, f"{batch.id}:{number}"))
        channels = add_all(session, self.common, wanted, maker=batch.created_by_id, now=now)
        added = [tickets.wanted_of(channel) for channel in channels]
        work.advance(batch, done=len(refused), problems=refused)
        _note(batch, next=following + len(some), open=[_said(one) for one in added])
        return added if added or not some else self.add_some(session, batch, now=now)

    @staticmethod
    def settle(session: Session, batch: Batch, answers: Sequence[Answer], *, now: datetime) -> None:
        """Keep what WeChat said and count it; what it said nothing of stays to be asked again.

        Counted once, however many workers asked for the same codes.
        """
        still_open = {one["channel_id"]: one for one in batch.notes.get("open", [])}
        heard = [one for one in answers if one.not_before is None and one.wanted.channel_id in still_open]
        tickets.keep(session, heard, now=now)
        refused = [(one.wanted.scene, one.trouble) for one in heard if one.trouble is not None]
        work.advance(batch, done=len(heard), problems=refused)
        for one in heard:
            del still_open[one.wanted.channel_id]
        _note(batch, open=list(still_open.values()))


class _Sight:
    """Which of the shops and staff that rows name the session sees: fewer, perhaps, than then."""

    def __init__(self, session: Session, common: Common, rows: Sequence[Row]) -> None:
        shops = {common.desk_shop_id, *(row.shop_id for row in rows)} - {None}
        staff = {row.staff_id for row in rows} - {None}
        self._shops = {None, *session.scalars(select(Shop.id).where(Shop.id.in_(shops)))}
        self._staff = {None, *session.scalars(select(Staff.id).where(Staff.id.in_(staff)))}
        self._takes_any = common.desk_shop_id in self._shops
        if isinstance(session, ScopedSession) and session.scope.needs_shop:
            self._shops.discard(None)  # a code of no shop is the head office's, or its maker's own

    def holds(self, row: Row) -> bool:
        """Tell whether a code of the row may be made."""
        return self._takes_any and row.shop_id in self._shops and row.staff_id in self._staff


def _note(batch: Batch, **facts: Any) -> None:
    batch.notes = {**batch.notes, **facts}


def _said(wanted: Wanted) -> dict[str, Any]:
    return {
        "channel_id": wanted.channel_id,
        "account_id": wanted.account_id,
        "scene": wanted.scene,
        "kind": wanted.kind,
    }
