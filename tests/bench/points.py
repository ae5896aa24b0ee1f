"""The points ledger on PostgreSQL: many writers at random, whether it adds up, and what an award by 20 rules costs.

A million operations: `make bench ONLY="points --operations 1000000"`.
"""

import argparse
import json
import multiprocessing
import os
import random
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, func, insert, select, text

from bot import schema
from bot.config import DatabaseConfig
from bot.db import Database
from bot.members.models import Member, MemberState
from bot.points import reconciling
from bot.points.models import PointAccount, PointAllocation, PointEntry, PointLot
from tests.bench import points_writer, rule_book
from tests.bench.databases import NoServer, postgresql
from tests.bench.measuring import middle

ROUNDS = 3
LOST = {"told", "sum", "balance", "lot", "debt"}  # what an update that was lost would break


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--operations", type=int, default=40_000)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=240.0, help="stop the operations after so long")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round of awards and of updates")
    parser.add_argument("--quick", action="store_true", help="does it still work? no figure to believe")


def run(options: argparse.Namespace) -> int:
    """Measure the points ledger; 1 if anything does not add up."""
    if options.quick:
        options.operations, options.members, options.writers, options.seconds = 200, 30, 2, 0.3
    try:
        with postgresql() as url:
            figures = measure(url, options)
    except NoServer as error:
        print(error)
        print(json.dumps({"missing": str(error)}))
        return 0
    print(table(figures))
    print(json.dumps(figures))
    return 1 if figures["violations"] else 0


def measure(url: str, options: argparse.Namespace) -> dict[str, Any]:
    db = Database(DatabaseConfig(url=url))
    load = os.getloadavg()[0]
    try:
        first = prepare(db, options.members)
        shop = rule_book.publish(db)
        members = range(first, first + options.members)
        began = time.monotonic()
        share = options.operations // options.writers
        deadline = time.time() + options.minutes * 60
        storms = at_once(points_writer.storm, url, members, options.writers, share, deadline)
        seconds = time.monotonic() - began
        done = sum(one["operations"] for one in storms)
        wrong = violations(db, storms)
        rates = [rate(url, members, options, shop) for _ in range(1 if options.quick else ROUNDS)]
        wrong += [finding.as_document() for finding in reconcile(db)]
        costs = award_costs(db, members, shop, 20 if options.quick else 200)
    finally:
        db.close()
    names = {
        "awards": "awards_per_second",
        "plain": "plain_awards_per_second",
        "bare": "bare_update_per_second",
    }
    return {
        "operations": done,
        "writers": options.writers,
        "members": options.members,
        "operations_per_second": round(done / seconds, 1),
        "refused": sum(one["refused"] for one in storms),
        "deadlocks": sum(one["deadlocks"] for one in storms),
        "violations": len(wrong),
        "lost_updates": sum(one["check"] in LOST for one in wrong),
        "negative_balances": sum(one["check"] == "negative" for one in wrong),
        "found": wrong[:10],
        **{said: round(middle(rates, lambda one, name=name: one[name]), 1) for name, said in names.items()},
        "award_over_bare": round(middle(rates, lambda one: one["awards"] / one["bare"]), 3),
        **costs,
        "load_before": round(load, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }


def prepare(db: Database, members: int) -> int:
    """Make the tables, the members, and a plain balance for each; return the first member's id."""
    schema.migrate(db)
    now = datetime.now(UTC)
    with db.transaction() as session:
        session.execute(
            insert(Member),
            [
                {
                    "number": f"M{place:010}",
                    "state": MemberState.ACTIVE.value,
                    "source": "bench",
                    "created_at": now,
                }
                for place in range(members)
            ],
        )
        first = session.scalar(select(func.min(Member.id))) or 0
        session.execute(text("CREATE TABLE bare (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL)"))
        session.execute(text("INSERT INTO bare SELECT id, 0 FROM member"))
    return first


def at_once(work: Any, url: str, members: range, writers: int, *arguments: Any) -> list[dict[str, Any]]:
    """Run `work` in that many processes that begin together; return what each came to."""
    context = multiprocessing.get_context("spawn")
    barrier, came = context.Barrier(writers), context.Queue()
    processes = [
        context.Process(target=work, args=(url, members, place, barrier, came, *arguments))
        for place in range(writers)
    ]
    for process in processes:
        process.start()
    results = [came.get() for _ in processes]
    for process in processes:
        process.join()
    faults = [one["fault"] for one in results if "fault" in one]
    if faults:
        raise RuntimeError(faults[0])
    return results


def violations(db: Database, storms: list[dict[str, Any]]) -> list[Any]:
    """Return what does not add up: among the rows, and between the rows and what the writers were told."""
    wrong: list[Any] = [finding.as_document() for finding in reconcile(db)]
    told = {name: sum(one["told"].get(name, 0) for one in storms) for name in ("entries", "points")}
    with db.reading() as session:
        asked = PointEntry.source == points_writer.SOURCE
        kept = session.execute(
            select(func.count(), func.coalesce(func.sum(PointEntry.points), 0)).where(asked)
        ).one()
        balances = session.scalar(select(func.coalesce(func.sum(PointAccount.balance), 0)))
        moved = session.scalar(select(func.coalesce(func.sum(PointAllocation.points), 0)))
        negative = session.scalar(select(func.count()).where(PointLot.remaining < PointLot.held))
    if (told["entries"], told["points"]) != (kept[0], int(kept[1])):
        wrong.append({"check": "told", "says": told, "should": [kept[0], int(kept[1])]})
    if balances != moved:
        wrong.append({"check": "sum", "says": int(balances or 0), "should": int(moved or 0)})
    if negative:
        wrong.append({"check": "negative", "says": negative, "should": 0})
    return wrong


def reconcile(db: Database) -> list[reconciling.Finding]:
    """Add everything up again, slice by slice."""
    found: list[reconciling.Finding] = []
    above = 0
    while True:
        with db.reading() as session:
            upto = reconciling.slice_after(session, above)
            if upto is None:
                return found
            found += reconciling.findings(session, above=above, upto=upto)
        above = upto


def rate(url: str, members: range, options: argparse.Namespace, shop: int) -> dict[str, float]:
    """Return how many there were a second of each, one after the other, with the same writers: purchases that
    earn by 20 rules, plain awards of the ledger, and bare conditional updates.
    """
    works = {
        "awards": (rule_book.buy_for, (options.seconds, shop)),
        "plain": (points_writer.timed, ("awards", options.seconds)),
        "bare": (points_writer.timed, ("bare", options.seconds)),
    }
    found = {}
    for name, (work, arguments) in works.items():
        came = at_once(work, url, members, options.writers, *arguments)
        found[name] = sum(one["done"] for one in came) / max(one["seconds"] for one in came)
    return found


def award_costs(db: Database, members: range, shop: int, times: int) -> dict[str, Any]:
    """Return what one award costs by itself, the first of a member's day: statements, BEGIN and COMMIT aside,
    which no load changes, and this process's CPU.
    """
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    found: dict[str, Any] = {}
    dice = random.Random(5)
    acts = {
        "award": lambda key: rule_book.buy(db, dice, members, key, shop),
        "plain_award": lambda key: points_writer.award(db, dice.choice(members), key),
    }
    for name, act in acts.items():
        act(f"{name}:first")
        began = time.process_time()
        for place in range(times):
            act(f"{name}:{place}")
        found[f"{name}_cpu_ms"] = round((time.process_time() - began) / times * 1000, 2)
        seen.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        act(f"{name}:last")
        event.remove(db.engine, "before_cursor_execute", note)
        found[f"{name}_statements"] = len(seen)
    return found


def table(figures: dict[str, Any]) -> str:
    return "\n".join(
        [
            (
                f"{figures['operations']:,} random operations, {figures['writers']} writers, "
                f"{figures['members']:,} members: {figures['operations_per_second']:,.0f} a second, "
                f"{figures['refused']:,} refused, {figures['deadlocks']} deadlocks"
            ),
            (
                f"violations: {figures['violations']}, lost updates: {figures['lost_updates']}, "
                f"negative balances: {figures['negative_balances']}"
            ),
            (
                f"a second: awards by 20 rules {figures['awards_per_second']:,.0f}, plain awards "
                f"{figures['plain_awards_per_second']:,.0f}, bare conditional updates "
                f"{figures['bare_update_per_second']:,.0f} (awards over bare: {figures['award_over_bare']})"
            ),
            (
                f"an award by 20 rules: {figures['award_statements']} statements, "
                f"{figures['award_cpu_ms']} ms of CPU; a plain one: {figures['plain_award_statements']}, "
                f"{figures['plain_award_cpu_ms']} ms"
            ),
            f"load of the machine before and after: {figures['load_before']}, {figures['load_after']}",
        ]
    )
