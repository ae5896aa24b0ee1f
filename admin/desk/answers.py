"""How long travellers waited at the desk, one wait a row: what the median on the first page is made of."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Select, or_, select

from admin import message_words
from admin.access import allowed
from admin.days import day_bounds
from admin.desk.names import called, nicknames
from admin.fans import account_names
from admin.office import survey
from admin.paging import here
from admin.scanning import Scanned
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk.models import DeskAnswer
from bot.fans.models import Fan
from bot.keys import key_in
from bot.messages.models import Message
from bot.users.roles import Permission

pages = Blueprint("desk_answers", __name__, url_prefix="/desk/answers")
SIZE = 50
BACK = (1, 3, 12, 48)  # days, one after the other
SLOWER = {"60": 60, "300": 300, "1800": 1800}


@pages.get("/")
@allowed(Permission.DESK_SEE)
def listing() -> str:
    """List the waits of the visitor's scope that ended, by when they began, the newest first."""
    found, names, facts = survey(_read)
    return render_template(
        "admin/desk/answers.html",
        page=found,
        agents=sorted(names.items(), key=lambda one: one[1]),
        account_names=account_names(),
        message_words=message_words,
        called=lambda kf_account: called(names, kf_account),
        **facts,
    )


def _read(session: ScopedSession) -> tuple[Scanned[DeskAnswer], dict[str, str], dict[str, Any]]:
    """Return a page of waits, what agents are called, and the messages and fans of the page."""
    found = _page(session, _wanted(request.args))
    ids = [row.message_id for row in found.rows]
    messages = {one.id: one for one in session.scalars(select(Message).where(Message.id.in_(ids)))}
    fan_ids = {row.fan_id for row in found.rows}
    fans = {fan.id: fan for fan in session.scalars(select(Fan).where(Fan.id.in_(fan_ids)))}
    return found, nicknames(session), {"messages": messages, "fans": fans}


def _wanted(asked: Any) -> Select[DeskAnswer]:
    wanted = select(DeskAnswer)
    if (account_id := key_in(asked.get("account"))) is not None:
        wanted = wanted.where(DeskAnswer.account_id == account_id)
    if agent := asked.get("agent", "").strip()[:64]:
        wanted = wanted.where(DeskAnswer.kf_account == agent)
    if (slower := SLOWER.get(asked.get("slower", ""))) is not None:
        wanted = wanted.where(DeskAnswer.seconds > slower)
    since, until = day_bounds(asked.get("since", ""), asked.get("until", ""))
    if since:
        wanted = wanted.where(DeskAnswer.asked_at >= since)
    if until:
        wanted = wanted.where(DeskAnswer.asked_at < until)
    return wanted


def _page(session: ScopedSession, wanted: Select[DeskAnswer]) -> Scanned[DeskAnswer]:
    """Return a page in the order of time, which is not that of the keys: records are read late.

    It is looked for in the last day first, then further back: asked for everything at once, the
    database reads all that a shop's fans ever asked in order to show fifty.
    """
    edge = _edge(session)
    at = DeskAnswer.asked_at
    if edge is not None:
        wanted = wanted.where(at <= edge[0], or_(at < edge[0], DeskAnswer.id < edge[1]))
    wanted = wanted.order_by(at.desc(), DeskAnswer.id.desc())
    _since, until = day_bounds("", request.args.get("until", ""))
    high = min(one for one in (edge and edge[0], until, utc_now()) if one) + timedelta(seconds=1)
    rows: list[DeskAnswer] = []
    for days in (*BACK, None):
        # Nothing is newer than the first window but what a clock ahead of ours has stamped.
        some = wanted if days == BACK[0] else wanted.where(at < high)
        if days is not None:
            high -= timedelta(days=days)
            some = some.where(at >= high)
        rows += session.scalars(some.limit(SIZE + 1 - len(rows)))
        if len(rows) > SIZE:
            break
    newer = here(before=None) if edge is not None else None
    older = here(before=rows[SIZE - 1].id) if len(rows) > SIZE else None
    return Scanned(rows[:SIZE], newer, older)


def _edge(session: ScopedSession) -> tuple[datetime, int] | None:
    before = key_in(request.args.get("before"))
    row = session.get(DeskAnswer, before) if before is not None else None
    return (row.asked_at, row.id) if row is not None else None
