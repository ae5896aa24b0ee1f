"""What travellers wrote and did: a list, and a search that says how far back it looked."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Select, or_, select

from admin import message_words, scanning
from admin.access import allowed
from admin.days import day_bounds
from admin.fans import account_names
from admin.office import reading
from admin.scanning import Bounds
from bot.db.scope import beyond_scope
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.messages.answered import ANSWERED_BY, IS_MESSAGE
from bot.messages.models import Message
from bot.users.roles import Permission

pages = Blueprint("messages", __name__, url_prefix="/messages")
# What words may stand in; all of it is read, newest first, as far as time allows.
MARGIN = 10_000
SEARCHED = ("Content", "Recognition", "Title", "Label", "EventKey")


@pages.get("/")
@allowed(Permission.MESSAGES_SEE)
def listing() -> str:
    """List what the fans of the visitor's scope sent, newest first."""
    with reading() as session:
        found = scanning.scan(
            session, _wanted(request.args), by=Message.id, bounds=_bounds(session, request.args)
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


def _wanted(asked: Any) -> Select[Message]:
    wanted = select(Message)
    for name, column in (("account", Message.account_id), ("fan", Message.fan_id)):
        if (value := asked.get(name, "")).isascii() and value.isdigit() and len(value) < 19:
            wanted = wanted.where(column == int(value))
    kind = asked.get("kind", "")
    if kind == "message":
        wanted = wanted.where(IS_MESSAGE)
    elif kind == "event":
        wanted = wanted.where(~IS_MESSAGE)
    elif kind in message_words.KINDS:
        wanted = wanted.where(Message.kind == kind)
    if (answered := asked.get("answered", "")) in ANSWERED_BY:
        wanted = wanted.where(ANSWERED_BY[answered])
    since, until = day_bounds(asked.get("since", ""), asked.get("until", ""))
    if since:
        wanted = wanted.where(Message.received_at >= since)
    if until:
        wanted = wanted.where(Message.received_at < until)
    if text := asked.get("q", "").strip()[:64]:
        said = [Message.fields[name].as_string().icontains(text, autoescape=True) for name in SEARCHED]
        wanted = wanted.where(or_(*said))
    return wanted


def _bounds(session: ScopedSession, asked: Any) -> Bounds | None:
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
