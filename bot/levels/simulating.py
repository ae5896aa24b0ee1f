"""What another ladder would make of all members today. Nothing is written but the batch."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.batches import work
from bot.batches.models import Batch, BatchState
from bot.db import Database
from bot.levels import ladder as ladders
from bot.levels import scoring, versions
from bot.levels.ladder import BASE, Ladder
from bot.levels.models import MemberLevel
from bot.levels.standing import joined_on
from bot.members.models import Member, MemberState
from bot.moments import HERE
from bot.replica import Surveys
from bot.users.roles import Permission

KIND = "levels.simulate"
MEMBERS = 500  # read at once


def begin(
    session: Session, *, definition: Mapping[str, Any], title: str, maker: Actor, now: datetime
) -> Batch:
    """Begin trying a definition on every active member. Raise `BadLadder` if it is none.

    What is tried is kept in the batch: the draft may change meanwhile.
    """
    ladders.read(definition)
    active = select(func.count(Member.id)).where(Member.state == MemberState.ACTIVE.value)
    return work.begin(
        session,
        kind=KIND,
        title=title,
        arguments={"definition": dict(definition)},
        total=session.scalar(active) or 0,
        needs=Permission.LEVELS_CHANGE,
        maker=maker,
        now=now,
    )


def run(db: Database, surveys: Surveys, batch_id: int, *, now: datetime, seconds: float = work.SLICE) -> None:
    """Try the next members for some seconds; what was not committed is simply done again."""
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
    if batch is None:
        return
    ladder = ladders.read(batch.arguments["definition"])
    found: dict[str, Any] = {"after": 0, "now": {}, "then": {}, "up": 0, "down": 0, **batch.notes}
    until, done, members = time.monotonic() + seconds, 0, [0]
    while members and time.monotonic() < until:
        members, found = surveys.take_all(partial(_counted, ladder=ladder, before=found, now=now))
        done += len(members)
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is None:
            return
        work.advance(batch, done=done)
        batch.notes = found
        if members:
            work.go_on(session, batch, now=now)
        else:
            batch.done = batch.total
            work.end(batch, BatchState.DONE, now=now)


def _counted(
    session: Session, ladder: Ladder, before: Mapping[str, Any], now: datetime
) -> tuple[list[int], dict[str, Any]]:
    """Return the ids of the next members, and what there was before with them counted in."""
    found = {**before, "now": {**before["now"]}, "then": {**before["then"]}}
    wanted = (
        select(Member, MemberLevel)
        .outerjoin(MemberLevel, MemberLevel.member_id == Member.id)
        .where(Member.id > found["after"], Member.state == MemberState.ACTIVE.value)
    )
    rows: Sequence[Any] = session.execute(wanted.order_by(Member.id).limit(MEMBERS)).all()
    if not rows:
        return [], found
    today = now.astimezone(HERE).date()
    windows = {member.id: ladder.counted(today, joined_on(member)) for member, _row in rows}
    current = versions.in_force(session, now)
    gathered = scoring.gather(
        session,
        ladder.measure,
        scoring.families(session, list(windows)),
        since=min(first for first, _end in windows.values()),
    )
    for member, row in rows:
        level = row.level if row is not None else BASE
        held = ladder.here(level, current.ladder if current else None)
        score = gathered.score(member.id, *windows[member.id])
        reached = ladder.reached(score)
        rises = ladder.rank(reached.key) > ladder.rank(held)
        lower = ladder.level(held)
        then = reached.key if rises else held
        found["up"] += rises
        is_given = row is not None and row.level != row.earned  # it ends on its day, whatever they gather
        found["down"] += lower is not None and score < lower.threshold and not is_given
        for name, key in (("now", level), ("then", then)):
            found[name][key] = found[name].get(key, 0) + 1
    ids = [member.id for member, _row in rows]
    found["after"] = ids[-1]
    session.expunge_all()
    return ids, found
