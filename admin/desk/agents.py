"""The agents: who is there, whose they are, how many seats, which hours and skills, and their duty."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.desk import errand_words, words
from admin.desk.names import shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, refuse_hidden, visitor
from admin.organisation import hours_form, shop_form
from admin.paging import page
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk import agents, by_hand, errands
from bot.desk.errand_models import AgentErrand, ErrandKind, ErrandState
from bot.desk.models import Agent, AgentShop, Duty, Tier
from bot.keys import key_in
from bot.organisation import hours
from bot.organisation.models import Branch, Shop, Staff
from bot.users.roles import Permission

pages = Blueprint("desk_agents", __name__, url_prefix="/desk/agents")
SKILLS, SKILL_LONGEST = 12, 24
PLACES: dict[str, type[Shop | Branch]] = {"shop": Shop, "branch": Branch}
KEPT = ("shop_id", "branch_id", "staff_id", "tier", "seats", "weight", "skills", "schedule")


@pages.get("/")
@allowed(Permission.DESK_SEE)
def listing() -> str:
    """List the agents of the visitor's scope at the account they look at."""
    served = account()
    wanted = select(Agent).where(Agent.account_id == (served.id if served else 0))
    if (shop_id := key_in(request.args.get("shop"))) is not None:
        wanted = wanted.where(Agent.shop_id == shop_id)
    state = request.args.get("state", "")
    if state == "gone":
        wanted = wanted.where(Agent.gone_at.is_not(None))
    else:
        # Who is wanted, or whom WeChat would not take, is shown among those who are there.
        coming = select(AgentErrand.agent_id).where(
            AgentErrand.kind == ErrandKind.ADD.value, AgentErrand.state != ErrandState.DONE.value
        )
        wanted = wanted.where(or_(Agent.gone_at.is_(None), Agent.id.in_(coming)))
        if state == "online":
            wanted = wanted.where(Agent.online.is_(True))
        elif state == "unbound":
            wanted = wanted.where(Agent.bound.is_(False))
    with reading() as session:
        found = page(session, wanted, by=Agent.id)
        ids = [row.id for row in found.rows]
        further: dict[int, list[AgentShop]] = {}
        for one in session.scalars(select(AgentShop).where(AgentShop.agent_id.in_(ids))):
            further.setdefault(one.agent_id, []).append(one)
        wishes = errands.of(session, ids)
        shops = shop_names(session)
        branches = {row.id: row.name for row in session.execute(select(Branch.id, Branch.name))}
    return render_template(
        "admin/desk/agents.html",
        page=found,
        further=further,
        errands=wishes,
        shops=shops,
        branches=branches,
        words=words,
        errand_words=errand_words,
    )


@pages.get("/<int:key>")
@allowed(Permission.DESK_SEE)
def show(key: int) -> str:
    """Show one agent and what may be said of them."""
    with reading() as session:
        agent = find(session, Agent, key)
        return _form(session, agent, Form(_values(session, agent)))


@pages.post("/<int:key>")
@allowed(Permission.DESK_CHANGE)
def save(key: int) -> AnyResponse | tuple[str, int]:
    """Keep what the form says of the agent."""
    form = Form.sent()
    with changing() as session:
        agent = find(session, Agent, key)
        changes, further = _read(session, form, agent)
        if not form.is_right:
            return _form(session, agent, form), 422
        before = {name: getattr(agent, name) for name in KEPT}
        agents.put(session, agent, further=further, **changes)
        record(
            session,
            "agent.changed",
            agent,
            before=before,
            after={name: getattr(agent, name) for name in KEPT},
        )
    say(_("Saved; the desk goes by it within a second."))
    return redirect(url_for("admin.desk_agents.show", key=key), 303)


@pages.post("/<int:key>/duty")
@allowed(Permission.DESK_CHANGE)
def duty(key: int) -> AnyResponse:
    """Say that the agent takes a break, is away, takes no new ones, or is back."""
    form = Form.sent()
    chosen = form.choice("duty", Duty)
    minutes = form.number("minutes", least=1, most=240) if chosen is Duty.BREAK else None
    with changing() as session:
        agent = find(session, Agent, key)
        if form.is_right and chosen is not None:
            before = {"duty": agent.duty}
            by_hand.set_duty(session, key, chosen, minutes=minutes, now=utc_now())
            session.refresh(agent)
            record(
                session, "agent.duty", agent, before=before, after={"duty": agent.duty, "minutes": minutes}
            )
            say(_("%(name)s: %(duty)s.", name=agent.nickname, duty=words.said(words.DUTIES, agent.duty)))
    return redirect(url_for("admin.desk_agents.show", key=key), 303)


def _values(session: ScopedSession, agent: Agent) -> dict[str, Any]:
    further = session.scalars(select(AgentShop.shop_id).where(AgentShop.agent_id == agent.id)).all()
    schedule = hours.from_document(agent.schedule) if agent.schedule else None
    return {
        "place": f"shop:{agent.shop_id}"
        if agent.shop_id
        else f"branch:{agent.branch_id}"
        if agent.branch_id
        else "head",
        "staff_id": agent.staff_id or "",
        "tier": agent.tier,
        "seats": agent.seats,
        "weight": agent.weight,
        "skills": "、".join(agent.skills or ()),
        "further": list(further),
        "own_hours": "yes" if agent.schedule else "",
        **hours_form.values(schedule),
    }


def _read(session: ScopedSession, form: Form, agent: Agent) -> tuple[dict[str, Any], dict[int, str]]:
    shops = shop_names(session)
    place = str(form.values.get("place", ""))
    kind, _colon, key = place.partition(":")
    number = key_in(key)
    if place not in dict(places(session, shops)):
        if number is not None and kind in PLACES:
            refuse_hidden(PLACES[kind], [number])
        form.wrong("place", _("Please choose one of these."))
    tier = form.choice("tier", Tier)
    skills = [
        one.strip() for one in form.text("skills", longest=300, required=False).replace(",", "、").split("、")
    ]
    skills = list(dict.fromkeys(one for one in skills if one))
    if len(skills) > SKILLS or any(len(one) > SKILL_LONGEST for one in skills):
        form.wrong("skills", _("At most %(n)s skills of %(m)s characters.", n=SKILLS, m=SKILL_LONGEST))
    staff = [row.id for row in _staff(session, agent)]
    chosen = form.ids("staff_id", among=staff, of=Staff)
    changes: dict[str, Any] = {
        "shop_id": number if kind == "shop" else None,
        "branch_id": number if kind == "branch" else None,
        "staff_id": chosen[0] if chosen else None,
        "tier": tier.value if tier else "",
        "seats": form.number("seats", least=1, most=50),
        "weight": form.number("weight", least=10, most=300),
        "skills": skills,
        "schedule": None,
    }
    if form.ticked("own_hours") and (schedule := hours_form.read(form)) is not None:
        changes["schedule"] = hours.to_document(schedule)
    further = dict.fromkeys(form.ids("further", among=shops, of=Shop), Tier.SPARE.value)
    return changes, further


def places(session: ScopedSession, shops: dict[int, str]) -> list[tuple[str, str]]:
    """Return the desks the visitor may seat an agent at."""
    found = [(f"shop:{key}", name) for key, name in shops.items()]
    if visitor.scope.everything:
        branches = session.execute(select(Branch.id, Branch.name).order_by(Branch.id))
        found = [
            ("head", str(_("Default desk"))),
            *((f"branch:{row.id}", row.name) for row in branches),
            *found,
        ]
    return found


def _staff(session: ScopedSession, agent: Agent) -> list[Staff]:
    wanted = select(Staff).where(Staff.active.is_(True))
    if agent.shop_id is not None:
        wanted = wanted.where(Staff.shop_id == agent.shop_id)
    return list(session.scalars(wanted.order_by(Staff.shop_id, Staff.name).limit(500)))


def _form(session: ScopedSession, agent: Agent, form: Form) -> str:
    shops = shop_names(session)
    wishes = errands.of(session, [agent.id]).get(agent.id, [])
    coming = any(one.kind == ErrandKind.ADD and one.state != ErrandState.DONE for one in wishes)
    return render_template(
        "admin/desk/agent.html",
        agent=agent,
        errands=wishes,
        coming=coming and agent.gone_at is not None,
        errand_words=errand_words,
        wechat_form=Form({"nickname": agent.nickname}),
        form=form,
        places=places(session, shops),
        shops=shops,
        staff=[(row.id, f"{row.name} · {row.role}") for row in _staff(session, agent)],
        holidays=hours_form.lines(form),
        week=shop_form.WEEK,
        words=words,
        breaks=by_hand.BREAKS,
    )
