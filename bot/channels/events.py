"""What fans do through channels, appended in the transaction in which they do it.

The webhook gathers deeds (`Deeds`) while its handlers run and writes them in
one statement; a batch without any pays nothing.  What is not the webhook's
(`bound`, `bought`) is written by a session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Insert, bindparam, case, false, insert, literal, select, update
from sqlalchemy.orm import Session

from bot.channels import tagging
from bot.channels.models import TOUCHES, Channel, ChannelEvent, Deed, Who
from bot.db.bulk import BulkInsert, Row
from bot.db.scope import beyond_scope
from bot.db.types import BIG, UtcDateTime, table_of
from bot.fans.models import Fan
from bot.fans.rows import FanRow
from bot.tags import automatic, known, needs

AGAIN = timedelta(seconds=10)
NOBODY = 0  # the fan of a purchase whose buyer was forgotten
COLUMNS = (
    "at",
    "noted_at",
    "account_id",
    "channel_id",
    "fan_id",
    "shop_id",
    "staff_id",
    "campaign_id",
    "deed",
    "who",
    "again",
    "amount",
)
_EVENT, _FAN = table_of(ChannelEvent), table_of(Fan)
_insert = BulkInsert(_EVENT, COLUMNS)


def _purchase() -> Insert:
    """Return the one statement that notes a purchase: made once, for a till waits for it."""
    touch, other = _EVENT.alias("touch"), _FAN.alias("other")
    is_before = (touch.c.fan_id == _FAN.c.id) & (touch.c.at <= bindparam("moment", type_=UtcDateTime()))
    is_touch = touch.c.deed.in_(TOUCHES) & touch.c.channel_id.is_not(None)
    whose = bindparam("whose", type_=BIG)
    is_ours = select(other.c.id).where(other.c.member_id == whose, other.c.staff_id.is_not(None)).exists()
    who = case(
        (touch.c.who == Who.TEST.value, Who.TEST.value), (is_ours, Who.STAFF.value), else_=Who.MEMBER.value
    )
    found = (
        select(
            bindparam("moment", type_=UtcDateTime()),
            bindparam("noted", type_=UtcDateTime()),
            _FAN.c.account_id,
            touch.c.channel_id,
            _FAN.c.id,
            touch.c.shop_id,
            touch.c.staff_id,
            touch.c.campaign_id,
            literal(Deed.BUY.value),
            who,
            false(),
            bindparam("paid", type_=BIG),
        )
        .select_from(_FAN.outerjoin(touch, is_before & is_touch))
        .where(_FAN.c.member_id == whose)
        .order_by(touch.c.at.is_(None), touch.c.at.desc(), touch.c.id.desc(), _FAN.c.id)
        .limit(1)
    )
    return insert(_EVENT).from_select(COLUMNS, found)


_BOUGHT = _purchase()


class Someone(Protocol):
    """What is asked of a fan, whether a row of the webhook's or of a session's."""

    id: int
    account_id: int
    last_channel_id: int | None
    last_shop_id: int | None
    member_id: int | None
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where somebody came through, as it was at that moment."""

    channel_id: int | None
    shop_id: int | None
    staff_id: int | None
    campaign_id: int | None
    is_test: bool = False


NOWHERE = Source(None, None, None, None)


def source_of(channel: Channel | None) -> Source:
    """Return the attribution that a deed through `channel` gets."""
    if channel is None:
        return NOWHERE
    return Source(channel.id, channel.shop_id, channel.staff_id, channel.campaign_id, channel.is_test)


def last_source(session: Session, fan: Someone, *, at: datetime) -> Source:
    """Return the attribution of what `fan` does `at` a moment without a code: that of the last touch before.

    It is as the touch was noted: whoever got the code since has no part in it.
    A touch whose event is gone is taken for one of the channel as it is now.
    """
    e = ChannelEvent
    wanted = (
        select(e.channel_id, e.shop_id, e.staff_id, e.campaign_id, e.who)
        .where(e.fan_id == fan.id, e.at <= at, e.deed.in_(TOUCHES), e.channel_id.is_not(None))
        .order_by(e.at.desc(), e.id.desc())
        .limit(1)
    )
    with beyond_scope(session):
        touch = session.execute(wanted).one_or_none()
    if touch is not None:
        is_test = touch.who == Who.TEST.value
        return Source(touch.channel_id, touch.shop_id, touch.staff_id, touch.campaign_id, is_test)
    if fan.last_channel_id is None:
        return Source(None, fan.last_shop_id, None, None)
    with beyond_scope(session):
        channel = session.get(Channel, fan.last_channel_id)
    return source_of(channel)


def who_is(fan: Someone, source: Source, *, is_new: bool = False) -> Who:
    """Tell travellers from our own people and from tests, whom figures leave out."""
    if source.is_test:
        return Who.TEST
    if fan.staff_id is not None:
        return Who.STAFF
    if fan.member_id is not None:
        return Who.MEMBER
    return Who.NEW if is_new else Who.FAN


class Deeds:
    """The deeds of one batch of messages, in their order, until they are written together."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._touched: dict[int, Source] = {}

    def followed(self, fan: FanRow, channel: Channel | None, *, at: datetime, now: datetime) -> None:
        """Note a follow, or a return. Call it before the fan's row tells of it."""
        is_first = fan.followed_at is None or at < fan.followed_at
        deed = Deed.FOLLOW if is_first else Deed.RETURN
        self._add(fan, source_of(channel), deed, at=at, now=now, is_new=is_first)

    def scanned(self, fan: FanRow, channel: Channel, *, at: datetime, now: datetime) -> None:
        """Note that somebody who follows scanned a code. Call it before the last touch moves."""
        seen = fan.last_touch_at if fan.last_channel_id == channel.id else None
        again = seen is not None and abs(at - seen) <= AGAIN
        self._add(fan, source_of(channel), Deed.SCAN, at=at, now=now, again=again)

    def left(self, session: Session, fan: FanRow, *, at: datetime, now: datetime) -> None:
        """Note a leave against the last touch, which may be of these deeds."""
        source = self._touched.get(fan.id) or last_source(session, fan, at=at)
        self._add(fan, source, Deed.LEAVE, at=at, now=now)

    def write(self, connection: Connection) -> None:
        """Append what was noted, in one statement."""
        write(connection, self.rows)

    def _add(
        self,
        fan: FanRow,
        source: Source,
        deed: Deed,
        *,
        at: datetime,
        now: datetime,
        again: bool = False,
        is_new: bool = False,
    ) -> None:
        if source.channel_id is not None and deed.value in TOUCHES:
            self._touched[fan.id] = source
        who = who_is(fan, source, is_new=is_new)
        self.rows.append(row(fan, source, deed, who=who, at=at, now=now, again=again))


def row(
    fan: Someone,
    source: Source,
    deed: Deed,
    *,
    who: Who,
    at: datetime,
    now: datetime,
    again: bool = False,
) -> Row:
    """Return an event without an amount as `write` takes it."""
    return (
        at,
        now,
        fan.account_id,
        source.channel_id,
        fan.id,
        source.shop_id,
        source.staff_id,
        source.campaign_id,
        deed.value,
        who.value,
        again,
        None,
    )


def write(connection: Connection, rows: Sequence[Row]) -> None:
    """Append events, in one statement."""
    _insert.run(connection, rows)


def bound(session: Session, fan: Fan, *, now: datetime) -> None:
    """Note that `fan` has bound a telephone, and exchange the fan's tags for the member's.

    Call it once per binding, with `member_id` or `staff_id` set already and the
    row locked.  Counted for the channel, shop, staff and campaign of the last
    touch; a member of staff is counted for nobody.
    """
    source = last_source(session, fan, at=now)
    _append(session, row(fan, source, Deed.BIND, who=who_is(fan, source), at=now, now=now))
    with beyond_scope(session):
        of_channel = tagging.of_channels(
            session.connection(), [source.channel_id] if source.channel_id else []
        )
    tag_ids = of_channel.get((source.channel_id or 0, True), ())
    automatic.bound(session, fan, tag_ids=tag_ids, now=now)
    with beyond_scope(session):
        known.wish(session.connection(), [(fan.account_id, fan.id)])
    needs.tell(session, fan.account_id, now=now)


def bought(session: Session, member_id: int, *, amount: int, at: datetime, now: datetime) -> None:
    """Note that the member paid `amount` fen, counted for their last touch before, at whichever account.

    Call it once per purchase.  Who has no WeChat came through no code, and
    nothing is noted; a touch whose event was forgotten counts no more.
    """
    session.flush()  # what the caller has pending is checked as theirs
    said = {"whose": member_id, "paid": amount, "moment": at, "noted": now}
    with beyond_scope(session):
        session.connection().execute(_BOUGHT, said)


def forget_buyer(session: Session, fan_id: int) -> None:
    """Have what the fan bought be nobody's; it stays counted. For who is no longer the member that bought it.

    A member's purchases are kept by their number alone, and time and amount would tell whose that was.
    """
    theirs = (_EVENT.c.fan_id == fan_id) & (_EVENT.c.deed == Deed.BUY.value)
    with beyond_scope(session):
        session.connection().execute(update(_EVENT).where(theirs).values(fan_id=NOBODY))


def _append(session: Session, event: Row) -> None:
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        write(session.connection(), [event])
