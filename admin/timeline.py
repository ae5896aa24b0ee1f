"""All that happened between a fan and us, newest first: touches, messages, and who answered what."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import request
from sqlalchemy import select

from admin import message_words
from admin.desk import words as desk_words
from admin.desk.names import agent_names, called, nicknames
from admin.hiding import hide
from admin.paging import here
from admin.reach import words as reach_words
from admin.reach.notices import contents_of
from bot.channels.models import Channel
from bot.db.scoped import ScopedSession
from bot.desk.models import AgentRecord, DeskSession
from bot.desk.request_models import DeskDecision
from bot.fans.models import Fan
from bot.keys import key_in
from bot.messages.models import Message
from bot.outbox.models import Promise, State
from bot.reach.models import ReachNotice
from bot.replies import office
from bot.replies.office import OfficeReply

SIZE = 50
LOOKED_AT = 20_000
MOST_SAID = 300  # by agents within one page of messages
SESSIONS = 10
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
AT_THE_DESK = frozenset({"event.kf_create_session", "event.kf_close_session", "event.kf_switch_session"})


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
    wanted = select(Message).where(Message.fan_id == fan.id).order_by(Message.id.desc()).limit(SIZE + 1)
    before = key_in(request.args.get("before"))
    if before is not None:
        wanted = wanted.where(Message.id < before)
    messages = list(session.scalars(wanted))
    more = len(messages) > SIZE
    messages = messages[:SIZE]
    scenes = _channels(session, fan, messages)
    names = nicknames(session, fan.account_id)
    entries = [entry for message in messages for entry in _entries(message, scenes, names)]
    span = _Span(messages, is_first=before is None, is_last=not more)
    entries += _written(session, fan, span)
    entries += _said_by_agents(session, fan, span, names)
    entries += _decided(session, fan, span)
    entries += _told(session, fan, span)
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries, here(before=messages[-1].id) if more else None


@dataclass(frozen=True, slots=True)
class _Span:
    """The time of a page of messages, newest first; the first page has no end, the last no beginning."""

    messages: list[Message]
    is_first: bool
    is_last: bool

    def narrow(self, wanted: Any, at: Any) -> Any:
        """Return `wanted` with only what happened in that time."""
        if self.messages and not self.is_last:
            wanted = wanted.where(at >= self.messages[-1].sent_at)
        if self.messages and not self.is_first:
            wanted = wanted.where(at < self.messages[0].sent_at)
        return wanted


def sessions(session: ScopedSession, fan: Fan) -> list[tuple[str, DeskSession, str]]:
    """Return the last stays at the desk, newest first: with whom, which, and who had them next."""
    rows = session.scalars(
        select(DeskSession)
        .where(DeskSession.fan_id == fan.id)
        .order_by(DeskSession.id.desc())
        .limit(SESSIONS)
    ).all()
    names = nicknames(session, fan.account_id)
    ordered = sorted(rows, key=lambda row: row.opened_at or row.closed_at or LONG_AGO, reverse=True)
    return [
        (called(names, row.kf_account), row, called(names, row.moved_to) if row.moved_to else "")
        for row in ordered
    ]


def promises(session: ScopedSession, fan: Fan) -> list[Promise]:
    """Return what is still to be done about the fan or failed, among the newest promises."""
    newest = session.scalar(select(Promise.id).order_by(Promise.id.desc()).limit(1)) or 0
    about = Promise.arguments["fan_id"].as_integer() == fan.id
    wanted = select(Promise).where(Promise.id > newest - LOOKED_AT, Promise.state != State.DONE.value, about)
    return list(session.scalars(wanted.order_by(Promise.id.desc()).limit(SIZE)))


def _entries(message: Message, scenes: dict[str, str], names: dict[str, str]) -> list[Entry]:
    is_event = message.kind.startswith("event.")
    words = message_words.said(message)
    if message.kind in AT_THE_DESK:
        words = called(names, words)
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


def _said_by_agents(session: ScopedSession, fan: Fan, span: _Span, names: dict[str, str]) -> list[Entry]:
    """Return what agents said in that time, as far as WeChat's records have been read."""
    wanted = span.narrow(select(AgentRecord).where(AgentRecord.fan_id == fan.id), AgentRecord.said_at)
    order = (AgentRecord.said_at.desc(), AgentRecord.id.desc())
    return [
        Entry(row.said_at, "ours", "", hide(row.words), called(names, row.kf_account))
        for row in session.scalars(wanted.order_by(*order).limit(MOST_SAID))
    ]


def _written(session: ScopedSession, fan: Fan, span: _Span) -> list[Entry]:
    """Return what was written from the back office in that time."""
    wanted = span.narrow(select(OfficeReply).where(OfficeReply.fan_id == fan.id), OfficeReply.said_at)
    rows = list(session.scalars(wanted.order_by(OfficeReply.id.desc()).limit(SIZE)))
    states = office.states(session, rows)
    entries = []
    for row in rows:
        state, reason = states.get(row.id, ("", None))
        answer = message_words.reply(row.reply)
        entries.append(Entry(row.said_at, "ours", "", answer, row.user_name, state, hide(reason or "")))
    return entries


def _decided(session: ScopedSession, fan: Fan, span: _Span) -> list[Entry]:
    """Return where the fan was sent when they wanted a person, and why the others were passed over."""
    wanted = span.narrow(select(DeskDecision).where(DeskDecision.fan_id == fan.id), DeskDecision.at)
    rows = session.scalars(wanted.order_by(DeskDecision.at.desc(), DeskDecision.id.desc()).limit(SIZE)).all()
    names = agent_names(session, fan.account_id) if rows else {}
    return [
        Entry(
            row.at,
            "event",
            desk_words.said(desk_words.OUTCOMES, row.outcome),
            desk_words.headline(row, names),
            reason=desk_words.passed_over(row),
        )
        for row in rows
    ]


def _told(session: ScopedSession, fan: Fan, span: _Span) -> list[Entry]:
    """Return what the fan was told of our own accord, or was not and why."""
    wanted = span.narrow(select(ReachNotice).where(ReachNotice.fan_id == fan.id), ReachNotice.created_at)
    rows = session.scalars(wanted.order_by(ReachNotice.id.desc()).limit(SIZE)).all()
    contents = contents_of(session, rows)
    return [
        Entry(
            row.sent_at or row.called_at or row.created_at,
            "event",
            str(reach_words.INTENTS.get(row.intent, row.intent)),
            contents.get(row.id, ""),
            reason=reach_words.in_a_line(row),
        )
        for row in rows
    ]
