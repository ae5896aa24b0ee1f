"""Broadcasts before a test: fans, two people who write and approve, and a runtime."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from bot.accounts.models import Account
from bot.audit import Actor
from bot.broadcasts import deciding
from bot.broadcasts.models import Broadcast, BroadcastState
from bot.db import Database, utc_now
from bot.fans.models import Fan
from bot.reach.models import ReachNotice, ReachSettings
from bot.runtime import open_runtime
from tests import make

WRITER, CHIEF = Actor("wang", 11, "127.0.0.1"), Actor("li", 12, "127.0.0.1")


@pytest.fixture
def runtime(database_url):
    opened = open_runtime(make.config(database_url))
    quiet_hours(opened.db, "00:00", "00:00")  # a test may run at night
    yield opened
    opened.close()


def account_of(db: Database) -> int:
    """Return the id of the account that the settings name."""
    with db.reading() as session:
        return session.scalars(select(Account.id)).one()


def quiet_hours(db: Database, begins: str, ends: str, *, cap: int = 3) -> None:
    """Set the account's rules; equal hours mean that none is quiet."""
    rules = {"cap": cap, "fans_too": True, "templates_a_day": 100_000}
    with db.transaction() as session:
        account_id = session.scalars(select(Account.id)).one()
        session.merge(ReachSettings(account_id=account_id, quiet_from=begins, quiet_until=ends, **rules))


def add_fans(db: Database, count: int, prefix: str = "o", **facts) -> list[int]:
    """Add many followers; return their ids in order."""
    now = utc_now()
    common = {"account_id": account_of(db), "standing": "following", "created_at": now, "follow_count": 1}
    common |= {"message_count": 0, "last_interaction_at": now, "last_message_at": now, **facts}
    rows = [{"openid": f"{prefix}{number:06}", **common} for number in range(count)]
    with db.transaction() as session:
        session.execute(insert(Fan), rows)
        found = session.scalars(select(Fan.id).where(Fan.openid.startswith(prefix, autoescape=True)))
        return sorted(found)


def draft(db: Database, **facts) -> int:
    values = {
        "account_id": account_of(db),
        "name": "云南踏青",
        "state": BroadcastState.DRAFT.value,
        "way": "planner",
        "intent": "broadcast",
        "content": {"answer": {"type": "text", "content": "云南踏青季开始报名了"}},
        "written_by": [WRITER.id],
        "created_by": WRITER.name,
        "created_at": utc_now(),
    }
    with db.transaction() as session:
        row = Broadcast(**{**values, **facts})
        session.add(row)
        session.flush()
        return row.id


def approved(db: Database, **facts) -> int:
    """Return a broadcast that was written, submitted and approved."""
    key, now = draft(db, **facts), utc_now()
    with db.transaction() as session:
        deciding.submit(session, deciding.locked(session, key), actor=WRITER, now=now)
    with db.transaction() as session:
        row = deciding.locked(session, key)
        deciding.approve(session, row, version=row.version, actor=CHIEF, now=now)
    return key


def row_of(db: Database, key: int) -> Broadcast:
    with db.reading() as session:
        return session.get_one(Broadcast, key)


def notices(db: Database, key: int, *states: str) -> list[int]:
    """Return the fans who have a notice of the broadcast, each as often as they have."""
    wanted = select(ReachNotice.fan_id).where(ReachNotice.batch == f"broadcast:{key}")
    if states:
        wanted = wanted.where(ReachNotice.state.in_(states))
    with db.reading() as session:
        return sorted(session.scalars(wanted))


def long_ago(**span) -> object:
    return utc_now() - timedelta(**span)
