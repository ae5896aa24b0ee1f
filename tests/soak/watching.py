"""What is measured every ten seconds, and how time is folded so that an hour sees what months would.

Rows older than two minutes are written as if they were as old as the product's
own periods allow; the product's own jobs then prune them, asked for each half
minute instead of each ten minutes or hour.
"""

import time
from datetime import timedelta

import psutil
from sqlalchemy import Column, case, func, literal, select, text, union_all, update

from bot.db import Database, utc_now
from bot.db.types import table_of
from bot.outbox.models import Promise
from bot.outbox.promises import Wish, promise
from bot.queue import open_queue
from bot.retention.periods import PERIODS
from bot.tables import METADATA
from tests.soak.house import House

OLD = timedelta(days=200)
YOUNG = timedelta(minutes=2)
JOBS = (
    "retention.forget",
    "outbox.forget_done",
    "earning.forget_words",
    "files.forget",
    "members.tidy",
    "sms.forget",
)
# What tells how old a row is; of a conversation that is its end.
AGEING = [
    period.at if isinstance(period.at, Column) else table_of(period.model).c.closed_at for period in PERIODS
] + [table_of(Promise).c.finished_at]
PRUNED = sorted({period.table for period in PERIODS} | {"outbox", "till_nonce"})
KEPT = ("fan", "member", "audit_entry", "point_entry", "purchase", "daily_figure", "file_part")


def sample(house: House, db: Database, *, at: float) -> dict[str, float]:
    """Return everything that can be counted now."""
    found: dict[str, float] = {"at": at}
    for name, tree in house.trees().items():
        facts = [one for process in tree if (one := _facts(process))]
        # The simulator keeps chats, calls and pushes to be looked at: it is told of, not judged.
        of = name if name != "simulator" else "simulator (not judged)"
        mark = "" if name != "simulator" else "beside "
        found[f"{mark}rss:{of}"] = sum(one[0] for one in facts) / 1e6
        found[f"{mark}fds:{of}"] = sum(one[1] for one in facts)
        found[f"{mark}threads:{of}"] = sum(one[2] for one in facts)
    # Sign-ins and limits end by themselves, and the clock bounds what is handed out (`bot.queue.room`): both rise
    # and fall with what travellers do. What is left is there for good.
    asked = house.redis.client.pipeline().info("keyspace").llen(open_queue(house.redis.client).key)
    keyspace, queued = asked.execute()
    every = keyspace.get("db0", {"keys": 0, "expires": 0})
    found["keys:redis"] = float(every["keys"] - every["expires"] - queued)
    found["beside expiring:redis (not judged)"] = float(every["expires"])
    found["beside queued:redis (not judged)"] = float(queued)
    found["connections:redis"] = float(house.redis.client.info("clients")["connected_clients"])
    found["memory:redis"] = house.redis.client.info("memory")["used_memory"] / 1e6
    with db.reading() as session:
        counted = [
            select(literal(name), func.count()).select_from(METADATA.tables[name])
            for name in (*PRUNED, *KEPT)
            if name in METADATA.tables
        ]
        for name, count in session.execute(union_all(*counted)):
            found[f"{'rows' if name in PRUNED else 'kept'}:{name}"] = count
        if db.dialect == "postgresql":
            others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            found["connections:database"] = session.scalar(text(others)) or 0
    return found


def fold(db: Database) -> None:
    """Make what is older than two minutes as old as it may be, and have it looked for."""
    now = utc_now()
    with db.transaction() as session:
        connection = session.connection()
        for column in AGEING:
            over = column.table.c.get("closed_at", column)  # what goes on is not to be pruned
            aged = update(column.table).where(over < now - YOUNG, column > now - OLD)
            values = {column.name: literal(now - OLD, column.type)}
            began = column.table.c.get("opened_at")
            if began is not None:  # nothing ends before it began
                values["opened_at"] = case((began > now - OLD, values[column.name]), else_=began)
            connection.execute(aged.values(values))
        for job in JOBS:
            promise(session, Wish(job, {}, now, job), now=now)


class Fold:
    """Folds time every so often, where somebody asks."""

    def __init__(self, every: float = 30.0) -> None:
        self._every, self._last = every, time.monotonic()

    def __call__(self, db: Database) -> None:
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            fold(db)


def _facts(process: psutil.Process) -> tuple[int, int, int] | None:
    try:
        with process.oneshot():
            return process.memory_info().rss, process.num_fds(), process.num_threads()
    except psutil.NoSuchProcess:
        return None
