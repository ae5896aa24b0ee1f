"""Everything between a fan and us, newest first: touches, messages, answers, what was written from here."""

from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy import select

from admin import message_words
from admin.hiding import hide
from admin.paging import here
from bot.channels.models import Channel
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.outbox.models import Promise, State
from bot.replies import office
from bot.replies.office import OfficeReply

SIZE = 50
LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `side` is `theirs`, `ours` or `event`."""

    at: datetime
    side: str
    title: str
    words: str
    by: str = ""
    state: str = ""
    reason: str = ""


def of(session: ScopedSession, fan: Fan) -> tuple[list[Entry], str | None]:
    """Return a page of what happened, and the address of the page before it."""
    text = request.args.get("before", "")
    wanted = select(Message).where(Message.fan_id == fan.id).order_by(Message.id.desc()).limit(SIZE + 1)
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if before is not None:
        wanted = wanted.where(Message.id < before)
    messages = list(session.scalars(wanted))
    more = len(messages) > SIZE
    messages = messages[:SIZE]
    scenes = _channels(session, fan, messages)
    entries = [entry for message in messages for entry in _entries(message, scenes)]
    entries += _written(session, fan, messages, is_first=before is None, is_last=not more)
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries, here(before=messages[-1].id) if more else None


def promises(session: ScopedSession, fan: Fan) -> list[Promise]:
    """Return what is still to be done about the fan or failed, among the newest promises."""
    newest = session.scalar(select(Promise.id).order_by(Promise.id.desc()).limit(1)) or 0
    about = Promise.arguments["fan_id"].as_integer() == fan.id
    wanted = select(Promise).where(Promise.id > newest - LOOKED_AT, Promise.state != State.DONE.value, about)
    return list(session.scalars(wanted.order_by(Promise.id.desc()).limit(SIZE)))


def _entries(message: Message, scenes: dict[str, str]) -> list[Entry]:
    is_event = message.kind.startswith("event.")
    words = message_words.said(message)
    if is_event and words in scenes:
        words = f"{scenes[words]} ({words})"
    entries = [
        Entry(message.sent_at, "event" if is_event else "theirs", message_words.kind(message.kind), words)
    ]
    if answer := message_words.reply(message.reply):
        entries.insert(0, Entry(message.sent_at, "ours", "", answer, by=message_words.by(message)))
    return entries


def _channels(session: ScopedSession, fan: Fan, messages: list[Message]) -> dict[str, str]:
    touches = [one for one in messages if one.kind in {"event.subscribe", "event.scan"}]
    scenes = {words for one in touches if (words := message_words.said(one))}
    if not scenes:
        return {}
    found = session.scalars(
        select(Channel).where(Channel.account_id == fan.account_id, Channel.scene.in_(sorted(scenes)))
    )
    return {channel.scene: channel.name for channel in found}


def _written(
    session: ScopedSession, fan: Fan, messages: list[Message], *, is_first: bool, is_last: bool
) -> list[Entry]:
    """Return what was written from the back office in the time of these messages."""
    wanted = select(OfficeReply).where(OfficeReply.fan_id == fan.id)
    if messages and not is_last:
        wanted = wanted.where(OfficeReply.said_at >= messages[-1].sent_at)
    if messages and not is_first:
        wanted = wanted.where(OfficeReply.said_at < messages[0].sent_at)
    rows = list(session.scalars(wanted.order_by(OfficeReply.id.desc()).limit(SIZE)))
    states = office.states(session, rows)
    entries = []
    for row in rows:
        state, reason = states.get(row.id, ("", None))
        answer = message_words.reply(row.reply)
        entries.append(Entry(row.said_at, "ours", "", answer, row.user_name, state, hide(reason or "")))
    return entries
