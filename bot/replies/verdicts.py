"""Whether answers helped: what fans said of them, once each, counted by rule."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.messages.models import Message
from bot.replies.hits import RULE
from bot.replies.models import ReplyVerdict

TABLE = table_of(ReplyVerdict)


def asked(session: Session, *, message_id: int, rule_id: int, fan_id: int, now: datetime) -> None:
    """Note that the fan was asked about the answer to that message; a second time nothing changes."""
    row = {"message_id": message_id, "rule_id": rule_id, "fan_id": fan_id, "asked_at": now}
    session.flush()
    insert_where_free(session.connection(), TABLE, [row])


def was_asked(session: Session, fan_id: int, *, message_id: int, since: datetime) -> bool:
    """Tell whether the fan was asked about this message, or about any since then."""
    theirs = select(ReplyVerdict.id).where(ReplyVerdict.fan_id == fan_id)
    of_this = theirs.where(ReplyVerdict.message_id == message_id)
    lately = theirs.where(ReplyVerdict.asked_at > since)
    return any(session.scalar(wanted.limit(1)) is not None for wanted in (of_this, lately))


def say(session: Session, *, message_id: int, fan_id: int, helped: bool, now: datetime) -> bool:
    """Keep what the fan says of the answer to their message; False if they had said, or it is not theirs.

    It may come before we have noted that they were asked.
    """
    answered_by = session.scalar(
        select(Message.answered_by).where(Message.id == message_id, Message.fan_id == fan_id)
    )
    rule = RULE.fullmatch(answered_by or "")
    if rule is None:
        return False
    asked(session, message_id=message_id, rule_id=int(rule[1]), fan_id=fan_id, now=now)
    mine = update(TABLE).where(
        TABLE.c.message_id == message_id, TABLE.c.fan_id == fan_id, TABLE.c.helped.is_(None)
    )
    return bool(session.connection().execute(mine.values(helped=helped, said_at=now)).rowcount)


def of_rules(session: Session, *, since: datetime) -> Mapping[int, tuple[int, int]]:
    """Return for each rule how many said that it helped, and how many that it did not, since then."""
    counted = (
        select(ReplyVerdict.rule_id, ReplyVerdict.helped, func.count())
        .where(ReplyVerdict.helped.is_not(None), ReplyVerdict.asked_at >= since)
        .group_by(ReplyVerdict.rule_id, ReplyVerdict.helped)
    )
    found: dict[int, tuple[int, int]] = {}
    for rule_id, helped, count in session.execute(counted):
        yes, no = found.get(rule_id, (0, 0))
        found[rule_id] = (yes + count, no) if helped else (yes, no + count)
    return found
