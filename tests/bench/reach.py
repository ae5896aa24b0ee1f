"""A broadcast through the planner, killed on the way: `python -m tests.bench reach`."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psutil
import requests
from sqlalchemy import func, insert, select, text

from bot import schema
from bot.config import Config, ReachConfig, WeChatConfig
from bot.db import Database, utc_now
from bot.fans.models import Fan, Standing
from bot.jobs import JOBS
from bot.reach import batches, contents
from bot.reach.models import NoticeState, ReachNotice, ReachSettings
from bot.reach.planning import MOST, Planned, notify_many
from bot.runtime import Runtime, open_runtime
from tests import make
from tests.bench.databases import NoServer, postgresql
from tests.support.private_redis import private_redis

FANS: Final = 200_000
BATCH: Final = "broadcast:bench"
ROOT: Final = Path(__file__).resolve().parents[2]
OPEN: Final = ("waiting", "calling")
KILLED_AT: Final = (0.3, 0.6)
SAID: Final = contents.text("{name}，秋天的江南，等您来走走。回复“线路”看看行程。")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--fans", type=int, default=FANS, help=f"how many are to be told ({FANS:,})")
    parser.add_argument("--rate", type=float, default=400.0, help="calls a second at most ([reach])")
    parser.add_argument("--workers", type=int, default=2, help="processes that send")
    parser.add_argument("--minutes", type=float, default=30.0, help="after which it ends, with what is left")
    parser.add_argument("--threads", type=int, default=8, help="calls at once in each ([reach])")
    parser.add_argument(
        "--lease", type=int, default=20, help="seconds until what a killed worker had is taken up"
    )


def run(options: argparse.Namespace) -> int:
    """Tell 200,000 fans; WeChat fails 1 % and loses 0.5 % of the answers; two workers are killed."""
    found: dict[str, Any] = {"doubled": None, "lost": None, "recipients_per_second": None}
    try:
        with postgresql() as url:
            found |= measured(url, options)
    except NoServer as error:
        found["missing"] = str(error)
    found["wrong"] = [] if "missing" in found else faults(found, threads=options.threads)
    for name, value in found.items():
        print(f"{name:<28}{value}")
    print(json.dumps(found))
    return 1 if found["wrong"] else 0


def faults(found: Mapping[str, Any], *, threads: int) -> list[str]:
    """Return why a run is no proof: of what it set out to send something is lost, twice, unsaid or not sent at all."""
    # An answer that never came, and what a killed process had in hand: nobody can know more of those.
    excused = found["answers_lost"] + found["kills"] * threads
    wrong = [
        f"{name}: {found[name]}" for name in ("doubled", "lost", "without_reason", "left") if found[name]
    ]
    if found["unsure"] > excused:
        wrong.append(
            f"unsure: {found['unsure']}, of which {excused} at most are WeChat's and the killed ones'"
        )
    if found["kills"] < len(KILLED_AT):
        wrong.append(f"kills: {found['kills']} of {len(KILLED_AT)}; it was over too soon")
    if not found["delivered"]:
        wrong.append("delivered: nothing")
    return wrong


def measured(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a run on this database came to."""
    with platform() as address, private_redis() as redis:
        settings = {
            "url": url,
            "platform": address,
            "redis": redis.url,
            "rate": options.rate,
            "threads": options.threads,
            "lease": options.lease,
        }
        config = configured(settings)
        database = Database(config.database)
        schema.migrate(database)
        runtime = open_runtime(config)
        try:
            reachable = _fill(runtime, options.fans)
            laid = _lay_down(runtime)
            sent = _send(runtime, settings, options)
            judged = _judge(database, address, reachable, options.rate)
            # Who was told; those without a call cost next to nothing and are not counted.
            speed = round(judged["delivered"] / sent["sending_seconds"], 1)
            return {**laid, **sent, **judged, "recipients_per_second": speed}
        finally:
            runtime.close()
            database.close()


def configured(settings: dict[str, Any]) -> Config:
    """Return the settings of a process of the run."""
    return replace(
        make.config(settings["url"], redis_url=settings["redis"]),
        wechat=WeChatConfig(api_base=settings["platform"], timeout_seconds=5.0),
        reach=ReachConfig(calls_per_second=settings["rate"], threads=settings["threads"]),
    )


@contextmanager
def platform() -> Iterator[str]:
    """Run the stand-in for WeChat; yield its address."""
    command = [sys.executable, "-m", "tests.bench.reach_platform"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "the stand-in did not start"
        yield address
        process.stdin.close()
        process.wait(timeout=20)


def _fill(runtime: Runtime, fans: int) -> set[str]:
    """Add the fans: of a hundred, ninety-four wrote lately, five are silent, one has left. Return who can be told."""
    now = utc_now()
    [account] = runtime.accounts.values()
    reachable = set()
    with runtime.db.transaction() as session:
        session.add(
            ReachSettings(
                account_id=account.id,
                quiet_from="00:00",
                quiet_until="00:00",
                cap=3,
                fans_too=True,
                templates_a_day=0,
            )
        )
        for low in range(0, fans, 10_000):
            rows = []
            for number in range(low, min(fans, low + 10_000)):
                place = number % 100
                wrote = now - timedelta(hours=1 + number % 40 if place < 94 else 50)
                openid = f"o{number:027}"
                if place < 94:
                    reachable.add(openid)
                rows.append(
                    {
                        "account_id": account.id,
                        "openid": openid,
                        "standing": Standing.LEFT.value if place == 99 else Standing.FOLLOWING.value,
                        "created_at": now,
                        "follow_count": 1,
                        "message_count": 1,
                        "last_message_at": wrote,
                        "last_interaction_at": wrote,
                    }
                )
            session.execute(insert(Fan), rows)
    if runtime.db.dialect == "postgresql":
        with runtime.db.connection() as connection:
            connection.execute(text("ANALYZE"))
    return reachable


def _lay_down(runtime: Runtime) -> dict[str, Any]:
    """Plan a notice for each fan, a thousand to a transaction."""
    [account] = runtime.accounts.values()
    began, after = time.monotonic(), 0
    while True:
        with runtime.db.transaction() as session:
            wanted = select(Fan.id).where(Fan.id > after).order_by(Fan.id).limit(MOST)
            ids = session.scalars(wanted).all()
            planned = [
                Planned(account.id, one, "broadcast", "bench", SAID, {"name": f"旅客{one}"}, None, BATCH)
                for one in ids
            ]
            if not ids:
                return {"laying_seconds": round(time.monotonic() - began, 1)}
            notify_many(session, planned, now=utc_now())
            after = ids[-1]


def _send(runtime: Runtime, settings: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Have workers send, killing one twice; look after what is left as the clock would."""
    workers = [_worker(settings) for _ in range(options.workers)]
    kills = list(KILLED_AT)
    began, memory, last = time.monotonic(), 0, (time.monotonic(), 0)
    try:
        while True:
            time.sleep(0.5)
            JOBS["reach.look"](runtime)
            memory = max([memory, *(_megabytes(one) for one in workers)])
            left = _left(runtime)
            last = last if last[1] == options.fans - left else (time.monotonic(), options.fans - left)
            if not left or time.monotonic() - began > 60 * options.minutes:
                break
            if kills and options.fans - left >= kills[0] * options.fans:
                kills.pop(0)
                workers[0].send_signal(signal.SIGKILL)
                workers[0].wait()
                workers[0] = _worker(settings)
            assert time.monotonic() - last[0] < 240, f"nothing moves; {left} are left"
    finally:
        for one in workers:
            one.kill()
            one.wait()
    seconds = last[0] - began
    return {
        "kills": len(KILLED_AT) - len(kills),
        "sending_seconds": round(seconds, 1),
        "left": left,
        "worker_megabytes": memory,
        "load_average": round(os.getloadavg()[0], 1),
    }


def _judge(database: Database, address: str, reachable: set[str], rate: float) -> dict[str, Any]:
    """Compare what the platform took with what the rows say."""
    stats = requests.get(f"{address}/stats", timeout=60).json()
    delivered = Counter(stats["delivered"])
    with database.reading() as session:
        rows = session.execute(
            select(Fan.openid, ReachNotice.state, ReachNotice.reason).join(Fan, Fan.id == ReachNotice.fan_id)
        ).all()
        counted = batches.counts(session, BATCH)
    states = {row.openid: row.state for row in rows if row.state not in OPEN}
    reachable &= states.keys()  # what the time did not suffice for is counted as left
    unsure = [one for one, state in states.items() if state == NoticeState.UNSURE]
    lost = [one for one in reachable if not delivered[one] and states.get(one) != NoticeState.UNSURE]
    wrong = [one for one, state in states.items() if state == NoticeState.SENT and not delivered[one]]
    unexplained = [row for row in rows if row.state not in (*OPEN, NoticeState.SENT) and row.reason is None]
    return {
        "limit_per_second": rate,
        "most_calls_in_a_second": stats["most_in_a_second"],
        "calls": stats["calls"],
        "answered_busy": stats["busy"],
        "answers_lost": stats["lost"],
        "delivered": len(delivered),
        "doubled": sum(1 for number in delivered.values() if number > 1),
        "lost": len(lost) + len(wrong),
        "unsure": len(unsure),
        "unsure_and_not_delivered": sum(1 for one in unsure if not delivered[one]),
        "without_reason": len(unexplained),
        "states": {" ".join(filter(None, key)): number for key, number in sorted(counted.items(), key=str)},
    }


def _left(runtime: Runtime) -> int:
    with runtime.db.reading() as session:
        mine = (ReachNotice.batch == BATCH, ReachNotice.state.in_(OPEN))
        return session.scalar(select(func.count(ReachNotice.id)).where(*mine)) or 0


def _worker(settings: dict[str, Any]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.bench.reach_worker", json.dumps(settings)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def _megabytes(process: "subprocess.Popen[bytes]") -> int:
    try:
        return int(psutil.Process(process.pid).memory_info().rss / 1_000_000)
    except psutil.Error:
        return 0
