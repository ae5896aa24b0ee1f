"""A day at the desk, faster than life: our real code over a real database, a clock and a WeChat of our own."""

import heapq
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update

from bot.accounts.models import Account
from bot.db import Database
from bot.db.types import table_of
from bot.desk import (
    agents,
    draining,
    line,
    placing,
    reconciling,
    requests,
    saying,
    settling,
    timeouts,
)
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskDecision, DeskRequest, RequestState
from bot.desk.wishes import place, settle
from bot.errors import WeChatUnavailable
from bot.fans.models import Fan
from bot.jobs import back_off
from bot.organisation.models import Branch, Shop
from bot.outbox.models import Promise
from tests.bench.desk_side import Killed, Side
from tests.bench.desk_world import BRANCHES, HOURS, OPENS, AgentPlan, RequestPlan, World, moment

LATENCY = 0.15  # seconds from a promise to its job
LOOKS = 2.0
RECONCILES = 60.0
LEASE = 60.0
EVENTS_LOST = 0.01
HALF = 1800.0
SCHEDULE = {"week": [[["09:00", "21:00"]]] * 7, "exceptions": []}
BOUND = 2.0
PROMISES = table_of(Promise)


@dataclass
class Day:
    """One run: the database, WeChat's side, and what is going to happen."""

    db: Database
    world: World
    seed: int
    fails: float = 0.02
    kills: float = 0.0
    ends: float = HOURS * 3600 + HALF + 600  # the clock looks no more after this second
    second: float = -60.0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    order: Any = field(default_factory=itertools.count)
    clock_back: float = 0.0
    late_free: int = 0
    longest_free: float = 0.0
    killed: int = 0
    next_pump: float = math.inf
    is_waited_for: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        seats = {one.kf_account: one.seats for one in self.world.agents}
        self.side = Side(self.now, self.dice, seats, fails=self.fails, kills=self.kills)
        self.plans = {one.kf_account: one for one in self.world.agents}
        self.asked: dict[str, list[RequestPlan]] = {}
        self.free_since: dict[int, float] = {}
        self.account_id = _sow(self.db, self.world)
        self.floor = Floor(self.db, self.side, self.account_id, self.now)
        self.jobs: dict[str, Callable[[dict[str, Any]], object]] = {
            "desk.place": lambda facts: placing.place(self.floor, facts["request"]),
            "desk.say": lambda facts: saying.say(self.floor, facts["request"]),
            "desk.settle": lambda facts: settling.release(self.floor, facts["request"]),
            "desk.after": lambda facts: settling.afterwards(self.floor, facts["request"]),
            "desk.drain": lambda _facts: draining.drain(self.floor),
        }

    def now(self) -> datetime:
        return moment(self.second)

    def run(self) -> None:
        """Let the day pass, and half an hour more."""
        for plan in self.world.requests:
            self._at(plan.at, lambda plan=plan: self._ask(plan))
        for agent in self.world.agents:
            for begins, ends in agent.there:
                self._at(begins, lambda agent=agent: self._come(agent))
                self._at(ends, lambda agent=agent: self._go(agent))
        self._at(0, self._look)
        self._at(RECONCILES, self._reconcile)
        while self.events:
            self.second, _order, what = heapq.heappop(self.events)
            what()
            self._effects()
            if what != self._pump:  # which knows itself when it is needed next
                self._pump_at(self.second + LATENCY)

    # What people do

    def _ask(self, plan: RequestPlan) -> None:
        openid = _openid(plan.fan)
        self.asked.setdefault(openid, []).append(plan)
        with self.db.transaction() as session:
            fan = session.scalars(self._fan(openid)).one()
            fan.last_interaction_at = fan.last_message_at = self.now()
            key, is_new = requests.ask(
                session,
                account_id=self.account_id,
                fan_id=fan.id,
                shop_id=fan.last_shop_id,
                why="request",
                now=self.now(),
            )
            if is_new:
                place(session, key, now=self.now())
        if plan.patience < HALF:
            self._at(self.second + plan.patience, lambda: self._lose_patience(key))

    def _lose_patience(self, key: int) -> None:
        with self.db.transaction() as session:
            requests.end(session, key, RequestState.LEFT, why="left", now=self.now(), states=requests.IN_LINE)

    def _come(self, agent: AgentPlan) -> None:
        self.side.online.add(agent.kf_account)
        for openid, name in list(self.side.sessions.items()):
            if name == agent.kf_account:
                self._talk(openid, name)

    def _go(self, agent: AgentPlan) -> None:
        self.side.online.discard(agent.kf_account)

    def _talk(self, openid: str, kf_account: str) -> None:
        plan = self.asked[openid][-1]
        since = self.side.since[openid]
        answers = self.second + plan.answers_after
        self._at(answers, lambda: self._answer(openid, kf_account, since))
        self._at(answers + plan.lasts, lambda: self._finish(openid, kf_account, since))

    def _answer(self, openid: str, kf_account: str, since: float) -> None:
        if self._is_still(openid, kf_account, since):
            self.side.says(openid, kf_account)

    def _finish(self, openid: str, kf_account: str, since: float) -> None:
        if self._is_still(openid, kf_account, since):
            self.side.end(openid)

    def _is_still(self, openid: str, kf_account: str, since: float) -> bool:
        is_theirs = self.side.sessions.get(openid) == kf_account and self.side.since.get(openid) == since
        return is_theirs and kf_account in self.side.online

    # What WeChat pushes, and what our processes do

    def _effects(self) -> None:
        for openid, kf_account in self.side.opened:
            self._talk(openid, kf_account)
            if self.dice.random() >= EVENTS_LOST:
                at = self.now().replace(microsecond=0)
                self._at(self.second + 0.2, lambda o=openid, k=kf_account, at=at: self._opened(o, k, at))
        for openid, kf_account in self.side.closed:
            if self.dice.random() >= EVENTS_LOST:
                at = self.now().replace(microsecond=0)
                self._at(self.second + 0.2, lambda o=openid, k=kf_account, at=at: self._closed(o, k, at))
        self.side.opened.clear()
        self.side.closed.clear()

    def _opened(self, openid: str, kf_account: str, at: datetime) -> None:
        with self.db.transaction() as session:
            fan = session.scalars(self._fan(openid).with_for_update()).one()
            key = None
            if self.side.sessions.get(openid) == kf_account:
                key = reconciling.opened(
                    session,
                    account_id=self.account_id,
                    fan_id=fan.id,
                    shop_id=fan.last_shop_id,
                    agent_id=agents.named(session, self.account_id, kf_account),
                    at=at,
                    now=self.now(),
                )
            if key is not None:
                settle(session, key, now=self.now())

    def _closed(self, openid: str, kf_account: str, at: datetime) -> None:
        with self.db.transaction() as session:
            fan = session.scalars(self._fan(openid).with_for_update()).one()
            key = reconciling.closed(
                session,
                fan_id=fan.id,
                agent_id=agents.named(session, self.account_id, kf_account),
                at=at,
                now=self.now(),
                why="event",
            )
            if key is not None:
                settle(session, key, now=self.now())

    def _look(self) -> None:
        # As often as presence is asked for; the looks between would find nothing to do.
        if self.second < self.ends and (soon := self._next_look()) is not None:
            self._at(soon, self._look)
        if self.kills and self.dice.random() < 0.002:
            self.clock_back = self.second + self.dice.uniform(5, 40)  # the clock was killed; another comes
        if self.second >= self.clock_back:
            self._guarded(lambda: timeouts.look(self.floor))
        if self.is_waited_for or self.free_since:
            self._watch()

    def _next_look(self) -> float | None:
        is_open = select(DeskRequest.id).where(DeskRequest.open_key.is_not(None)).limit(1)
        with self.db.reading() as session:
            self.is_waited_for = line.is_waited_for(session, self.account_id)
            if self.is_waited_for:
                return self.second + LOOKS
            if session.scalar(is_open) is not None:
                return self.second + 5.0
        if not self.events:
            return None
        return max(self.second + 5.0, self.events[0][0])  # nobody is there to be looked after

    def _reconcile(self) -> None:
        if self.second < self.ends:
            self._at(self.second + RECONCILES, self._reconcile)
        if self.second >= self.clock_back:
            self._guarded(lambda: reconciling.reconcile(self.floor))

    def _pump_at(self, second: float) -> None:
        """Have the pump work at `second`, unless it does sooner anyway."""
        if second < self.next_pump:
            self.next_pump = second
            self._at(second, self._pump)

    def _pump(self) -> None:
        """Relay and run what is due, as clock and workers do."""
        if self.second != self.next_pump:
            return  # it was asked for sooner
        self.next_pump = math.inf
        if self.second < self.clock_back:
            self._pump_at(self.clock_back)
            return
        rows = self._waiting()
        due = [row for row in rows if row.due_at <= self.now()][:100]
        if not due:
            if rows:
                self._pump_at(max((rows[0].due_at - OPENS).total_seconds(), self.second + LATENCY))
            return
        with self.db.connection() as connection:
            # What a job promises from now on is a row of its own.
            taken = update(PROMISES).where(PROMISES.c.id.in_([row.id for row in due]))
            connection.execute(taken.values(waiting_key=None))
        done = []
        for row in due:
            is_done, again = self._guarded(lambda row=row: self.jobs[row.job](row.arguments))
            if is_done:
                done.append(row.id)
                continue
            attempts = row.attempts + 1
            due_in = again if again is not None else back_off(attempts).total_seconds()
            values = {"attempts": attempts, "due_at": moment(self.second + due_in)}
            with self.db.connection() as connection:
                connection.execute(update(PROMISES).where(PROMISES.c.id == row.id).values(values))
        with self.db.connection() as connection:
            connection.execute(delete(PROMISES).where(PROMISES.c.id.in_(done)))
        self._pump_at(self.second + LATENCY)

    def _waiting(self) -> Sequence[Row[Any]]:
        """Return the promises that wait, what is due first."""
        columns = PROMISES.c.id, PROMISES.c.job, PROMISES.c.arguments, PROMISES.c.attempts, PROMISES.c.due_at
        wanted = select(*columns).where(PROMISES.c.state == "waiting")
        with self.db.reading() as session:
            return session.connection().execute(wanted.order_by(PROMISES.c.due_at, PROMISES.c.id)).all()

    def _guarded(self, job: Callable[[], object]) -> tuple[bool, float | None]:
        try:
            job()
        except WeChatUnavailable:
            return False, None
        except Killed:
            self.killed += 1
            return False, LEASE
        return True, None

    def _watch(self) -> None:
        """Count the shops whose traveller waits although an agent of theirs is known to be free."""
        free = (
            select(DeskRequest.shop_id, DeskRequest.passed, Agent.id)
            .join(Agent, Agent.shop_id == DeskRequest.shop_id)
            .where(
                DeskRequest.account_id == self.account_id,
                DeskRequest.state == RequestState.WAITING.value,
                Agent.online.is_(True),
                Agent.open_count < Agent.seats,
            )
        )
        with self.db.reading() as session:
            # Whoever let this traveller wait before is not given them again.
            shops = {shop for shop, passed, agent in session.execute(free) if agent not in (passed or ())}
        for shop in list(self.free_since):
            if shop not in shops:
                del self.free_since[shop]
        for shop in shops:
            waited = self.second - self.free_since.setdefault(shop, self.second)
            self.longest_free = max(self.longest_free, waited)
            self.late_free += waited > BOUND and waited <= BOUND + LOOKS

    def _fan(self, openid: str) -> Select[tuple[Fan]]:
        return select(Fan).where(Fan.account_id == self.account_id, Fan.openid == openid)

    def _at(self, second: float, what: Callable[[], None]) -> None:
        heapq.heappush(self.events, (second, next(self.order), what))


def figures(day: Day) -> dict[str, Any]:
    """Count what must be, and how long travellers waited."""
    world = day.world
    with day.db.reading() as session:
        rows = session.execute(
            select(
                DeskRequest.id,
                DeskRequest.state,
                DeskRequest.shop_id,
                DeskRequest.asked_at,
                DeskRequest.opened_at,
                DeskRequest.told,
                DeskRequest.why,
                Agent.shop_id.label("agent_shop"),
            ).join(Agent, Agent.id == DeskRequest.agent_id, isouter=True)
        ).all()
        explained = set(session.scalars(select(DeskDecision.request_id).distinct()))
        firsts = dict(
            session.execute(
                select(DeskDecision.request_id, func.min(DeskDecision.at))
                .where(DeskDecision.outcome == "serving")
                .group_by(DeskDecision.request_id)
            ).all()
        )
        empty = session.scalar(
            select(func.count()).where(DeskDecision.outcome == "claimed", DeskDecision.rung.is_(None))
        )
        wrong_seats = session.scalars(
            select(Agent.kf_account).where(
                Agent.open_count
                != select(func.count()).where(DeskRequest.seat_agent_id == Agent.id).scalar_subquery()
            )
        ).all()
        doubled = session.execute(
            select(DeskRequest.fan_id)
            .where(DeskRequest.open_key.is_not(None))
            .group_by(DeskRequest.fan_id)
            .having(func.count() > 1)
        ).all()
        kinds = dict(
            session.execute(select(DeskRequest.state, func.count()).group_by(DeskRequest.state)).all()
        )
    waits = sorted(
        (firsts.get(row.id, row.opened_at) - row.asked_at).total_seconds()
        for row in rows
        if row.opened_at is not None
    )
    served = [row for row in rows if row.opened_at is not None]
    done = {"closed", "message", "left", "serving"}
    # Whom a message was to be offered, and nobody took it, has heard all as it was taken down.
    unheard = {row.id for row in rows if row.told is None and row.state != "left" and row.why != "message"}
    unanswered = [row.id for row in rows if row.state not in done or row.id in unheard]
    return {
        "requests": len(world.requests),
        "opened": len(rows),
        "unanswered": len(unanswered),
        "over_seats": day.side.over_seats,
        "two_open": len(doubled),
        "unexplained": sum(row.id not in explained for row in rows) + (empty or 0),
        "wrong_seats": len(wrong_seats),
        "free_while_waiting": day.late_free,
        "longest_free_s": round(day.longest_free, 1),
        "own_shop_share": round(
            sum(row.agent_shop == row.shop_id for row in served) / max(len(served), 1), 3
        ),
        "wait_p50_s": percentile(waits, 0.5),
        "wait_p95_s": percentile(waits, 0.95),
        "states": kinds,
        "calls": day.side.calls,
        "killed": day.killed,
        "unanswered_ids": unanswered[:5],
    }


def percentile(values: list[float], share: float) -> float:
    return round(values[min(int(len(values) * share), len(values) - 1)], 1) if values else 0.0


def _openid(fan: int) -> str:
    return f"oBench{fan:08}"


def _sow(db: Database, world: World) -> int:
    with db.transaction() as session:
        account = Account(name="head", app_id="wxbench", kind="service", original_id="gh_bench")
        branches = [Branch(name=f"分公司{n}", city="上海") for n in range(BRANCHES)]
        session.add_all([account, *branches])
        session.flush()
        shops = [
            Shop(
                branch_id=branches[world.branch_of(n)].id,
                name=f"门店{n}",
                address="",
                phone="",
                hours="",
                schedule=SCHEDULE,
                latitude=0.0,
                longitude=0.0,
            )
            for n in range(world.shops)
        ]
        session.add_all(shops)
        session.flush()
        for plan in world.agents:
            row = agents.stranger(account.id, plan.kf_account)
            session.add(
                Agent(
                    **{
                        **row,
                        "seats": plan.seats,
                        "tier": plan.tier,
                        "shop_id": shops[plan.shop].id if plan.shop is not None else None,
                        "branch_id": branches[plan.branch].id if plan.branch is not None else None,
                        # The default desk and the branches keep the shops' hours.
                        "schedule": None if plan.shop is not None else SCHEDULE,
                    }
                )
            )
        home = {one.fan: one.shop for one in world.requests}
        fans = [
            {
                "account_id": account.id,
                "openid": _openid(fan),
                "standing": "following",
                "created_at": OPENS,
                "follow_count": 1,
                "message_count": 0,
                "last_shop_id": shops[shop].id,
            }
            for fan, shop in sorted(home.items())
        ]
        session.execute(insert(Fan), fans)
        return account.id
