"""What one routing decision costs the database, with a thousand agents and five thousand conversations open."""

import gc
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import event, insert, select, text, update

from bot.db import Database
from bot.desk import requests, route
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.fans.models import Fan
from tests.bench import desk_world
from tests.bench.desk_day import Day, percentile

AGENTS, OPEN, DECISIONS = 1_000, 5_000, 1_000
STATEMENTS = 6  # at most: five, and one more where shop and branch have no seat
RIGHT = {"unclaimed": 0, "over_statements": 0}


def measure(db: Database) -> dict[str, Any]:
    world = desk_world.draw(3 * (OPEN + DECISIONS), shops=40, agents=AGENTS, seed=1)
    day = Day(db, world, 1, fails=0.0)
    day.second = 4 * 3600.0
    now = day.now()
    with db.transaction() as session:
        session.execute(update(Agent).values(online=True, seen_at=now, seats=8, open_count=5))
        agents = session.execute(select(Agent.id, Agent.shop_id)).all()
        wanted = select(Fan.id, Fan.last_shop_id).order_by(Fan.id)
        fans = session.execute(wanted.limit(OPEN + DECISIONS)).all()
        session.execute(
            insert(DeskRequest),
            [
                {
                    "account_id": day.account_id,
                    "fan_id": fan.id,
                    "open_key": fan.id,
                    "shop_id": fan.last_shop_id,
                    "state": "serving",
                    "why": "request",
                    "priority": 0,
                    "agent_id": agents[number % AGENTS].id,
                    "seat_agent_id": agents[number % AGENTS].id,
                    "asked_at": now - timedelta(minutes=5),
                    "claimed_at": now - timedelta(minutes=5),
                    "opened_at": now - timedelta(minutes=5),
                }
                for number, fan in enumerate(fans[: min(OPEN, len(fans) - DECISIONS)])
            ],
        )
    if db.dialect == "postgresql":
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    if db.dialect == "mysql":
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE TABLE agent, desk_request, fan"))
    gc.collect()
    gc.freeze()  # what we have made here is no worker's to look through
    spent: list[float] = []
    began: list[float] = []
    event.listen(db.engine, "before_cursor_execute", lambda *_facts: began.append(time.perf_counter()))
    event.listen(
        db.engine, "after_cursor_execute", lambda *_facts: spent.append(time.perf_counter() - began.pop())
    )
    database, whole, nothing, statements, claimed = [], [], [], [], 0
    for fan in fans[-DECISIONS:]:
        with db.transaction() as session:
            key, _new = requests.ask(
                session,
                account_id=day.account_id,
                fan_id=fan.id,
                shop_id=fan.last_shop_id,
                why="request",
                now=now,
            )
            house = day.floor.house(session)
        spent.clear()
        start = time.perf_counter()
        with db.transaction() as session:
            claimed += route.route(session, key, house, now=now) is not None
        whole.append((time.perf_counter() - start) * 1000)
        database.append(sum(spent) * 1000)
        statements.append(len(spent))
        nothing.append(_nothing(db, spent))
    for figures in (database, whole, nothing):
        figures.sort()
    return {
        "agents": AGENTS,
        "open": min(OPEN, len(fans) - DECISIONS),
        "decisions": DECISIONS,
        "claimed": claimed,
        "unclaimed": DECISIONS - claimed,
        "over_statements": sum(count > STATEMENTS for count in statements),
        "statements_mean": round(sum(statements) / len(statements), 1),
        "statements_most": max(statements),
        "database_p50_ms": percentile(database, 0.5),
        "database_p99_ms": percentile(database, 0.99),
        "nothing_p50_ms": percentile(nothing, 0.5),
        "nothing_p99_ms": percentile(nothing, 0.99),
        "whole_p50_ms": percentile(whole, 0.5),
        "whole_p99_ms": percentile(whole, 0.99),
    }


def _nothing(db: Database, spent: list[float]) -> float:
    """Return the milliseconds that five statements take which ask for nothing: the machine's own share."""
    spent.clear()
    with db.connection() as connection:
        for _ in range(5):
            connection.execute(text("SELECT 1"))
    return sum(spent) * 1000
