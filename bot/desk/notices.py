"""Having the desk hear of what a rule has answered ("also notify the desk").

A passive reply is either words or a transfer, so the desk is told afterwards:
the conversation is opened with whoever talks with the fan already, else with
the agent whom `bot.desk.routing` finds, with a sentence that says what was
asked.  Where nobody can be told, a note waits in the back office.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.desk.models import DeskNote, NoteState
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.replies.models import AutoReply

RULE = "rule:"
ASKED = ("Content", "Recognition", "EventKey", "Title", "Label")
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be told, about whom, and for which shop's desk."""

    message_id: int
    account_id: int
    fan_id: int
    openid: str
    rule_id: int
    rule_title: str
    words: str
    shop_id: int | None


def errand(session: Session, key: bytes) -> Errand | None:
    """Return what there is to do about the message; None where it is done, or its message is gone."""
    message = session.scalar(select(Message).where(Message.key == key))
    if message is None or message.fan_id is None:
        return None
    if session.scalar(select(DeskNote.id).where(DeskNote.message_id == message.id)) is not None:
        return None
    fan = session.get_one(Fan, message.fan_id)
    rule_id = int(message.answered_by.removeprefix(RULE)) if message.answered_by.startswith(RULE) else 0
    rule = session.get(AutoReply, rule_id)
    title = rule.title if rule else ""
    words = sentence(message.fields, title)
    shop_id = fan.last_shop_id
    return Errand(message.id, message.account_id, fan.id, fan.openid, rule_id, title, words, shop_id)


def sentence(fields: Mapping[str, Any], title: str) -> str:
    """Return what the agent reads: what was asked, and which rule has answered."""
    asked = next((str(fields[name]).strip() for name in ASKED if fields.get(name)), "")
    asked = asked if len(asked) <= LONGEST else f"{asked[: LONGEST - 1]}…"
    answered = f"已由自动回复「{title}」回答。" if title else "已自动回复。"
    return f"旅客刚才问：{asked}。{answered}" if asked else f"旅客刚才发来消息，{answered}"


def note(
    session: Session, errand: Errand, *, told: str | None, reason: str, now: datetime
) -> DeskNote | None:
    """Keep what became of the errand: who was told, or why nobody was; None if that is kept already."""
    row = DeskNote(
        message_id=errand.message_id,
        account_id=errand.account_id,
        fan_id=errand.fan_id,
        rule_id=errand.rule_id,
        rule_title=errand.rule_title,
        state=(NoteState.TOLD if told else NoteState.OPEN).value,
        kf_account=told,
        reason=reason,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    return row


def settle(row: DeskNote, *, by: str, now: datetime) -> bool:
    """Note that somebody has seen to it; False if somebody had, or it was told to an agent.

    The row must be locked.
    """
    if row.state != NoteState.OPEN:
        return False
    row.state, row.done_at, row.done_by = NoteState.DONE.value, now, by
    return True
