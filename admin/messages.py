"""What travellers wrote and did: a list, and a search that says how far back it looked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased

from admin import message_words, scanning
from admin.access import allowed
from admin.days import day_bounds
from admin.fans import account_names
from admin.office import reading
from admin.scanning import Bounds
from bot.db.scope import beyond_scope
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.keys import key_in
from bot.messages.answered import ANSWERED_BY, answered_by, is_message
from bot.messages.models import Message
from bot.users.roles import Permission

pages = Blueprint("messages", __name__, url_prefix="/messages")
# What words may stand in; all of it is read, newest first, as far as time allows.
MARGIN = 10_000
LEAVE = "event.unsubscribe"
KINDS: dict[str, Callable[[type[Message]], ColumnElement[bool]]] = {
    "message": is_message,
    "event": lambda row: ~is_message(row),
    "moves": lambda row: row.kind.in_(("event.subscribe", LEAVE)),
}
LATER = aliased(Message)
SEARCHED = ("Content", "Recognition", "Title", "Label", "EventKey")


@pages.get("/")
@allowed(Permission.MESSAGES_SEE)
def listing() -> str:
    """List what the fans of the visitor's scope sent, newest first."""
    with reading() as session:
        found = scanning.scan(
            session, wanted_by(request.args), by=Message.id, bounds=bounds_of(session, request.args)
        )
        fan_ids = {message.fan_id for message in found.rows}
        fans = {fan.id: fan for fan in session.scalars(select(Fan).where(Fan.id.in_(fan_ids)))}
        looked_back_to = _at(session, found.further)
    return render_template(
        "admin/messages/list.html",
        page=found,
        fans=fans,
        account_names=account_names(),
        message_words=message_words,
        looked_back_to=looked_back_to,
    )


def wanted_by(asked: Any) -> Select[Message]:
    """Return the messages that the filters leave; of each fan's only the last of them, if so asked."""
    wanted = select(Message).where(*_filters(Message, asked))
    if asked.get("fans") != "once":
        return wanted
    later = select(LATER.id).where(
        LATER.fan_id == Message.fan_id, LATER.id > Message.id, *_filters(LATER, asked)
    )
    return wanted.where(Message.fan_id.is_not(None), ~later.exists())


def _filters(row: type[Message], asked: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, column in (("account", row.account_id), ("fan", row.fan_id)):
        if (key := key_in(asked.get(name))) is not None:
            found.append(column == key)
    kind = asked.get("kind", "")
    if kind in KINDS:
        found.append(KINDS[kind](row))
    elif kind in message_words.KINDS:
        found.append(row.kind == kind)
    elif asked.get("fans") == "once":
        found.append(row.kind != LEAVE)  # whoever only left is no active fan, as the figure has it
    if (answered := asked.get("answered", "")) in ANSWERED_BY:
        found.append(answered_by(row)[answered])
    since, until = day_bounds(asked.get("since", ""), asked.get("until", ""))
    if since:
        found.append(row.received_at >= since)
    if until:
        found.append(row.received_at < until)
    if text := asked.get("q", "").strip()[:64]:
        said = [row.fields[name].as_string().icontains(text, autoescape=True) for name in SEARCHED]
        found.append(or_(*said))
    return found


def bounds_of(session: ScopedSession, asked: Any) -> Bounds | None:
    """Return between which keys the asked days lie, so that the search begins there; it names nobody's row.

    Processes that commit at the same moment number their messages a little out
    of the order of time, hence the margin.
    """
    since, until = day_bounds(asked.get("since", ""), asked.get("until", ""))
    if since is None and until is None:
        return None
    at = Message.received_at
    first = select(Message.id).where(at >= since) if since else select(Message.id)
    last = select(Message.id).where(at < until) if until else select(Message.id)
    with beyond_scope(session):
        low = session.scalar(first.order_by(at, Message.id).limit(1))
        high = session.scalar(last.order_by(at.desc(), Message.id.desc()).limit(1))
    if low is None or high is None:
        return Bounds(1, 0)
    return Bounds(max(1, low - MARGIN), high + MARGIN)


def _at(session: ScopedSession, further: str | None) -> datetime | None:
    """Return the time of the row at which a search has stopped; a time is nobody's secret."""
    if further is None:
        return None
    edge = int(further.rsplit("before=", 1)[1].split("&", 1)[0])
    with beyond_scope(session):
        return session.scalar(
            select(Message.received_at).where(Message.id >= edge).order_by(Message.id).limit(1)
        )
