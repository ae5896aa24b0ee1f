"""How often each rule answers, without asking ten million messages.

An index on `answered_by` would cost every message; a counter in the rule's row
would have all messages wait for one another.  So a job reads, once a minute,
the messages that came since, by key, and adds them up by rule and day: each
message is read once, and a page sums thirty small rows a rule.
"""

import re
from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.messages.models import Message
from bot.moments import HERE
from bot.replies.models import ReplyHits, ReplyHitsMark

ONE = 1
BATCH = 5_000
# A message whose transaction began earlier may commit after one with a higher key.
SETTLED = timedelta(seconds=30)
KEPT = timedelta(days=400)
WINDOW = timedelta(days=30)
RULE = re.compile(r"rule:(\d{1,18})")


def count(session: Session, *, now: datetime) -> bool:
    """Count the next messages; True if there may be more."""
    mark = session.get(ReplyHitsMark, ONE, with_for_update=True)
    if mark is None:
        mark = ReplyHitsMark(id=ONE, message_id=0)
        session.add(mark)
        session.flush()  # a second one counting for the first time fails here, and comes back
    rows = session.execute(
        select(Message.id, Message.answered_by, Message.received_at)
        .where(Message.id > mark.message_id)
        .order_by(Message.id)
        .limit(BATCH)
    ).all()
    found: dict[tuple[int, date], list[datetime]] = defaultdict(list)
    last = mark.message_id
    for key, answered_by, received_at in rows:
        if received_at > now - SETTLED:
            break
        last = key
        if rule := RULE.fullmatch(answered_by):
            found[int(rule[1]), received_at.astimezone(HERE).date()].append(received_at)
    for (rule_id, day), moments in sorted(found.items()):
        _add(session, rule_id, day, len(moments), max(moments))
    mark.message_id = last
    return bool(rows) and last == rows[-1][0] and len(rows) == BATCH


def forget(session: Session, *, now: datetime) -> None:
    """Let go of what is too old to be asked about."""
    session.execute(delete(ReplyHits).where(ReplyHits.day < (now - KEPT).astimezone(HERE).date()))


def of_rules(session: Session, *, now: datetime) -> dict[int, tuple[int, datetime]]:
    """Return the hits of the last 30 days and the last hit ever kept, by rule."""
    since = (now - WINDOW).astimezone(HERE).date()
    recent = select(ReplyHits.rule_id, func.sum(ReplyHits.hits)).where(ReplyHits.day > since)
    sums = {rule_id: int(hits) for rule_id, hits in session.execute(recent.group_by(ReplyHits.rule_id))}
    last = select(ReplyHits.rule_id, func.max(ReplyHits.last_at)).group_by(ReplyHits.rule_id)
    return {rule_id: (sums.get(rule_id, 0), at) for rule_id, at in session.execute(last)}


def _add(session: Session, rule_id: int, day: date, hits: int, last_at: datetime) -> None:
    mine = (ReplyHits.rule_id == rule_id) & (ReplyHits.day == day)
    changed = update(ReplyHits).where(mine).values(hits=ReplyHits.hits + hits, last_at=last_at)
    if not session.execute(changed.execution_options(synchronize_session=False)).rowcount:  # type: ignore[attr-defined]
        session.add(ReplyHits(rule_id=rule_id, day=day, hits=hits, last_at=last_at))
        session.flush()
