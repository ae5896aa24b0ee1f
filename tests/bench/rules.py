"""Earning rules: judging with 20 active ones, and replaying purchases; what an award costs says `points`.

A million purchases: `make bench ONLY="rules --purchases 1000000"`.
"""

import argparse
import json
import os
import random
import resource
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from bot.audit import Actor
from bot.batches.models import Batch, BatchState
from bot.config import DatabaseConfig
from bot.db import Database
from bot.db.types import table_of
from bot.earning import replay
from bot.earning.models import EarningOccasion
from bot.earning.rules import writing
from bot.earning.rules.book import Trigger
from bot.earning.rules.evaluating import Judge
from bot.earning.rules.facts import Facts, Item, Occasion, Traveller
from bot.replica import Surveys
from tests.bench import points, rule_book
from tests.bench.databases import NoServer, postgresql
from tests.bench.rule_book import CATEGORIES, twenty

FIRST = date(2026, 1, 1)
DAYS = 120


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--purchases", type=int, default=200_000, help="purchases to replay")
    parser.add_argument("--members", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="of judging")
    parser.add_argument("--quick", action="store_true", help="does it still work? no figure to believe")


def run(options: argparse.Namespace) -> int:
    """Measure judging by 20 rules, and replaying purchases under two books."""
    if options.quick:
        options.purchases, options.members, options.seconds = 2000, 100, 0.5
    try:
        with postgresql() as url:
            figures = measure(url, options)
    except NoServer as error:
        print(error)
        print(json.dumps({"missing": str(error)}))
        return 0
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):34} {value:,}")
    print(json.dumps(figures))
    return 0


def measure(url: str, options: argparse.Namespace) -> dict[str, Any]:
    load = os.getloadavg()[0]
    db = Database(DatabaseConfig(url=url))
    try:
        first = points.prepare(db, options.members)
        shop = rule_book.publish(db)
        evaluated = evaluations(options.seconds)
        replayed = replay_rate(db, range(first, first + options.members), options.purchases, shop)
    finally:
        db.close()
    return {
        "evaluations_per_cpu_second": round(evaluated),
        "replayed_purchases": options.purchases,
        **replayed,
        "load_before": round(load, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }


def evaluations(seconds: float) -> float:
    """Return how many days of one purchase are judged a second, by one process."""
    judge, dice = Judge(twenty()), random.Random(7)
    days = []
    for number in range(500):
        tea = dice.randrange(1, 40000)
        items = (Item("a", dice.choice(CATEGORIES), 1, tea), Item("b", dice.choice(CATEGORIES), 2, 5000))
        day = FIRST + timedelta(days=number % DAYS)
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        who = Traveller(birthday=number % 50 == 0)
        bought = Occasion(
            f"o{number}",
            Trigger.PURCHASE,
            at,
            who,
            shop_id=1,
            amount=tea + 5000,
            payment="wechat",
            items=items,
        )
        days.append(Facts(day, (bought,)))
    began, done = time.process_time(), 0  # of this process alone: others may be busy on the machine
    while time.process_time() - began < seconds:
        for facts in days:
            judge.evaluate(facts)
        done += len(days)
    return done / (time.process_time() - began)


def replay_rate(db: Database, members: range, purchases: int, shop: int) -> dict[str, Any]:
    """Put purchases into the past and replay them; return how long reading and judging took."""
    _put_occasions(db, members, purchases, shop)
    definition = writing.write(twenty())
    now = datetime.now(UTC)
    with db.transaction() as session:
        batch = replay.begin(
            session,
            definition=definition,
            against={"rules": definition["rules"][:1], "groups": []},
            first=FIRST,
            last=FIRST + timedelta(days=DAYS),
            maker=Actor("bench", 1),
            now=now,
        )
        key = batch.id
    began, slices, longest, cpu = time.monotonic(), 0, 0.0, time.process_time()
    before, surveys = _most_megabytes(), Surveys(db, DatabaseConfig())
    while True:
        slice_began = time.monotonic()
        replay.run(db, surveys, key, now=now)
        longest, slices = max(longest, time.monotonic() - slice_began), slices + 1
        with db.reading() as session:
            batch = session.get_one(Batch, key)
        if batch.state == BatchState.DONE:
            break
    seconds = time.monotonic() - began
    assert batch.notes["new"]["rules"]["base"][1] > 0
    return {
        "replay_seconds": round(seconds, 1),
        "replayed_per_second": round(purchases / seconds),
        "replay_cpu_seconds": round(time.process_time() - cpu, 1),
        "replay_slices": slices,
        "longest_slice_seconds": round(longest, 1),
        "megabytes_more_than_before": _most_megabytes() - before,
    }


def _most_megabytes() -> int:
    """Return the most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _put_occasions(db: Database, members: range, purchases: int, shop: int) -> None:
    dice, table = random.Random(11), table_of(EarningOccasion)
    now = datetime.now(UTC)
    who = {"level": "", "segments": [], "staff": False, "birthday": False, "lunar_birthday": False}
    for start in range(0, purchases, 5000):
        rows = []
        for number in range(start, min(start + 5000, purchases)):
            day = FIRST + timedelta(days=dice.randrange(DAYS))
            amount = dice.randrange(1000, 60000)
            item = {
                "sku": "a",
                "name": "",
                "category": dice.choice(CATEGORIES),
                "quantity": 1,
                "amount": amount,
            }
            rows.append(
                {
                    "key": f"bench:{number}",
                    "trigger": Trigger.PURCHASE.value,
                    "member_id": dice.choice(members),
                    "day": day,
                    "occurred_at": datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
                    "shop_id": shop,
                    "purchase_id": None,
                    "version_id": None,
                    "facts": {
                        "who": who,
                        "event": "",
                        "amount": amount,
                        "payment": "wechat",
                        "items": [item],
                    },
                    "recorded_at": now,
                }
            )
        with db.connection() as connection:
            connection.execute(insert(table), rows)
