"""Many requests for the last seat at the same instant, from two processes: one gets it."""

import multiprocessing
import threading
from typing import Any

from sqlalchemy import func, insert, select, update

from bot.config import DatabaseConfig
from bot.db import Database
from bot.desk import claims
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.desk.routing import AgentFacts, Candidate, Rung
from bot.fans.models import Fan
from tests.bench import desk_world
from tests.bench.desk_day import Day

REQUESTS, PROCESSES, THREADS = 200, 2, 8
RIGHT = {"won": 1, "open_count": 1, "claimed": 1}
LONGEST = 300  # seconds; a process that died is not waited for


def measure(db: Database, requests: int = REQUESTS) -> dict[str, Any]:
    day = Day(db, desk_world.draw(requests * 2, shops=1, agents=4, seed=1), 1, fails=0.0)
    agent_id, keys = prepare(db, day, requests)
    url = db.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    won = context.Queue()
    processes = [
        context.Process(target=_half, args=(url, agent_id, keys[place::PROCESSES], barrier, won))
        for place in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    total = sum(won.get(timeout=LONGEST) for _ in processes)
    for process in processes:
        process.join()
    with db.reading() as session:
        seats = session.get_one(Agent, agent_id).open_count
        claimed = session.scalar(select(func.count()).where(DeskRequest.state == "claimed"))
    return {"requests": requests, "won": total, "open_count": seats, "claimed": claimed}


def prepare(db: Database, day: Day, count: int) -> tuple[int, list[int]]:
    """Leave one agent with one seat, and that many requests."""
    now = day.now()
    with db.transaction() as session:
        agent = session.scalars(select(Agent).order_by(Agent.id)).first()
        assert agent is not None
        session.execute(update(Agent).values(online=True, seen_at=now, seats=1, open_count=0))
        fans = session.scalars(select(Fan.id).order_by(Fan.id).limit(count)).all()
        session.execute(
            insert(DeskRequest),
            [
                {
                    "account_id": day.account_id,
                    "fan_id": fan,
                    "open_key": fan,
                    "state": "asked",
                    "why": "request",
                    "priority": 0,
                    "asked_at": now,
                }
                for fan in fans
            ],
        )
        return agent.id, list(session.scalars(select(DeskRequest.id).order_by(DeskRequest.id)))


def storm(db: Database, agent_id: int, keys: list[int], threads: int) -> list[int]:
    """Claim the agent's seat for every key from that many threads at once; return who got it."""
    facts = AgentFacts(agent_id, "a", "a", None, None, None, seats=1, open=0)
    order = [Candidate(facts, Rung.HEAD)]
    start = threading.Barrier(threads)
    got: list[int] = []

    def work(mine: list[int]) -> None:
        start.wait()
        for key in mine:
            with db.transaction() as session:
                if claims.claim(session, key, order, now=desk_world.OPENS) is not None:
                    got.append(key)

    workers = [threading.Thread(target=work, args=(keys[place::threads],)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return got


def _half(url: str, agent_id: int, keys: list[int], barrier: Any, won: Any) -> None:
    db = Database(DatabaseConfig(url=url, pool_size=THREADS))
    barrier.wait(LONGEST)
    won.put(len(storm(db, agent_id, keys, THREADS)))
    db.close()
