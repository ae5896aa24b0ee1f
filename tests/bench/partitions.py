"""What it costs and saves to cut the messages by month, on PostgreSQL: the same rows in a whole table and in a cut one."""

import argparse
import json
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, Text, cast, func, select, text

from bot.config import DatabaseConfig, PrivacyConfig
from bot.db import Base, Database, utc_now
from bot.db.bulk import Row
from bot.db.types import table_of
from bot.messages import rows
from bot.messages.models import Message, PlainPush
from bot.partitions import keeping, shapes, turning
from bot.partitions.shapes import following, midnight, month_of
from bot.retention import dropping, periods
from tests.bench import databases
from tests.bench.databases import NoServer

MONTHS, SLICE, BATCH = 24, 250_000, 100
MESSAGES = shapes.TABLES[0]
FILL = """
INSERT INTO message (key, account_id, fan_id, kind, fields, sent_at, received_at, answered_by, reply)
SELECT decode(md5(i::text), 'hex'), 1, 1 + floor(power(random(), 2) * :fans)::bigint, 'text',
    jsonb_build_object('Content', (ARRAY['请问云南六日游多少钱','我想去三亚','营业时间','几点出发'])[1 + i % 4]),
    at, at + interval '1 second', 'rule:1',
    '{"type": "text", "content": "您好，您的留言已收到，门店会尽快回复您。"}'
FROM (SELECT i, CAST(:begun AS timestamptz) + (CAST(:now AS timestamptz) - :begun) * (i::float8 / :whole) AS at
    FROM generate_series(CAST(:low AS bigint), :high) i) one
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--messages", type=int, default=5_000_000, help="in two years")
    parser.add_argument("--rounds", type=int, default=200, help="of each question, and batches written")
    parser.add_argument("--quick", action="store_true", help="24,000 messages, a few rounds: does it work?")


def run(options: argparse.Namespace) -> int:
    """Measure writing, reading and forgetting messages in a whole table and in one cut by month."""
    if options.quick:
        options.messages, options.rounds = 24_000, 3
    figures: dict[str, dict[str, float]] = {}
    try:
        with ExitStack() as stack:
            both = {name: stack.enter_context(_filled(name, options.messages)) for name in ("whole", "cut")}
            figures = _asked(both, options)
            forgotten = {"whole": _deleted(both["whole"]), "cut": _dropped(both["cut"])}
            figures["a month of rows forgotten, a row (us)"] = forgotten
            figures["the whole table cut (s)"] = {"whole": 0.0, "cut": _turned(both["whole"])}
    except NoServer as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{'':44} {'whole':>10} {'cut':>10}")
    for name, one in figures.items():
        print(f"{name:44} {one['whole']:10.3f} {one['cut']:10.3f}")
    print(json.dumps({"partitions_messages": options.messages, "partitions": figures}))
    return 0


@contextmanager
def _filled(name: str, messages: int) -> Iterator[Database]:
    now = utc_now()
    begun = midnight(following(month_of(now), -MONTHS))
    with databases.postgresql(f"bench_{name}") as url, Database(DatabaseConfig(url=url)) as db:
        Base.metadata.create_all(db.engine, tables=[table_of(Message), table_of(PlainPush)])
        if name == "cut":
            _cut(db, begun - timedelta(days=40))
            for month in range(MONTHS + 1):
                with db.connection() as connection:
                    keeping.make_missing(
                        connection, MESSAGES, now=midnight(following(month_of(begun), month))
                    )
        began = time.monotonic()
        for low in range(1, messages + 1, SLICE):
            facts = {"low": low, "high": min(low + SLICE - 1, messages), "whole": messages}
            with db.connection() as connection:
                fill = {"begun": begun, "now": now, "fans": max(1, messages // 10)}
                connection.execute(text(FILL), {**facts, **fill})
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE message"))
        print(f"{name}: {messages:,} rows in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        yield db


def _cut(db: Database, now: datetime) -> None:
    with db.connection() as connection:
        plan = turning.plan(connection, MESSAGES, now=now)
    turning.turn(db, plan, now=now, say=lambda words: None)


def _asked(both: dict[str, Database], options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the median of each question in milliseconds, asked of one and the other by turns."""
    now = utc_now()
    some = 1 + options.messages // 2
    figures: dict[str, dict[str, float]] = {}
    pages: dict[str, Select[tuple[int]]] = {
        "the newest fifty (ms)": select(Message.id).order_by(Message.id.desc()).limit(50),
        "fifty from the middle (ms)": select(Message.id)
        .where(Message.id < some)
        .order_by(Message.id.desc())
        .limit(50),
        "fifty of one fan (ms)": select(Message.id)
        .filter_by(fan_id=77)
        .order_by(Message.id.desc())
        .limit(50),
        "one by its number (ms)": select(Message.id).filter_by(id=some),
        "one by its key (ms)": select(Message.id).where(
            Message.key == func.decode(func.md5(cast(some, Text)), "hex")
        ),
        "yesterday's, counted (ms)": select(func.count(Message.id)).where(
            Message.received_at >= now - timedelta(days=2), Message.received_at < now - timedelta(days=1)
        ),
    }

    def ask(wanted: Select[tuple[int]]) -> Callable[[Database], None]:
        def once(db: Database) -> None:
            with db.reading() as session:
                session.execute(wanted).all()

        return once

    questions = {name: ask(wanted) for name, wanted in pages.items()}
    questions["a batch of 100: known? (ms)"] = _look_up
    questions["a batch of 100 written and committed (ms)"] = _write
    for name, once in questions.items():
        times: dict[str, list[float]] = {one: [] for one in both}
        for number in range(options.rounds):
            for one in both if number % 2 else reversed(both):
                began = time.perf_counter()
                once(both[one])
                times[one].append(1000 * (time.perf_counter() - began))
        figures[name] = {one: statistics.median(taken) for one, taken in times.items()}
    return figures


def _look_up(db: Database) -> None:
    now = utc_now()
    with db.connection() as connection:
        rows.known(connection, [secrets.token_bytes(16) for _one in range(BATCH)], [], sent=(now, now))


def _write(db: Database) -> None:
    now = utc_now()
    written: list[Row] = [
        (secrets.token_bytes(16), 1, number, "text", {"Content": "在吗"}, now, now, "", None)
        for number in range(BATCH)
    ]
    with db.connection() as connection:
        rows.record(connection, written)


def _deleted(db: Database) -> float:
    """Delete the oldest month as the whole table has it done; return the microseconds of each row."""
    [period] = [one for one in periods.PERIODS if one.model is Message]
    config = replace(PrivacyConfig(), message_months=MONTHS - 1)
    before, began = _count(db), time.monotonic()
    last: int | None = 0
    while last is not None:
        with db.transaction() as session:
            last = periods.forget(session, period, config, after=last, now=_months_end())
    return 1e6 * (time.monotonic() - began) / max(1, before - _count(db))


def _dropped(db: Database) -> float:
    """Drop the oldest month; return the microseconds of each row."""
    [period] = [one for one in periods.PERIODS if one.model is Message]
    config = replace(PrivacyConfig(), message_months=MONTHS - 1)
    before, began = _count(db), time.monotonic()
    dropping.drop_months(db, period, config, now=_months_end())
    return 1e6 * (time.monotonic() - began) / max(1, before - _count(db))


def _turned(db: Database) -> float:
    began = time.monotonic()
    _cut(db, utc_now())
    return time.monotonic() - began


def _months_end() -> datetime:
    """Return a moment at which exactly the oldest month is over."""
    return midnight(month_of(utc_now())) + timedelta(hours=12)


def _count(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count(Message.id))) or 0
