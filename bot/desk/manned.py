"""For which desks somebody is at work, so that waiting there makes sense: one look for all of them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from bot.desk import hours, routing
from bot.desk.house import House
from bot.desk.models import Agent, AgentShop, Duty

THERE = (Duty.ON.value, Duty.BREAK.value)  # who finishes or is away takes nobody who waits


def at_work(
    session: Session, account_id: int, shop_ids: Collection[int | None], house: House, *, now: datetime
) -> dict[int | None, set[int]]:
    """Return for each of the shops who is at work on its ladder now, full ones included.

    Who waits there waits in vain if nobody is, or none but those who let them wait before: it is the
    same question as `Ranking.is_hopeful`, asked for all shops at once.
    """
    rows = session.execute(
        select(Agent.id, Agent.shop_id, Agent.branch_id, Agent.schedule).where(
            Agent.account_id == account_id,
            Agent.gone_at.is_(None),
            Agent.online.is_(True),
            Agent.bound.is_(True),
            Agent.duty.in_(THERE),
            Agent.seen_at >= now - routing.TRUSTED,
        )
    ).all()
    further: dict[int, set[int]] = {}
    for one in session.scalars(select(AgentShop).where(AgentShop.agent_id.in_([row.id for row in rows]))):
        further.setdefault(one.shop_id, set()).add(one.agent_id)
    found: dict[int | None, set[int]] = {}
    for shop_id in shop_ids:
        is_open = house.who_is_open(account_id, shop_id, now)
        theirs = _ladder(rows, shop_id, house.branch_of(shop_id), further.get(shop_id or 0, set()))
        found[shop_id] = {row.id for row, place in theirs if _is_there(row, is_open[place], now)}
    return found


def _ladder(
    rows: Iterable[Row[Any]], shop_id: int | None, branch_id: int | None, helpers: set[int]
) -> Iterable[tuple[Row[Any], str]]:
    """Return who stands on the shop's ladder, and whose hours theirs are."""
    for row in rows:
        if shop_id is not None and (row.shop_id == shop_id or row.id in helpers):
            yield row, "shop"
        elif row.shop_id is None and row.branch_id is None:
            yield row, "head"
        elif row.shop_id is None and row.branch_id == branch_id:
            yield row, "branch"


def _is_there(row: Row[Any], is_desk_open: bool, now: datetime) -> bool:  # noqa: FBT001
    return hours.is_open(hours.read(row.schedule), now) if row.schedule else is_desk_open
