"""`python -m tests.soak`: half of what the machine can do, for an hour; a table, one JSON line, 1 if something grew."""

import argparse
import contextlib
import json
import logging
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import func, select

from bot.accounts.models import Account
from bot.db import Database, utc_now
from bot.fan_sync.comparing import FRESH
from bot.fan_sync.models import FanSyncRun
from bot.organisation.models import Shop
from bot.outbox.models import Promise, State
from bot.privacy import vault_of
from bot.tills import keys as tills
from tests.soak import comparing, verdict, watching
from tests.soak.driving import Drivers
from tests.soak.house import House, NotWell, built, until
from tests.soak.journeys import JOURNEYS, Street
from tests.support.databases import Provision

EVERY = 10.0  # seconds between samples
LATE = timedelta(seconds=10)  # what is due for so long is not kept: the clock goes on promising while we look
WARM = 240.0  # seconds after a restore in which processes and pruned tables still grow to their size
RESTORED_AT = 0.3  # of the run; the fit begins at half of it


def main(arguments: list[str]) -> int:
    """Run the soak; 0 if all is flat and right."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _leave)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yizhan-soak-")))
        url = f"sqlite:///{folder}/soak.db"
        if options.database:
            provision = Provision(options.database, "soak")
            stack.callback(provision.drop)
            provision.database.close()
            url = provision.url
        house = stack.enter_context(built(folder, url))
        soak = Soak(house, options)
        try:
            return soak.run()
        except NotWell as error:
            print(f"the soak could not be run: {error}", file=sys.stderr)
            return 1
        finally:
            soak.drivers.end()
            if options.keep_logs:
                _keep_logs(folder, options.keep_logs)


class Soak:
    """One run."""

    def __init__(self, house: House, options: argparse.Namespace) -> None:
        self.house, self.options = house, options
        self.samples: list[dict[str, float]] = []
        self.facts: dict[str, Any] = {"database": house.config.database.url.partition(":")[0]}
        self.street = Street(house, travellers=options.travellers, till=_till(house))
        self.drivers = Drivers(self.street)
        self._fold = watching.Fold()
        self.began = self.restored = 0.0
        self._db = house.database()

    def run(self) -> int:
        """Learn the capacity, drive, restore in the middle, look whether all is well."""
        self.street.open()
        capacity = (
            self.options.rate * 2 if self.options.rate else self.drivers.capacity(self.options.calibrate)
        )
        rate = capacity / 2
        self.facts |= {
            "capacity": round(capacity, 1),
            "rate": round(rate, 1),
            "minutes": self.options.minutes,
        }
        _say(f"{capacity:.1f} journeys a second are the most; {rate:.1f} from now on")
        seconds = self.options.minutes * 60
        self.began = time.monotonic()
        self.drivers.go(rate)
        self._watch(until=seconds * RESTORED_AT)
        self._restore(goes_on=min(60.0, seconds * 0.05))
        self.drivers.go(rate)
        self._watch(until=seconds)
        self.drivers.pause()
        wrong = self._settle()
        return self._report(seconds, wrong)

    def _watch(self, *, until: float) -> None:
        while (at := time.monotonic() - self.began) < until:
            self._fold(self._db)
            self.samples.append(watching.sample(self.house, self._db, at=at))
            time.sleep(max(0.0, min(EVERY - (time.monotonic() - self.began - at), until - at)))

    def _restore(self, *, goes_on: float) -> None:
        """Take a backup under load, go on for a while, lose the database, and put the backup back."""
        file = self.house.folder / "soak.backup.zip"
        began, wrote = time.monotonic(), time.time()
        self.house.run("backup", file)
        backup = time.monotonic() - began
        self._watch(until=time.monotonic() - self.began + goes_on)
        self.drivers.pause()
        self.house.close()
        self._db.close()
        began = time.monotonic()
        self.house.run("restore", file, "--replace")
        restore = time.monotonic() - began
        self.house.open()
        self._db = self.house.database()
        self.house.run("restoration", "show")
        held = self._db_count(select(func.count()).where(Promise.state == State.HELD.value))
        self.house.run("restoration", "drop", "--all")
        self.house.run("restoration", "end")
        self.reviewed_at = utc_now()
        self.street.forget(wrote)
        self.restored = time.monotonic() - self.began
        self.facts |= {
            "backup_mb": round(file.stat().st_size / 1e6, 2),
            "backup_seconds": round(backup, 1),
            "restore_seconds": round(restore, 1),
            "held": held,
        }
        _say(f"backup {backup:.1f} s under load, restored in {restore:.1f} s, {held} promises were held")

    def _settle(self) -> list[str]:
        """Wait until everything promised is done, and compare what we believe of WeChat with what it has."""
        undone = [State.WAITING.value, State.QUEUED.value, State.RUNNING.value]
        due = select(func.count(Promise.id)).where(Promise.state.in_(undone))
        wrong = []
        synced = select(func.count(FanSyncRun.id)).where(
            FanSyncRun.state == "done",
            FanSyncRun.account_id == self._account(),
            FanSyncRun.started_at >= self.reviewed_at + FRESH,
        )
        try:
            # The one that the review's end asked for.
            until(lambda: self._db_count(synced) >= 1, patience=240)
        except NotWell:
            wrong.append("fans were not compared after the restore")
        try:
            until(lambda: self._db_count(due.where(Promise.due_at <= utc_now() - LATE)) == 0)
        except NotWell:
            wrong.append(f"promises are due and not kept: {self._late(undone)}")
        if dead := self._db_count(select(func.count(Promise.id)).where(Promise.state == State.DEAD.value)):
            wrong.append(f"{dead} dead promises")
        with contextlib.suppress(NotWell):
            until(lambda: not any(self._apart().values()), patience=180)
        for kind, differing in self._apart().items():
            self.facts[f"{kind}_differing"] = len(differing)
            if differing:
                wrong.append(f"{kind}: {len(differing)} are otherwise at WeChat: {', '.join(differing[:5])}")
        never = [one.__name__ for one in JOURNEYS if not self.drivers.done[one.__name__]]
        if never:
            wrong.append(f"nobody ever did this: {', '.join(never)}")
        if failed := self.drivers.failed.total():
            wrong.append(f"{failed} journeys failed: {dict(self.drivers.failed)}")
        return wrong

    def _apart(self) -> dict[str, list[str]]:
        with self._db.reading() as session:
            return comparing.apart(session, self.street, self._account())

    def _late(self, states: list[str]) -> dict[str, int]:
        late = (Promise.state.in_(states), Promise.due_at <= utc_now() - LATE)
        with self._db.reading() as session:
            counted = select(Promise.job, func.count(Promise.id)).where(*late).group_by(Promise.job)
            return dict(session.execute(counted).all())

    def _report(self, seconds: float, wrong: list[str]) -> int:
        # The fit begins at the half, or where short runs have warmed up after the restore.
        try:
            lines = verdict.judge(self.samples, since=max(seconds / 2, self.restored + WARM))
        except ValueError as error:
            lines = []
            wrong.append(str(error))
        took = sorted(self.drivers.seconds)
        done = self.drivers.done
        self.facts |= {
            "journeys": done.total(),
            "by_journey": dict(done),
            "not_done": dict(self.drivers.not_done),
            "p50_ms": round(statistics.median(took) * 1000) if took else None,
            "p99_ms": round(took[len(took) * 99 // 100] * 1000) if took else None,
            "late": self.drivers.late,
            "flat": bool(lines) and all(one.is_flat for one in lines),
            "wrong": wrong,
        }
        print(verdict.table(lines))
        if self.options.samples:
            self.options.samples.write_text("\n".join(json.dumps(one) for one in self.samples) + "\n")
        first, last = self.samples[0], self.samples[-1]
        for name in sorted(
            one for one in last if one.partition(":")[0] not in verdict.LIMITS and one != "at"
        ):
            print(f"{name:40} {first.get(name, 0):12,.1f} → {last[name]:12,.1f}  not judged")
        for each in wrong:
            print(f"WRONG: {each}")
        print(json.dumps(self.facts | {"series": verdict.figures(lines)}, ensure_ascii=False))
        return 0 if self.facts["flat"] and not wrong else 1

    def _account(self) -> int:
        return self._db_count(select(Account.id).where(Account.app_id == self.street.app_id))

    def _db_count(self, statement: Any) -> int:
        with self._db.reading() as session:
            return session.scalar(statement) or 0


def _till(house: House) -> tuple[str, str]:
    with Database(house.config.database) as db, db.transaction() as session:
        shop = session.scalar(select(func.min(Shop.id))) or 0
        vault = vault_of(house.config.privacy)
        row, secret = tills.make(session, vault, shop_id=shop, name="soak", by="soak", now=utc_now())
        return row.key, secret


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--database",
        default=os.environ.get("SOAK_DATABASE", ""),
        help="a PostgreSQL server's address; else SQLite",
    )
    parser.add_argument("--travellers", type=int, default=200)
    parser.add_argument(
        "--calibrate", type=float, default=20.0, help="seconds in which the capacity is learnt"
    )
    parser.add_argument("--rate", type=float, help="journeys a second, instead of half the capacity")
    parser.add_argument("--keep-logs", type=Path, help="a folder for the processes' logs afterwards")
    parser.add_argument("--samples", type=Path, help="a file for every sample, a JSON object a line")
    return parser.parse_args(arguments)


def _keep_logs(folder: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        (to / log.name).write_bytes(log.read_bytes())


def _leave(number: int, _frame: FrameType | None) -> None:
    """Leave through every `finally`, so that no process and no database stays behind."""
    sys.exit(128 + number)


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
