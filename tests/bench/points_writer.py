"""One of the writers: a process that asks the ledger for things at random, or for awards one after the other."""

import random
import time
import traceback
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.config import DatabaseConfig
from bot.db import Database
from bot.points import expiring, ledger
from bot.points.refusals import PointsRefused

SOURCE = "bench"
WEIGHTS = {
    "earn": 36,
    "spend": 20,
    "hold": 10,
    "end": 9,
    "refund": 8,
    "claw_back": 6,
    "adjust": 4,
    "again": 6,
    "expire": 1,
}
BARE = text("UPDATE bare SET balance = balance + 10 WHERE id = :id AND balance + 10 >= 0")


def storm(url: str, members: range, place: int, barrier: Any, came: Any, share: int, deadline: float) -> None:
    """Do `share` operations; tell how many there were, and what was said to have been written."""
    db = Database(DatabaseConfig(url=url, pool_size=1))
    writer = Writer(db, members, place)
    barrier.wait()
    try:
        while writer.operations < share and (writer.operations % 100 or time.time() < deadline):
            writer.operate()
    except BaseException:
        came.put({"fault": traceback.format_exc()})
        raise
    finally:
        db.close()
    came.put(
        {
            "operations": writer.operations,
            "refused": writer.refused,
            "deadlocks": writer.deadlocks,
            "told": dict(writer.told),
        }
    )


def timed(url: str, members: range, place: int, barrier: Any, came: Any, what: str, seconds: float) -> None:
    """Give awards, or change bare balances, for so long; tell how many there were."""
    db = Database(DatabaseConfig(url=url, pool_size=1))
    dice = random.Random(place)
    run = f"{what}:{place}:{time.time_ns()}"
    acts = {"awards": award, "bare": bare}
    act = acts[what]
    act(db, dice.choice(members), f"{run}:warm")
    barrier.wait()
    began, done = time.monotonic(), 0
    try:
        while time.monotonic() - began < seconds:
            act(db, dice.choice(members), f"{run}:{done}")
            done += 1
    except BaseException:
        came.put({"fault": traceback.format_exc()})
        raise
    finally:
        db.close()
    came.put({"done": done, "seconds": time.monotonic() - began})


def award(db: Database, member_id: int, key: str) -> None:
    """Give one award in a transaction of its own."""
    with db.transaction() as session:
        ledger.earn(
            session, member_id, 10, key=key, source="award", reason="消费积分", expires_at=None, now=datetime.now(UTC)
        )  # fmt: skip


def bare(db: Database, member_id: int, key: str) -> None:
    """Change a balance that knows nothing, the least there is."""
    del key
    with db.connection() as connection:
        assert connection.execute(BARE, {"id": member_id}).rowcount == 1


class Writer:
    """Operations at random. Half of them are on a hundredth of the members, so that writers do meet."""

    def __init__(self, db: Database, members: range, place: int) -> None:
        self.db = db
        self.members = members
        self.busy = members[: max(len(members) // 100, 2)]
        self.place = place
        self.dice = random.Random(f"points {place}")
        self.operations = self.refused = self.deadlocks = 0
        self.told: Counter[str] = Counter()
        self.earned: list[int] = []
        self.spent: list[int] = []
        self.holds: list[int] = []
        self.asked: list[tuple[int, int, str]] = []

    def operate(self) -> None:
        self.operations += 1
        name = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        whom = self.dice.choice(self.busy if self.dice.random() < 0.5 else self.members)
        points = self.dice.randint(1, 100)
        key = f"{self.place}:{self.operations}"
        while True:
            try:
                getattr(self, name)(whom, points, key)
            except PointsRefused:
                self.refused += 1
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", "") != "40P01":
                    raise
                self.deadlocks += 1
                continue
            return

    def earn(self, whom: int, points: int, key: str) -> None:
        days = self.dice.choice((None, 1, 30, 365))
        end = None if days is None else datetime.now(UTC) + timedelta(days=days)
        end = datetime.now(UTC) + timedelta(seconds=2) if self.dice.random() < 0.1 else end
        entry = self._write(ledger.earn, whom, points, key, expires_at=end)
        self._keep(self.earned, entry.id)
        self._keep(self.asked, (whom, points, key))

    def spend(self, whom: int, points: int, key: str) -> None:
        self._keep(self.spent, self._write(ledger.spend, whom, points, key).id)

    def adjust(self, whom: int, points: int, key: str) -> None:
        self._write(ledger.adjust, whom, points if points % 2 else -points, key)

    def hold(self, whom: int, points: int, key: str) -> None:
        now = datetime.now(UTC)
        with self.db.transaction() as session:
            hold = ledger.hold(
                session, whom, points, key=key, source=SOURCE, reason="兑换", until=now + timedelta(minutes=5),
                now=now,
            )  # fmt: skip
        self._keep(self.holds, hold.id)

    def end(self, _whom: int, points: int, _key: str) -> None:
        if not self.holds:
            return
        hold_id = self.holds.pop(self.dice.randrange(len(self.holds)))
        with self.db.transaction() as session:
            if points % 3:
                ledger.confirm(session, hold_id, now=datetime.now(UTC))
            else:
                ledger.release(session, hold_id, now=datetime.now(UTC))

    def refund(self, _whom: int, points: int, key: str) -> None:
        if self.spent:
            self._write(ledger.refund, self.dice.choice(self.spent), points if points % 2 else None, key)

    def claw_back(self, _whom: int, points: int, key: str) -> None:
        if self.earned:
            self._write(ledger.claw_back, self.dice.choice(self.earned), points if points % 2 else None, key)

    def again(self, _whom: int, _points: int, _key: str) -> None:
        """Ask for what was given before: nothing more is written."""
        if self.asked:
            whom, points, key = self.dice.choice(self.asked)
            self._ask(ledger.earn, whom, points, key)

    def expire(self, _whom: int, _points: int, _key: str) -> None:
        with self.db.transaction() as session:
            expiring.expire(session, now=datetime.now(UTC), most=20)

    def _write(self, act: Any, whom: int, points: int | None, key: str, **said: Any) -> Any:
        entry = self._ask(act, whom, points, key, **said)
        self.told["entries"] += 1
        self.told["points"] += entry.points
        return entry

    def _ask(self, act: Any, whom: int, points: int | None, key: str, **said: Any) -> Any:
        with self.db.transaction() as session:
            return act(
                session, whom, points, key=key, source=SOURCE, reason="测试", now=datetime.now(UTC), **said
            )

    def _keep(self, kept: list[Any], one: Any) -> None:
        """Remember a few hundred of them."""
        if len(kept) < 300:
            kept.append(one)
        else:
            kept[self.dice.randrange(300)] = one
