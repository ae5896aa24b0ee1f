"""Agents as WeChat is to have them: added, named, pictured, invited, deleted. Jobs ask WeChat afterwards."""

import re
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed, takes
from admin.choices import account
from admin.cookies import say
from admin.desk.agents import pages, places
from admin.desk.names import shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, visitor
from admin.organisation.shop_picture import WRONG
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk import agents, errands
from bot.desk.errand_models import ErrandKind
from bot.desk.models import Agent
from bot.files import pictures
from bot.files.pictures import NotAPicture
from bot.users.roles import Permission

__all__ = ["pages"]

NAME = re.compile(r"[A-Za-z0-9_]{1,10}")
ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,30}")
WECHAT_ID = re.compile(r"[A-Za-z0-9_-]{5,30}")
ACTIONS = {
    ErrandKind.RENAME: "agent.renamed",
    ErrandKind.PICTURE: "agent.pictured",
    ErrandKind.INVITE: "agent.invited",
    ErrandKind.DELETE: "agent.deleted",
}
LONGEST = 16  # characters of a nickname (protocol §6.1)


@pages.get("/new")
@allowed(Permission.DESK_CHANGE)
def new() -> str:
    """Show the form for an agent whom WeChat does not have yet."""
    _whole_group()
    with reading() as session:
        return _new_form(session, Form({"place": "head", "suffix": _suffix(session)}))


@pages.post("/new")
@allowed(Permission.DESK_CHANGE)
def add() -> AnyResponse | tuple[str, int]:
    """Have WeChat add the agent, and invite whoever they are to be."""
    _whole_group()
    form, served, now = Form.sent(), account(), utc_now()
    with changing() as session:
        name, nickname, wechat_id = _read(session, form)
        place = str(form.values.get("place", ""))
        if place not in dict(places(session, shop_names(session))):
            form.wrong("place", _("Please choose one of these."))
        agent = None
        if form.is_right and served is not None:
            agent = errands.add(session, served.id, name, nickname, by=visitor.name, now=now)
            if agent is None:
                form.wrong("name", _("The account has an agent of this name already."))
        if agent is None:
            return _new_form(session, form), 422
        kind, _colon, key = place.partition(":")
        number = int(key) if key else None
        sits: dict[str, Any] = {
            "shop_id": number if kind == "shop" else None,
            "branch_id": number if kind == "branch" else None,
        }
        agents.put(session, agent, **sits)
        if wechat_id:
            errands.want(session, agent, ErrandKind.INVITE, value=wechat_id, by=visitor.name, now=now)
        after = {"kf_account": name, "nickname": nickname, "invited": bool(wechat_id), **sits}
        record(session, "agent.added", agent, after=after)
        added = agent.id
    say(_("WeChat is asked to add them; look here in a few seconds."))
    return redirect(url_for("admin.desk_agents.show", key=added), 303)


@pages.post("/<int:key>/rename")
@allowed(Permission.DESK_CHANGE)
def rename(key: int) -> AnyResponse:
    """Have WeChat call the agent something else."""
    form = Form.sent()
    nickname = form.text("nickname", longest=LONGEST)
    return _want(key, form, "nickname", ErrandKind.RENAME, nickname, {"nickname": nickname})


@pages.post("/<int:key>/invite")
@allowed(Permission.DESK_CHANGE)
def invite(key: int) -> AnyResponse:
    """Have WeChat ask somebody to be the agent. Whose WeChat it is, is not written into the audit."""
    form = Form.sent()
    wechat_id = _wechat_id(form, required=True)
    return _want(key, form, "invite_wx", ErrandKind.INVITE, wechat_id, {"invited": True})


@pages.post("/<int:key>/picture")
@takes(megabytes=9)
@allowed(Permission.DESK_CHANGE)
def picture(key: int) -> AnyResponse:
    """Have WeChat show another picture of the agent, made anew from what was sent."""
    sent = request.files.get("picture")
    form, content = Form(), b""
    try:
        content = pictures.renewed(sent.read(pictures.LARGEST_FILE + 1)) if sent and sent.filename else b""
        if not content:
            form.wrong("picture", _("Choose a file."))
    except NotAPicture as error:
        form.wrong("picture", str(WRONG[error.code]))
    return _want(key, form, "picture", ErrandKind.PICTURE, "", {"bytes": len(content)}, content)


@pages.post("/<int:key>/delete")
@allowed(Permission.DESK_CHANGE)
def delete(key: int) -> AnyResponse:
    """Have WeChat delete the agent once nobody is at their hands; no new travellers from now on."""
    _whole_group()
    return _want(key, Form(), "", ErrandKind.DELETE, "", {"deleted": True})


@pages.post("/<int:key>/again")
@allowed(Permission.DESK_CHANGE)
def again(key: int) -> AnyResponse:
    """Have WeChat asked once more for what it refused."""
    with changing() as session:
        agent = find(session, Agent, key)
        count = errands.again(session, agent, by=visitor.name, now=utc_now())
        if count:
            record(session, "agent.asked_again", agent, after={"errands": count})
    say(_("WeChat is asked again; look here in a few seconds."))
    return redirect(url_for("admin.desk_agents.show", key=key), 303)


def _want(  # noqa: PLR0917 - all are said in every call
    key: int,
    form: Form,
    field: str,
    kind: ErrandKind,
    value: str,
    told: dict[str, Any],
    content: bytes | None = None,
) -> AnyResponse:
    """Write the errand and its audit if the form is right, and go back to the agent's page."""
    with changing() as session:
        agent = find(session, Agent, key)
        if agent.gone_at is not None and kind is not ErrandKind.DELETE and not _is_coming(session, key):
            form.wrong(field, _("WeChat does not have this agent any more. Add them again first."))
        if form.is_right:
            before = {"nickname": agent.nickname} if kind is ErrandKind.RENAME else None
            errands.want(session, agent, kind, value=value, picture=content, by=visitor.name, now=utc_now())
            record(session, ACTIONS[kind], agent, before=before, after=told)
    if form.is_right:
        say(_("WeChat is asked; look here in a few seconds."))
    else:
        say(form.errors.get(field, ""), "danger")
    return redirect(url_for("admin.desk_agents.show", key=key), 303)


def _is_coming(session: ScopedSession, key: int) -> bool:
    """Tell whether WeChat is still to add the agent."""
    return any(one.kind == ErrandKind.ADD for one in errands.of(session, [key]).get(key, ()))


def _read(session: ScopedSession, form: Form) -> tuple[str, str, str]:
    name = form.text("name", longest=10)
    suffix = _suffix(session) or form.text("suffix", longest=30)
    nickname = form.text("nickname", longest=LONGEST)
    if name and not NAME.fullmatch(name):
        form.wrong("name", _("Letters, digits and _ only, at most ten."))
    if suffix and not ACCOUNT.fullmatch(suffix):
        form.wrong("suffix", _("This is no WeChat id of an account."))
    return f"{name}@{suffix}", nickname, _wechat_id(form, required=False)


def _wechat_id(form: Form, *, required: bool) -> str:
    found = form.text("invite_wx", longest=30, required=required)
    if found and not WECHAT_ID.fullmatch(found):
        form.wrong("invite_wx", _("A WeChat id has 5 to 30 letters, digits, _ or -. It is not the nickname."))
    return found


def _suffix(session: ScopedSession) -> str:
    """Return what stands behind the @ of the account's agents, from one that is there; empty without any."""
    served = account()
    known = select(Agent.kf_account).where(Agent.account_id == (served.id if served else 0))
    found = session.scalar(known.order_by(Agent.gone_at.is_not(None), Agent.id).limit(1)) or ""
    return str(found).rpartition("@")[2]


def _whole_group() -> None:
    if not visitor.scope.everything or account() is None:
        raise NotFound


def _new_form(session: ScopedSession, form: Form) -> str:
    is_known = bool(_suffix(session))
    desks = places(session, shop_names(session))
    return render_template("admin/desk/agent_new.html", form=form, places=desks, is_known=is_known)
