"""The desk as one agent sees it from their own phone: their duty, their travellers, their shops' line.

Everything is asked for by the staff member who looks: nobody else's travellers are in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk.models import Agent, AgentShop
from bot.desk.request_models import DeskRequest
from bot.desk.requests import IN_HAND, IN_LINE
from bot.fans import rows as fan_rows
from bot.organisation.models import Shop

MOST = 30


@dataclass(frozen=True, slots=True)
class Traveller:
    """One traveller as the page names them: by the end of an OpenID, never more."""

    code: str
    shop: str
    why: str
    since: datetime
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """What the agent sees; `waiting` counts the whole line, `line` is its head."""

    agent: Agent
    travellers: Sequence[Traveller]
    line: Sequence[Traveller]
    waiting: int
    shops: Sequence[str]


def agent_of(session: Session, account_id: int, staff_id: int) -> Agent | None:
    """Return the account's agent that this staff member is; None for who is none."""
    wanted = select(Agent).where(
        Agent.account_id == account_id, Agent.staff_id == staff_id, Agent.gone_at.is_(None)
    )
    return session.scalar(wanted.order_by(Agent.id).limit(1))


def look(session: Session, agent: Agent) -> Mine:
    """Return the agent's desk."""
    further = session.scalars(select(AgentShop.shop_id).where(AgentShop.agent_id == agent.id))
    ids = {*further, *([agent.shop_id] if agent.shop_id is not None else [])}
    names = {row.id: row.name for row in session.execute(select(Shop.id, Shop.name).where(Shop.id.in_(ids)))}
    held = select(DeskRequest).where(
        DeskRequest.account_id == agent.account_id,
        DeskRequest.agent_id == agent.id,
        DeskRequest.state.in_(IN_HAND),
    )
    theirs = session.scalars(held.order_by(DeskRequest.asked_at).limit(MOST)).all()
    line = (
        DeskRequest.account_id == agent.account_id,
        DeskRequest.state.in_(IN_LINE),
        DeskRequest.shop_id.in_(ids) if ids else DeskRequest.shop_id.is_(None),
    )
    waiting = session.scalar(select(func.count()).select_from(DeskRequest).where(*line)) or 0
    rows = session.scalars(select(DeskRequest).where(*line).order_by(DeskRequest.asked_at).limit(MOST)).all()
    openids = fan_rows.openids(session, {row.fan_id for row in (*theirs, *rows)})

    def named(row: DeskRequest) -> Traveller:
        shop = names.get(row.shop_id or 0, "")
        code = openids.get(row.fan_id, "")[-4:]
        return Traveller(code, shop, row.why, row.opened_at or row.asked_at, row.answered_at is not None)

    return Mine(
        agent, [named(row) for row in theirs], [named(row) for row in rows], waiting, [*names.values()]
    )
