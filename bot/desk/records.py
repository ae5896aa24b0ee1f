"""WeChat's chat records: which minutes to ask for, and keeping what agents said.

WeChat answers for at most a day at a time, says no number with a record, and
may write one down a little late.  So each reading begins some minutes before
the last one ended, and a record's key is the digest of all that is said of it:
who, to whom, when, the words, and which of several equal ones in that second.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.types import table_of
from bot.desk.models import AgentRecord, AgentRecordMark
from bot.fans import rows as fan_rows
from bot.fans.models import Fan

HERE = ZoneInfo("Asia/Shanghai")
AGENT_SENT = 2002
LAG = timedelta(seconds=20)  # WeChat writes records down a moment later
OVERLAP = timedelta(minutes=10)
PAUSE = timedelta(seconds=30)  # fewer seconds than these are not worth a call
FARTHEST = timedelta(days=3)  # how far back the first reading looks, and one after a long pause
LONGEST = 4_000
COLUMNS = ("key", "account_id", "fan_id", "kf_account", "said_at", "words")
_insert = BulkInsert(table_of(AgentRecord), COLUMNS)


@dataclass(frozen=True, slots=True)
class Said:
    """One record of something an agent said."""

    key: bytes
    openid: str
    kf_account: str
    at: datetime
    words: str


def window(session: Session, account_id: int, *, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the first and the last second to ask for next; None when all is read.

    It never crosses midnight in Shanghai: WeChat's older text allows one day, its newer 24 hours.
    """
    mark = session.get(AgentRecordMark, account_id)
    last = now - LAG
    start = now - FARTHEST
    if mark is not None:
        if mark.read_until + PAUSE >= last:
            return None
        start = max(start, mark.read_until - OVERLAP, _midnight(mark.read_until))
    end = min(last, _midnight(start + timedelta(days=1)) - timedelta(seconds=1))
    return start.replace(microsecond=0), end.replace(microsecond=0)


def _midnight(at: datetime) -> datetime:
    """Return when the day of `at` began in Shanghai, which knows no summer time."""
    return datetime.combine(at.astimezone(HERE).date(), time(), HERE)


def read(rows: Iterable[Mapping[str, Any]], account_id: int) -> list[Said]:
    """Return what agents said among WeChat's `rows` of one whole window; broken rows are passed over."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for row in rows:
        openid, worker, at = row.get("openid"), row.get("worker"), row.get("time")
        if row.get("opercode") != AGENT_SENT or not isinstance(at, int) or not (openid and worker):
            continue
        words = str(row.get("text") or "")[:LONGEST]
        facts = (str(account_id), str(openid), str(worker), str(at), words)
        seen[facts] += 1
        digest = hashlib.blake2b(
            "\0".join((*facts, str(seen[facts]))).encode(errors="replace"), digest_size=16
        )
        moment = datetime.fromtimestamp(at, UTC)
        found.append(Said(digest.digest(), str(openid)[:64], str(worker)[:64], moment, words))
    return found


def keep(session: Session, account_id: int, said: Sequence[Said], *, now: datetime) -> set[int]:
    """Write what is new of `said`; return the ids of the fans it was said to.

    What is there already is passed over.  An OpenID we never heard of becomes a fan.
    """
    if not said:
        return set()
    openids = sorted({one.openid for one in said})
    wanted = select(Fan.openid, Fan.id).where(Fan.account_id == account_id, Fan.openid.in_(openids))
    ids = {row.openid: row.id for row in session.execute(wanted)}
    if strangers := [(account_id, openid) for openid in openids if openid not in ids]:
        added = fan_rows.lock(session.connection(), strangers, now=now)
        ids |= {openid: fan.id for (_account, openid), fan in added.items()}
    rows = [(one.key, account_id, ids[one.openid], one.kf_account, one.at, one.words) for one in said]
    _insert.run(session.connection(), rows)
    return set(ids.values())


def mark(session: Session, account_id: int, until: datetime) -> None:
    """Note that everything up to `until` is read; never goes back."""
    row = session.get(AgentRecordMark, account_id, with_for_update=True)
    if row is None:
        session.add(AgentRecordMark(account_id=account_id, read_until=until))
    elif row.read_until < until:
        row.read_until = until
