"""One traveller's request: how it stands, why, and what a colleague can do about it."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.desk import words
from admin.desk.names import agent_names, shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk import by_hand, decisions
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, DeskTask
from bot.desk.requests import IN_HAND, IN_LINE
from bot.fans.models import Fan
from bot.users.roles import Permission

pages = Blueprint("desk_requests", __name__, url_prefix="/desk/requests")


@pages.get("/<int:key>")
@allowed(Permission.DESK_SEE)
def show(key: int) -> str:
    """Show the request with every decision about it, and who could take it."""
    with reading() as session:
        row = find(session, DeskRequest, key)
        shown = _facts(session, row)
    return render_template("admin/desk/request.html", request_row=row, words=words, **shown)


@pages.post("/<int:key>/move")
@allowed(Permission.DESK_CHANGE)
def move(key: int) -> AnyResponse:
    """Give the traveller to another agent of the visitor's scope."""
    form = Form.sent()
    now = utc_now()
    with changing() as session:
        row = find(session, DeskRequest, key)
        session.refresh(row, with_for_update=True)
        chosen = form.number("agent", least=1, most=2**62)
        agent = find(session, Agent, chosen) if chosen is not None else None
        if row.state not in {*IN_HAND, *IN_LINE}:
            say(_("The conversation is over already."), "info")
        elif agent is None or not by_hand.is_movable_to(agent, row):
            say(
                _("This agent cannot take the traveller now: choose one who is online with a free seat."),
                "warning",
            )
        else:
            by_hand.move(session, row, agent.id, by=visitor.name, now=now)
            told = {"agent": agent.nickname, "agent_id": agent.id}
            record(session, "desk_request.moved", row, before={"agent_id": row.agent_id}, after=told)
            say(
                _(
                    "%(name)s is being given the traveller; the board shows it within seconds.",
                    name=agent.nickname,
                )
            )
    return redirect(url_for("admin.desk_requests.show", key=key), 303)


@pages.post("/<int:key>/close")
@allowed(Permission.DESK_CHANGE)
def close(key: int) -> AnyResponse:
    """End the conversation."""
    with changing() as session:
        row = find(session, DeskRequest, key)
        before = {"state": row.state, "agent_id": row.agent_id}
        if by_hand.close(session, row, now=utc_now()):
            row = find(session, DeskRequest, key)
            record(session, "desk_request.closed", row, before=before, after={"state": row.state})
            say(_("The conversation is over; the seat is free within seconds."))
        else:
            say(_("The conversation is over already."), "info")
    return redirect(url_for("admin.desk_requests.show", key=key), 303)


@pages.post("/<int:key>/out")
@allowed(Permission.DESK_CHANGE)
def out(key: int) -> AnyResponse:
    """Take the traveller out of the line and tell them so."""
    with changing() as session:
        row = find(session, DeskRequest, key)
        before = {"state": row.state}
        if by_hand.take_out(session, row, now=utc_now()):
            row = find(session, DeskRequest, key)
            record(session, "desk_request.taken_out", row, before=before, after={"state": row.state})
            say(_("Taken out of the line; the traveller is told so."))
        else:
            say(_("The traveller is not in line any more."), "info")
    return redirect(url_for("admin.desk_requests.show", key=key), 303)


def _facts(session: ScopedSession, row: DeskRequest) -> dict[str, Any]:
    there = select(Agent).where(Agent.account_id == row.account_id, Agent.online.is_(True))
    able = [agent for agent in session.scalars(there.limit(500)) if by_hand.is_movable_to(agent, row)]
    able.sort(key=lambda one: (one.shop_id != row.shop_id, one.open_count / max(one.seats, 1), one.id))
    shops = shop_names(session)
    return {
        "fan": session.get(Fan, row.fan_id),
        "shops": shops,
        "names": agent_names(session, row.account_id),
        "decisions": decisions.of_request(session, row.id),
        "tasks": session.scalars(
            select(DeskTask).where(or_(DeskTask.request_id == row.id, DeskTask.id == row.task_id))
        ).all(),
        "able": [(agent.id, _choice(agent, shops)) for agent in able],
        "is_in_line": row.state in IN_LINE,
        "is_in_hand": row.state in IN_HAND,
        "now": utc_now(),
    }


def _choice(agent: Agent, shops: dict[int, str]) -> str:
    place = shops.get(agent.shop_id or 0) or str(_("Default desk"))
    return f"{agent.nickname} · {place} · {agent.open_count}/{agent.seats}"
