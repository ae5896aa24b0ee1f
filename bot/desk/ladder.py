"""What a decision reads, in two statements: the request with who served before, then who could serve.

One more, over the head office's agents, where shop and branch have no seat.
Hours and settings come from memory (`bot.desk.house`), half a second old at most.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, cast, null, select, union_all
from sqlalchemy.orm import Session, aliased

from bot.desk import desks, hours
from bot.desk.house import House
from bot.desk.models import Agent, AgentShop
from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.routing import AgentFacts

HEADS_LOOKED_AT = 80  # of the head office's agents, the least busy
_COLUMNS = (
    Agent.id,
    Agent.kf_account,
    Agent.nickname,
    Agent.shop_id,
    Agent.branch_id,
    Agent.tier,
    Agent.seats,
    Agent.open_count,
    Agent.weight,
    Agent.online,
    Agent.seen_at,
    Agent.duty,
    Agent.duty_until,
    Agent.skills,
    Agent.schedule,
    Agent.last_taken_at,
    Agent.bound,
)
_NEAR = select(*_COLUMNS, cast(null(), AgentShop.tier.type).label("further_tier"))
_BEFORE, _EARLIER = aliased(DeskRequest), aliased(DeskRequest)


@dataclass(frozen=True, slots=True)
class Case:
    """A request and what holds at its desk; `is_open` tells whether `shop`, `branch` and `head` are there."""

    request: DeskRequest
    branch_id: int | None
    sticky: int | None
    settings: desks.Settings
    is_open: Mapping[str, bool]


def case(session: Session, request_id: int, house: House, *, now: datetime) -> Case:
    """Return the request as it stands, its desk's settings and hours, and who served the traveller before."""
    row = session.execute(_ASKED, {"key": request_id}).one()
    request: DeskRequest = row.DeskRequest
    settings = house.settings(request.account_id, request.shop_id)
    served_at: datetime | None = row.served_at
    is_lately = served_at is not None and served_at > now - timedelta(days=settings.sticky_days)
    return Case(
        request,
        house.branch_of(request.shop_id),
        row.served_by if is_lately else None,
        settings,
        house.who_is_open(request.account_id, request.shop_id, now),
    )


def near(session: Session, found: Case, *, now: datetime) -> list[AgentFacts]:
    """Return the shop's agents, its spares, its branch's desk, and who served the traveller before."""
    shop_id = found.request.shop_id
    here = and_(Agent.account_id == found.request.account_id, Agent.gone_at.is_(None))
    limbs: list[Select[Any]] = []
    if shop_id is not None:
        further = select(*_COLUMNS, AgentShop.tier.label("further_tier"))
        further = further.join(AgentShop, AgentShop.agent_id == Agent.id)
        limbs += [
            further.where(here, AgentShop.shop_id == shop_id),
            _NEAR.where(here, Agent.shop_id == shop_id),
        ]
    if found.branch_id is not None:
        limbs.append(_NEAR.where(here, Agent.branch_id == found.branch_id, Agent.shop_id.is_(None)))
    if found.sticky is not None:
        limbs.append(_NEAR.where(here, Agent.id == found.sticky))
    if not limbs:
        return []
    # Each limb goes by its own index; one condition with ORs would read all agents. Who is in two counts
    # once, as what they are to this shop.
    rows = {row.id: row for row in reversed(session.execute(union_all(*limbs)).all())}
    return _facts(rows.values(), found, now)


def at_head_office(session: Session, found: Case, *, now: datetime) -> list[AgentFacts]:
    """Return the agents of the default desk, those who are there and have room first."""
    wanted = (
        select(*_COLUMNS)
        .where(
            Agent.account_id == found.request.account_id,
            Agent.gone_at.is_(None),
            Agent.shop_id.is_(None),
            Agent.branch_id.is_(None),
        )
        .order_by(Agent.online.desc(), (Agent.open_count < Agent.seats).desc(), Agent.open_count, Agent.id)
        .limit(HEADS_LOOKED_AT)
    )
    return _facts(session.execute(wanted), found, now)


def _asked() -> Select[Any]:
    """Return the statement that reads a request and who served the traveller last."""
    served = (
        select(_EARLIER.id)
        .where(
            _EARLIER.fan_id == DeskRequest.fan_id,
            _EARLIER.account_id == DeskRequest.account_id,
            _EARLIER.state == RequestState.CLOSED.value,
            _EARLIER.agent_id.is_not(None),
            _EARLIER.opened_at.is_not(None),
            _EARLIER.answered_at.is_not(None),
        )
        .order_by(_EARLIER.id.desc())
        .limit(1)
        .correlate(DeskRequest)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (
        DeskRequest,
        _BEFORE.agent_id.label("served_by"),
        _BEFORE.opened_at.label("served_at"),
    )
    return (
        select(*columns)
        .outerjoin(_BEFORE, and_(_BEFORE.id == served, _BEFORE.fan_id == DeskRequest.fan_id))
        .where(DeskRequest.id == bindparam("key"))
        .execution_options(populate_existing=True)
    )


_ASKED = _asked()


def _facts(rows: Iterable[Row[Any]], found: Case, now: datetime) -> list[AgentFacts]:
    shop_id = found.request.shop_id
    facts = []
    for row in rows:
        further = getattr(row, "further_tier", None)
        tier = row.tier if shop_id is not None and row.shop_id == shop_id else further
        if row.schedule:
            is_open = hours.is_open(hours.read(row.schedule), now)
        elif tier is not None:
            is_open = found.is_open["shop"]
        elif row.branch_id is not None:
            # Another branch's agent, who served them before, stands on no rung whatever the hours.
            is_open = found.is_open["branch"]
        else:
            is_open = found.is_open["head"]
        facts.append(
            AgentFacts(
                id=row.id,
                kf_account=row.kf_account,
                nickname=row.nickname,
                shop_id=row.shop_id,
                branch_id=row.branch_id,
                tier=tier,
                seats=row.seats,
                open=row.open_count,
                weight=row.weight,
                online=row.online,
                seen_at=row.seen_at,
                duty=row.duty,
                duty_until=row.duty_until,
                is_open=is_open,
                skills=frozenset(row.skills or ()),
                last_taken_at=row.last_taken_at,
                bound=row.bound,
            )
        )
    return facts
