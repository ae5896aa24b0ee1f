"""Agents as routing sees them, and what the back office and they themselves say of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from bot.db.revisions import bump
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.desk import hours
from bot.desk.models import Agent, AgentShop, Desk, Duty, Tier
from bot.desk.routing import AgentFacts
from bot.organisation.hours import Schedule
from bot.organisation.models import Shop

SEATS = 5  # of an agent nobody has said anything of


def named(session: Session, account_id: int, kf_account: str) -> int:
    """Return the agent's id; one we have not heard of joins the default desk."""
    wanted = select(Agent.id).where(Agent.account_id == account_id, Agent.kf_account == kf_account)
    found = session.scalar(wanted)
    if found is None:
        session.flush()
        insert_where_free(session.connection(), table_of(Agent), [stranger(account_id, kf_account)])
        bump(session, "desks")
        found = session.execute(wanted).scalar_one()
    return found


def stranger(account_id: int, kf_account: str) -> dict[str, Any]:
    """Return the row of an agent that WeChat knows and we did not."""
    return {
        "account_id": account_id,
        "kf_account": kf_account,
        "nickname": kf_account.split("@", 1)[0][:64],
        "seats": SEATS,
        "online": False,
        "tier": Tier.OWN.value,
        "weight": 100,
        "duty": Duty.ON.value,
        "open_count": 0,
        "accepted": 0,
        "picture_url": "",
        "bound": True,
        "invited": "",
    }


def put(session: Session, agent: Agent, *, further: Mapping[int, str] | None = None, **changes: Any) -> None:
    """Change what the back office says of an agent: shop, branch, tier, seats, weight, skills, hours, staff.

    `further` are other shops they serve and as what; None leaves these as they are.
    Seats below what they hold now take nobody from them.
    """
    for name, value in changes.items():
        if name not in {"shop_id", "branch_id", "staff_id", "tier", "seats", "weight", "skills", "schedule"}:
            raise ValueError(f"an agent's {name} is not the back office's to say")
        setattr(agent, name, value)
    if agent.shop_id is not None:
        agent.branch_id = None
    session.add(agent)
    session.flush()
    if further is not None:
        session.execute(delete(AgentShop).where(AgentShop.agent_id == agent.id))
        for shop_id, tier in further.items():
            if shop_id != agent.shop_id:
                session.add(AgentShop(agent_id=agent.id, shop_id=shop_id, tier=Tier(tier).value))
        session.flush()
    bump(session, "desks")


def set_duty(session: Session, agent_id: int, duty: Duty, *, until: datetime | None = None) -> bool:
    """Note that an agent takes a break, goes, stops taking new travellers, or is back.

    Whoever calls promises `desk.drain`: who comes back finds travellers waiting.
    """
    mine = update(Agent).where(Agent.id == agent_id)
    values = {"duty": duty.value, "duty_until": until if duty is Duty.BREAK else None}
    done = session.execute(mine.values(values))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def take_in(session: Session, account_id: int, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
    """Keep what WeChat says of its agents (`getkflist`): names, pictures, bindings; the others are gone."""
    told = {str(row["kf_account"])[:64]: row for row in rows if row.get("kf_account")}
    known = {row.kf_account: row for row in session.scalars(select(Agent).filter_by(account_id=account_id))}
    for kf_account in sorted(set(told) - set(known)):
        known[kf_account] = Agent(**stranger(account_id, kf_account))
        session.add(known[kf_account])
    for kf_account, agent in known.items():
        row = told.get(kf_account)
        if row is None:
            agent.gone_at, agent.online = agent.gone_at or now, False
            continue
        agent.gone_at = None
        agent.nickname = str(row.get("kf_nick") or agent.nickname)[:64]
        agent.picture_url = str(row.get("kf_headimgurl") or "")[:400]
        agent.bound = bool(row.get("kf_wx"))
        agent.invited = "" if agent.bound else str(row.get("invite_status") or "")[:16]
        agent.invited_until = _until(row) if agent.invited else None
    session.flush()
    bump(session, "desks")


def _until(row: Mapping[str, Any]) -> datetime | None:
    at = row.get("invite_expire_time")
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None


class Roomy(NamedTuple):
    """An agent with a seat, and where they sit."""

    id: int
    shop_id: int | None
    branch_id: int | None
    seats: int
    open_count: int


def with_room(session: Session, account_id: int) -> list[Roomy]:
    """Return the agents who are online and have a seat, as far as the table says."""
    wanted = select(Agent.id, Agent.shop_id, Agent.branch_id, Agent.seats, Agent.open_count).where(
        Agent.account_id == account_id,
        Agent.gone_at.is_(None),
        Agent.online.is_(True),
        Agent.duty.in_((Duty.ON.value, Duty.BREAK.value)),
        Agent.open_count < Agent.seats,
    )
    return [Roomy(*row) for row in session.execute(wanted)]


def staffed_shops(session: Session, account_id: int) -> set[int]:
    """Return the shops that have agents of their own, or somebody else's who serve them too, there or not."""
    here = Agent.account_id == account_id, Agent.gone_at.is_(None)
    own = select(Agent.shop_id).where(*here, Agent.shop_id.is_not(None)).distinct()
    further = select(AgentShop.shop_id).join(Agent, Agent.id == AgentShop.agent_id).where(*here).distinct()
    return {*session.scalars(own), *session.scalars(further)} - {None}


def is_any(session: Session, account_id: int) -> bool:
    """Tell whether the account has agents at all."""
    there = exists().where(Agent.account_id == account_id, Agent.gone_at.is_(None))
    return bool(session.scalar(select(there)))


def by_hand(row: Agent) -> AgentFacts:
    """Return the agent as somebody chosen by hand: no rung, no hours, only whether they are there."""
    return AgentFacts(
        id=row.id,
        kf_account=row.kf_account,
        nickname=row.nickname,
        shop_id=None,
        branch_id=None,
        tier=None,
        seats=row.seats,
        open=row.open_count,
        online=row.online,
        seen_at=row.seen_at,
        duty=row.duty,
        duty_until=row.duty_until,
        bound=row.bound,
    )


def hours_of(session: Session, account_id: int, shop_id: int | None) -> Schedule | None:
    """Return the hours of the shop's desk, else of the shop; without a shop the head office's."""
    place = f"shop:{shop_id}" if shop_id is not None else "head"
    own = session.scalar(select(Desk.schedule).where(Desk.account_id == account_id, Desk.place == place))
    if own is None and shop_id is not None:
        own = session.scalar(select(Shop.schedule).where(Shop.id == shop_id))
    return hours.read(own)


def opens_at(session: Session, account_id: int, shop_id: int | None, now: datetime) -> datetime | None:
    """Return when that desk is there next; None if not within a month."""
    return hours.opens_at(hours_of(session, account_id, shop_id), now)
