"""What channels brought, at size: events added up by day, and the page of figures over them, on PostgreSQL."""

import argparse
import json
import statistics
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot import schema
from bot.channels.figures import days, facts, jobs
from bot.channels.figures.models import ChannelFigure
from bot.channels.models import TOUCHES, Channel, ChannelEvent
from bot.config import RedisConfig
from bot.db import Database, utc_now
from bot.runtime import open_runtime
from bot.users.roles import Role
from tests import make
from tests.bench.databases import NoServer, postgresql
from tests.support.office import Office
from tests.support.private_redis import private_redis

EVENTS = 10_000_000
DAYS = 90
SHOPS = 40
CHANNELS = 400
ASKED = {
    "page_ms": "",
    "page_by_shop_ms": "by=shop&unit=week",
    "page_90_days_ms": "{90}",
    "shop_manager_ms": "{me}",
}
INDEXES = ("ix_channel_event_at_id", "ix_channel_event_fan_id_at", "ix_channel_event_channel_id_at")
# Five deeds a fan: a follow, then scans of the same few codes, and for every third fan a leave in the end.
SEED = """
INSERT INTO channel_event (at, noted_at, account_id, channel_id, fan_id, shop_id, deed, who, again)
SELECT began + later, now() - interval '1 hour', :account, channel, fan, 1 + channel % :shops, deed,
       CASE WHEN fan % 200 = 0 THEN 'staff' WHEN deed = 'follow' THEN 'new' ELSE 'fan' END, false
FROM (
  SELECT fan, 1 + floor(:channels * power(random(), 2))::int AS channel,
         now() - make_interval(secs => (((fan::bigint * 7919) % 1000003) / 1000003.0 * :days * 86400)::int) AS began,
         CASE WHEN turn = 0 THEN interval '0' ELSE make_interval(secs => (turn * 40000 * random())::int + turn) END AS later,
         CASE WHEN turn = 0 THEN 'follow' WHEN turn = 4 AND fan % 3 = 0 THEN 'leave' ELSE 'scan' END AS deed
  FROM (SELECT g % :fans + 1 AS fan, g / :fans AS turn FROM generate_series(0, :events - 1) AS g) AS numbers
) AS lives WHERE began + later < now() - interval '1 hour' ORDER BY 1
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many to add up ({EVENTS:,})")
    parser.add_argument("--pages", type=int, default=9, help="how often each page is asked for")
    parser.add_argument("--codes", type=int, default=10_000, help="how many codes to make; 0 leaves them out")


def run(options: argparse.Namespace) -> int:
    """Add up the events of channels, and show the page of figures over them."""
    found: dict[str, Any] = {"rollup_events_per_second": None, "page_ms": None, "codes_per_second": None}
    try:
        with postgresql() as url, private_redis() as redis:
            found |= _measure(url, redis.url, options)
    except NoServer as error:
        found["missing"] = str(error)
    if options.codes:
        found |= _codes(options.codes)
    for name, value in found.items():
        print(f"{name:<32}{value}")
    print(json.dumps(found))
    return 0 if found.get("rows_right", True) else 1


def _measure(url: str, redis_url: str, options: argparse.Namespace) -> dict[str, Any]:
    config = replace(make.config(url), redis=RedisConfig(url=redis_url))
    with Database(config.database) as db:
        schema.migrate(db)
    runtime = open_runtime(config)
    try:
        db = runtime.db
        office = _people(Office(runtime))
        seeded = _seed(db, runtime.accounts["head"].id, options.events)
        began = time.perf_counter()
        slowest = _roll_up(db)
        seconds = time.perf_counter() - began
        with db.reading() as session:
            count = session.scalar(select(func.count()).select_from(ChannelEvent)) or 0
            is_right = _is_right(session)
        return {
            "events": count,
            "seed_seconds": round(seeded, 1),
            "rollup_seconds": round(seconds, 1),
            "rollup_events_per_second": round(count / seconds),
            "slowest_day_ms": round(slowest["count"] * 1000),
            "slowest_write_ms": round(slowest["write"] * 1000),
            "rows_right": is_right,
            **_pages(office, options.pages),
        }
    finally:
        runtime.close()


def _people(office: Office) -> Office:
    """Make the shops and channels, a head of all and a manager of one shop."""
    shops = [make.shop(office.db, f"第{number}店", f"{number % 8}分公司") for number in range(SHOPS)]
    account = office.runtime.accounts["head"].id
    with office.db.transaction() as session:
        session.add_all(
            Channel(
                account_id=account,
                scene=f"c:{number}",
                name=f"渠道{number}",
                shop_id=shops[number % SHOPS],
                created_at=utc_now(),
            )
            for number in range(1, CHANNELS + 1)
        )
    office.add("alice")
    office.add("manager", Role.SHOP_MANAGER, shops=[shops[7]])
    return office


def _seed(db: Database, account: int, events: int) -> float:
    began = time.perf_counter()
    size = {"account": account, "shops": SHOPS, "channels": CHANNELS, "days": DAYS}
    with db.transaction() as session:
        session.execute(text("SELECT setseed(0.4)"))
        made = {
            name: session.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = :n"), {"n": name})
            for name in INDEXES
        }
        for name in INDEXES:
            session.execute(text(f"DROP INDEX {name}"))
        session.execute(text(SEED), {**size, "events": events, "fans": max(1, events // 5)})
        for definition in made.values():
            session.execute(text(definition))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE channel_event"))
    return time.perf_counter() - began


def _roll_up(db: Database) -> dict[str, float]:
    """Add every day up as the command does; return the longest count and the longest write."""
    slowest = {"count": 0.0, "write": 0.0}
    with db.transaction() as session:
        jobs.skip_to_end(session, now=utc_now())
        days.want_all(session)
    with db.reading() as session:
        waiting = days.stale(session)
    for day in waiting:
        began = time.perf_counter()
        with db.reading() as session:
            counted = days.count(session, day)
        between = time.perf_counter()
        with db.transaction() as session:
            days.replace(session, counted, now=utc_now())
        slowest["count"] = max(slowest["count"], between - began)
        slowest["write"] = max(slowest["write"], time.perf_counter() - between)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE channel_figure, channel_hour"))
    return slowest


def _is_right(session: Session) -> bool:
    """Hold the sums against plain counts of the events."""
    names = ("follows", "leaves", "scans", "repeats", "staff_scans")
    sums = session.execute(select(*[func.sum(getattr(ChannelFigure, name)) for name in names])).one()
    told = dict(zip(names, map(int, sums), strict=True))
    plain = {
        (deed, who == "staff"): count
        for deed, who, count in session.execute(
            select(ChannelEvent.deed, ChannelEvent.who, func.count()).group_by(
                ChannelEvent.deed, ChannelEvent.who
            )
        )
    }
    touches = sum(count for (deed, is_staff), count in plain.items() if deed in TOUCHES and not is_staff)
    return (
        told["follows"] == plain.get(("follow", False), 0)
        and told["leaves"] == plain.get(("leave", False), 0)
        and told["scans"] + told["repeats"] == touches
    )


def _pages(office: Office, times: int) -> dict[str, float]:
    alice, manager = office.inside("alice"), office.inside("manager")
    today = utc_now().astimezone(facts.HERE).date()
    found = {}
    for name, query in ASKED.items():
        who = manager if query == "{me}" else alice
        asked = {"{me}": "", "{90}": f"since={today - timedelta(DAYS - 1)}"}.get(query, query)
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            answer = who.get(f"/admin/channel-figures/?{asked}")
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200
        found[name] = round(statistics.median(taken), 1)
    return found


def _codes(count: int) -> dict[str, Any]:
    """Make codes as `tests.bench codes` does, where that is there."""
    with suppress(ImportError):
        from tests.bench import codes  # type: ignore[attr-defined]

        return {"codes_per_second": round(codes.measure(count).codes_per_second)}
    return {}
