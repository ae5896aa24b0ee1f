"""Asking whether an automatic answer helped; who says no is given a person."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.desk import requests, words
from bot.desk.floor import Floor
from bot.errors import BadRequest, FanUnreachable
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.outbox.outcomes import Pointless
from bot.replies import verdicts
from bot.replies.hits import RULE
from bot.replies.models import AutoReply

QUIET = timedelta(minutes=10)  # between two such questions to one traveller
LATE = timedelta(minutes=5)  # a question that comes later than this asks about something forgotten


def ask(db: Database, floor_of: Callable[[int], Floor], key: bytes) -> None:
    """Ask the traveller whether the answer to the message with that key helped, where that makes sense.

    Not while anybody serves them or they wait for somebody, not a second time,
    not within ten minutes of the last such question, not outside the 48 hours.
    Again: a crash between WeChat's answer and our note asks once more.
    """
    with db.reading() as session:
        message = session.scalar(select(Message).where(Message.key == key))
        if message is None or message.fan_id is None:
            return
        floor = floor_of(message.account_id)
        fan = session.get_one(Fan, message.fan_id)
        rule_id = _rule_of(session, floor, message, fan)
    if rule_id is None:
        return
    try:
        floor.line.send(fan.openid, words.helped_menu(message.id))
    except (FanUnreachable, BadRequest) as error:
        raise Pointless(str(error)) from error
    with db.transaction() as session:
        verdicts.asked(session, message_id=message.id, rule_id=rule_id, fan_id=fan.id, now=floor.now())


def _rule_of(session: Session, floor: Floor, message: Message, fan: Fan) -> int | None:
    """Return the rule to ask about; None where nothing is to be asked."""
    now = floor.now()
    found = RULE.fullmatch(message.answered_by)
    rule = session.get(AutoReply, int(found[1])) if found else None
    if rule is None or not rule.asks_helped or now - message.received_at > LATE:
        return None
    if fan.last_interaction_at is None or fan.last_interaction_at <= now - requests.WINDOW:
        return None
    if requests.open_of(session, fan.id) is not None:
        return None
    if verdicts.was_asked(session, fan.id, message_id=message.id, since=now - QUIET):
        return None
    return rule.id
