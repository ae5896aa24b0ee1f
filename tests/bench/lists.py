"""What the back office's lists cost with a million fans and ten million messages, on PostgreSQL.

Each page is asked for in this process, as its visitor's browser would, so the
times are the server's: routing, rights, statements, rendering.  Then every
SELECT of the page is explained, and a plan that reads a big table from end
to end is a fault.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import event, make_url, select
from sqlalchemy.engine import Connection

from admin.formats import HERE
from bot import schema
from bot.config import DatabaseConfig
from bot.db import Database, utc_now
from bot.fans.models import Fan
from bot.figures.jobs import rebuild
from bot.messages.models import Message
from bot.runtime import Runtime, open_runtime
from bot.users.roles import Role
from tests import make
from tests.bench import crowd, databases
from tests.bench.crowd import BIG, Crowd
from tests.bench.databases import NoServer
from tests.support.office import Office, Person

AIM_MS = 300.0
BUSIEST, QUIET = 1, 4_000  # ids of fans; the first has thousands of messages
Statement = tuple[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--fans", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7, help="of each page of each visitor")
    parser.add_argument(
        "--database", help="an empty PostgreSQL database to fill, or one filled before; it is kept"
    )
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--quick", action="store_true", help="20,000 messages, one round: does it work?")


def run(options: argparse.Namespace) -> int:
    """Measure the lists of the back office; status 1 if a page is slow or reads a big table whole."""
    if options.quick:
        options.fans, options.messages, options.rounds = 2_000, 20_000, 1
    try:
        with _database(options.database) as url:
            figures = _measure(url, options)
    except NoServer as error:
        print(error, file=sys.stderr)
        return 2
    print(_table(figures))
    worst = max(one.worst for one in figures)
    faults = [fault for one in figures for fault in one.faults]
    for fault in faults:
        print(f"FAULT {fault}")
    summary = {
        "lists_fans": options.fans,
        "lists_messages": options.messages,
        "lists_p50_ms": round(statistics.median(one.p50 for one in figures), 1),
        "lists_worst_ms": round(worst, 1),
        "lists_slowest": max(figures, key=lambda one: one.p50).name,
        "lists_plans_right": not faults,
        "lists": {
            one.name: {"p50_ms": round(one.p50, 1), "worst_ms": round(one.worst, 1)} for one in figures
        },
    }
    print(json.dumps(summary))
    too_slow = not options.quick and max(one.p50 for one in figures) > AIM_MS
    return 1 if faults or too_slow else 0


@dataclass(slots=True)
class Figures:
    """What one page of one visitor took."""

    name: str
    times: list[float] = field(default_factory=list)
    statements: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.times)

    @property
    def worst(self) -> float:
        """The longest, in milliseconds."""
        return max(self.times)


@contextmanager
def _database(named: str | None) -> Iterator[str]:
    if named:
        yield named
    else:
        with databases.postgresql() as url:
            yield url


def _measure(url: str, options: argparse.Namespace) -> list[Figures]:
    config = make.config(make_url(url).render_as_string(hide_password=False))
    _fill(config.database, Crowd(options.fans, options.messages))
    runtime = open_runtime(config)
    try:
        office = Office(runtime)
        for _day in range(8):
            rebuild(runtime)
        people = {
            "group": _person(office, "alice", Role.GROUP_ADMINISTRATOR),
            "branch": _person(office, "branch", Role.BRANCH_MANAGER, branches=[3]),
            "shop": _person(office, "shop", Role.SHOP_MANAGER, shops=[7]),
        }
        figures = []
        for who, person in people.items():
            for name, address in _pages(runtime, who).items():
                if options.only in name:
                    figures.append(_page(runtime, f"{who}: {name}", person, address, options.rounds))
        return figures
    finally:
        runtime.close()


def _fill(config: DatabaseConfig, size: Crowd) -> None:
    database = Database(config)
    try:
        schema.migrate(database)
        with database.reading() as session:
            is_empty = session.scalar(select(Fan.id).limit(1)) is None
        if is_empty:
            open_runtime(make.config(config.url)).close()  # makes the account
            crowd.seed(database, size)
    finally:
        database.close()


def _person(office: Office, name: str, role: Role, **scope: Any) -> Person:
    office.add(name, role, **scope)
    return office.inside(name)


def _pages(runtime: Runtime, who: str) -> dict[str, str]:
    """Return the address of every list by its name, with the filters people use."""
    today = utc_now().astimezone(HERE).date()
    week, month = (today - timedelta(days=days) for days in (7, 60))
    with runtime.db.reading() as session:
        newest = session.scalar(select(Message.id).order_by(Message.id.desc()).limit(1)) or 0
    found = {
        "home": "/admin/",
        "fans": "/admin/fans/",
        "fans, left": "/admin/fans/?standing=left",
        "fans of a shop": "/admin/fans/?shop=7",
        "fans by scene": "/admin/fans/?scene=c:599",
        "fans by OpenID": "/admin/fans/?q=oBench0000000000000000012345",
        "fans by words nobody has": "/admin/fans/?q=nobody-is-called-this",
        "fans silent for a month": "/admin/fans/?active=-30",
        "fans of a week": f"/admin/fans/?since={week}&until={week}",
        "messages": "/admin/messages/",
        "messages, far back": f"/admin/messages/?before={newest // 3}",
        "messages nobody answered": "/admin/messages/?answered=nobody",
        "messages of a day": f"/admin/messages/?since={week}&until={week}&kind=message",
        "messages, words": "/admin/messages/?q=三亚",
        "messages, rare words": "/admin/messages/?q=北极光",
        "messages, words nobody said": "/admin/messages/?q=没有人说过",
        "messages, words on a day": f"/admin/messages/?q=没有人说过&since={month}&until={month}",
        "messages of the busiest fan": f"/admin/messages/?fan={BUSIEST}",
        "answer times": "/admin/desk/answers/",
        "answer times of a day": f"/admin/desk/answers/?since={week}&until={week}",
        "answer times, long": "/admin/desk/answers/?slower=300",
        "notes for the desk": "/admin/desk/notes/",
        "notes, seen to": "/admin/desk/notes/?state=done",
        "shops": "/admin/shops/",
        "staff": "/admin/staff/",
        "auto-replies": "/admin/replies/",
    }
    for name, fan in (("busiest", BUSIEST), ("quiet", QUIET)):
        if (key := _fan_of(runtime, who, fan)) is not None:
            found[f"timeline of the {name} fan"] = f"/admin/fans/{key}"
    if who == "group":
        found |= {
            "outbox, dead": "/admin/outbox/",
            "outbox, done": "/admin/outbox/?state=done",
            "outbox, done, words": "/admin/outbox/?state=done&q=nothing-like-this",
            "audit": "/admin/audit/",
            "audit by name": "/admin/audit/?who=branch",
            "audit by action": "/admin/audit/?action=nothing.like_this",
            "audit of a day": f"/admin/audit/?since={month}&until={month}",
            "users": "/admin/users/",
        }
    return found


def _fan_of(runtime: Runtime, who: str, fan: int) -> int | None:
    """Return the first fan of the visitor's scope from that id on."""
    shops = {"group": None, "branch": range(2, crowd.SHOPS + 1, crowd.BRANCHES), "shop": [7]}[who]
    wanted = select(Fan.id).where(Fan.id >= fan).order_by(Fan.id).limit(1)
    if shops is not None:
        wanted = wanted.where(Fan.last_shop_id.in_(shops))
    with runtime.db.reading() as session:
        return session.scalar(wanted)


def _page(runtime: Runtime, name: str, person: Person, address: str, rounds: int) -> Figures:
    figures = Figures(name)
    with _listening(runtime) as statements:
        answer = person.client.get(address)  # also warms what stays in memory
    if answer.status_code != 200:
        figures.faults.append(f"{name}: {address} answered {answer.status_code}")
    for _round in range(rounds):
        began = time.perf_counter()
        person.client.get(address)
        figures.times.append((time.perf_counter() - began) * 1000)
    figures.statements = len(statements)
    figures.faults += sorted({f"{name}: {fault}" for fault in _whole_tables(runtime, statements)})
    print(f"{figures.p50:7.0f} ms  {name}", file=sys.stderr, flush=True)
    return figures


@contextmanager
def _listening(runtime: Runtime) -> Iterator[list[Statement]]:
    heard: list[Statement] = []

    def note(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            heard.append((statement, parameters))

    event.listen(runtime.db.engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(runtime.db.engine, "before_cursor_execute", note)


def _whole_tables(runtime: Runtime, statements: list[Statement]) -> Iterator[str]:
    """Yield what is wrong with the plans: big tables that are read from end to end."""
    with runtime.db.engine.connect() as connection:
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plan = rows.scalar_one()
            for table in _scanned(plan if isinstance(plan, list) else orjson.loads(plan), None):
                if table in BIG and _is_big(connection, table):
                    yield f"{table} is read whole by {' '.join(statement.split())[:160]}"


def _scanned(plan: Any, limit: float | None) -> Iterator[str]:
    """Yield the tables read whole; `limit` is what the Limit above may cost: one that ends early is none."""
    if isinstance(plan, list):
        for one in plan:
            yield from _scanned(one, limit)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Limit":
            limit = plan["Total Cost"]
        # A window of the key that happens to hold most of a table is bounded by its time (`admin.scanning`).
        is_window = "(id >= " in plan.get("Filter", "") and "(id < " in plan.get("Filter", "")
        ends_early = limit is not None and limit < plan.get("Total Cost", 0) / 10
        if plan.get("Node Type") == "Seq Scan" and not is_window and not ends_early:
            yield str(plan["Relation Name"])
        yield from _scanned(list(plan.values()), limit)


def _is_big(connection: Connection, table: str) -> bool:
    """Tell whether the table is worth an index: PostgreSQL rightly reads a small one whole."""
    rows = connection.exec_driver_sql("SELECT reltuples FROM pg_class WHERE relname = %s", (table,))
    return bool(rows.scalar_one() > 100_000)


def _table(figures: list[Figures]) -> str:
    lines = [f"{'page':48} {'p50 ms':>8} {'worst':>8} {'statements':>11}"]
    for one in figures:
        mark = " *" if one.p50 > AIM_MS else ""
        lines.append(f"{one.name:48} {one.p50:8.1f} {one.worst:8.1f} {one.statements:11}{mark}")
    return "\n".join(lines)
