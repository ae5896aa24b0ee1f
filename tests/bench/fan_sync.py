"""How long a fan sync takes, killed on the way, beside what the pace allows: `python -m tests.bench fan_sync`."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select, text

from bot import schema
from bot.config import DatabaseConfig, load
from bot.db import Database
from bot.fan_sync.asking import Asking, Pace
from bot.fan_sync.models import BlacklistedFan, FanSyncFinding, FanSyncPart, FanSyncRun
from bot.fans.models import Fan, Standing
from bot.wechat.gateway import Gateway
from tests import make
from tests.bench.databases import NoServer, postgresql

FANS = 1_000_000
PER_SECOND = 20.0
ROOT = Path(__file__).resolve().parents[2]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--fans", type=int, default=FANS, help=f"how many follow ({FANS:,})")
    parser.add_argument("--per-second", type=float, default=PER_SECOND, help="calls a second ([fan_sync])")
    parser.add_argument("--again", action="store_true", help="measure a second run, in which nothing differs")
    parser.add_argument("--quick", action="store_true", help="20,000 fans at 500 calls a second")


def run(options: argparse.Namespace) -> int:
    """Sync a million fans of the simulated platform from the command line, killed in the middle."""
    if options.quick:
        options.fans, options.per_second = 20_000, 500.0
    found: dict[str, Any] = {
        "fans": options.fans,
        "sync_seconds": None,
        "minimum_seconds": None,
        "rows_right": None,
    }
    try:
        with postgresql() as url, _platform(options.fans) as address, tempfile.TemporaryDirectory() as folder:
            settings = _settings(Path(folder), url, address, options.per_second)
            found |= _measure(settings, url, options)
    except NoServer as error:
        found["missing"] = str(error)
    for name, value in found.items():
        print(f"{name:<24}{value}")
    print(json.dumps(found))
    return 0 if found["rows_right"] in {True, None} else 1


def _measure(settings: Path, url: str, options: argparse.Namespace) -> dict[str, Any]:
    database = Database(DatabaseConfig(url=url))
    try:
        schema.migrate(database)
        load_before = os.getloadavg()[0]
        raw = _raw(settings, options.fans)
        began = time.monotonic()
        first = _sync(settings, kill_after=lambda: _profiled(database) >= options.fans // 2)
        assert first.killed, "the run ended before it could be killed"
        killed_at = time.monotonic()
        kept = _profiled(database)
        second = _sync(settings, resume=True)
        seconds = time.monotonic() - began
        figures = _figures(database, options.fans)
        calls = figures.pop("calls")
        found = {
            "calls": calls,
            "calls_per_second": options.per_second,
            "minimum_seconds": round(calls / options.per_second, 1),
            "raw_seconds": round(raw, 1),
            "sync_seconds": round(seconds, 1),
            "times_minimum": round(seconds / (calls / options.per_second), 3),
            "killed_with": kept,
            "until_going_on_seconds": round(_going_on(second, kept) - killed_at, 1) if second.lines else None,
            "memory_mb": round(max(first.memory, second.memory) / 1e6),
            "load_before": round(load_before, 1),
            **figures,
        }
        if options.again:
            with database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
            began = time.monotonic()
            third = _sync(settings)
            found |= {
                "again_seconds": round(time.monotonic() - began, 1),
                "again_memory_mb": round(third.memory / 1e6),
                "again_found": _findings(database, 2),
            }
        return found
    finally:
        database.close()


class Synced:
    """What came of one process: whether it was killed, its largest memory, and when it said what."""

    def __init__(self) -> None:
        self.killed = False
        self.memory = 0
        self.lines: list[tuple[float, str]] = []


def _sync(settings: Path, *, kill_after: Any = None, resume: bool = False) -> Synced:
    """Run `fans sync` as an operator would, until it ends or `kill_after()` says so."""
    command = [
        sys.executable,
        "-m",
        "bot",
        "fans",
        "sync",
        "--config",
        str(settings),
        *(["--resume"] if resume else []),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    found = Synced()
    reader = threading.Thread(
        target=lambda: found.lines.extend((time.monotonic(), line) for line in process.stdout or ())
    )
    reader.start()
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            found.memory = max(found.memory, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        if kill_after is not None and kill_after():
            process.kill()
            found.killed = True
            break
        time.sleep(0.25)
    status = process.wait()
    reader.join()
    assert found.killed or status == 0, [line for _at, line in found.lines[-3:]]
    return found


def _going_on(second: Synced, kept: int) -> float:
    """Return when the second process had read more than the first had."""
    for at, line in second.lines:
        read = re.search(r": ([\d,]+)/[\d,]+", line)
        if read and int(read[1].replace(",", "")) > kept:
            return at
    return second.lines[-1][0]


def _raw(settings: Path, fans: int) -> float:
    """Return how long the same calls take when nothing is done with the answers and no pace is kept."""
    config = load(settings)
    gateway = Gateway(config, None)
    line = gateway.of(config.accounts[0].name)
    began = time.monotonic()
    with Asking(line, Pace(1e9), config.fan_sync.calls_at_once) as asking:
        after, openids = "", []
        while (page := asking.followers(after)).openids:
            openids += page.openids
            after = page.next_openid
        for place in range(0, len(openids), 4000):
            asking.begin(openids[place : place + 4000]).result()
    gateway.close()
    assert len(openids) == fans
    return time.monotonic() - began


def _profiled(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(FanSyncRun.profiled).order_by(FanSyncRun.id.desc()).limit(1)) or 0


def _findings(database: Database, run_id: int) -> dict[str, int]:
    counted = select(FanSyncFinding.kind, func.count().label("number")).where(FanSyncFinding.run_id == run_id)
    with database.reading() as session:
        return {row.kind: row.number for row in session.execute(counted.group_by(FanSyncFinding.kind))}


def _figures(database: Database, fans: int) -> dict[str, Any]:
    with database.reading() as session:
        [run] = session.scalars(select(FanSyncRun)).all()
        following = select(func.count()).where(
            Fan.standing == Standing.FOLLOWING.value,
            Fan.follow_count == 1,
            Fan.first_touch_at.is_(None),
            Fan.unionid.is_not(None),
        )
        counts = {
            "rows": session.scalar(select(func.count(Fan.id))) or 0,
            "following": session.scalar(following) or 0,
            "blacklisted": session.scalar(select(func.count()).select_from(BlacklistedFan)) or 0,
            "parts_left": session.scalar(select(func.count()).select_from(FanSyncPart)) or 0,
        }
    found = _findings(database, run.id)
    blocked = len(range(0, fans, 1000))
    is_right = (
        run.state == "done"
        and counts == {"rows": fans, "following": fans, "blacklisted": blocked, "parts_left": 0}
        and (run.listed, run.profiled, run.added) == (fans, fans, fans)
        and found == {"added": fans, "blacklisted": blocked}
    )
    return {"calls": run.calls, **counts, "rows_right": is_right}


@contextmanager
def _platform(fans: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.fan_platform", str(fans)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def _settings(folder: Path, url: str, address: str, per_second: float) -> Path:
    mine = make.account()
    file = folder / "config.toml"
    file.write_text(
        f'[server]\nfolder = "{folder}"\n[database]\nurl = "{url}"\n[redis]\nurl = "unix://{folder}/none.sock"\n'
        f'[wechat]\napi_base = "{address}"\ntimeout_seconds = 30\n[log]\nlevel = "error"\n'
        f"[fan_sync]\ncalls_per_second = {per_second}\n"
        f'[[accounts]]\nname = "{mine.name}"\napp_id = "{mine.app_id}"\napp_secret = "{mine.app_secret}"\n'
        f'token = "{mine.token}"\nencoding_aes_key = "{mine.encoding_aes_key}"\nmode = "plain"\n',
        "utf-8",
    )
    return file
