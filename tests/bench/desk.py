"""The desk over one day: `python -m tests.bench desk`; with `--decision` or `--race` what one decision costs."""

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot import schema
from bot.config import DatabaseConfig
from bot.db import Database
from tests.bench import databases, desk_peers, desk_world
from tests.bench.desk_day import Day, figures, percentile

MUST_BE_ZERO = ("unanswered", "over_seats", "two_open", "unexplained", "wrong_seats")
WITHOUT_KILLS = ("free_while_waiting",)  # a clock that was killed sees for some seconds nobody come free


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--shops", type=int, default=40)
    parser.add_argument("--agents", type=int, default=120)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument(
        "--since", type=float, default=0.0, help="hours after opening; who asks earlier is left out"
    )
    parser.add_argument(
        "--until", type=float, default=24.0, help="hours after opening; who asks later is left out"
    )
    parser.add_argument("--fails", type=float, default=0.02, help="share of calls WeChat does not answer")
    parser.add_argument("--kills", type=float, default=0.0, help="share of calls at which the worker dies")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--mariadb", action="store_true", help="on MariaDB instead of SQLite")
    parser.add_argument("--decision", action="store_true", help="database time of one routing decision")
    parser.add_argument("--race", action="store_true", help="many requests for the last seat at one instant")


def run(options: argparse.Namespace) -> int:
    """Route a day's travellers, beside a random and a round-robin router; or time one decision."""
    from tests.bench import desk_decision, desk_race

    with tempfile.TemporaryDirectory() as folder, database(options, Path(folder)) as db:
        if options.decision:
            found, right = desk_decision.measure(db), desk_decision.RIGHT
        elif options.race:
            found, right = desk_race.measure(db), desk_race.RIGHT
        else:
            found, right = a_day(db, options), right_of_a_day(options.kills)
    for name, figure in found.items():
        print(f"{name:20} {figure}")
    print(json.dumps(found))
    return int(bool(wrong(found, right)))


def right_of_a_day(kills: float) -> dict[str, int]:
    """Return what a day's figures must be."""
    return dict.fromkeys(MUST_BE_ZERO if kills else (*MUST_BE_ZERO, *WITHOUT_KILLS), 0)


def wrong(found: Mapping[str, Any], right: Mapping[str, int]) -> list[str]:
    """Say which figures are not what they must be; one that is not there is a fault of the measuring."""
    said = [
        f"{name} is {found[name]} and must be {must}" for name, must in right.items() if found[name] != must
    ]
    for one in said:
        print(one, file=sys.stderr)
    return said


def a_day(db: Database, options: argparse.Namespace) -> dict[str, Any]:
    world = desk_world.draw(options.requests, shops=options.shops, agents=options.agents, seed=options.seed)
    part = [one for one in world.requests if options.since <= one.at / 3600 < options.until]
    world = replace(world, requests=tuple(part))
    began = time.monotonic()
    day = Day(db, world, options.seed, fails=options.fails, kills=options.kills)
    day.run()
    found = figures(day)
    found["seconds"] = round(time.monotonic() - began, 1)
    for how in ("random", "round_robin"):
        peer = desk_peers.route(world, how, seed=options.seed)
        waits = sorted(peer.waits)
        found[how] = {
            "own_shop_share": round(peer.own / max(peer.served, 1), 3),
            "wait_p50_s": percentile(waits, 0.5),
            "wait_p95_s": percentile(waits, 0.95),
            "served": peer.served,
        }
    return found


def _carelessly(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@contextlib.contextmanager
def database(options: argparse.Namespace, folder: Path) -> Iterator[Database]:
    """Yield a migrated database of our own."""
    if options.postgresql:
        where = databases.postgresql()
    else:
        where = databases.mariadb() if options.mariadb else databases.sqlite(folder)
    with where as url:
        db = Database(DatabaseConfig(url=url, sqlite_synchronous="normal", pool_size=32))
        if db.dialect == "sqlite":
            event.listen(db.engine, "connect", _carelessly)  # what one decision costs is not asked here
        schema.migrate(db)
        yield db
        db.close()
