"""What the clock and others do for levels."""

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.errors import YizhanError
from bot.levels import joining, reviewing, simulating, taking_along, wearing
from bot.levels.ladder import BASE
from bot.levels.models import MemberLevel, Why
from bot.members import identities
from bot.members.models import Member, MemberState
from bot.outbox.promises import Wish, promise

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
SLICE = 10.0  # seconds of one run
AT_ONCE = 200
ERASED_WITHIN = timedelta(days=7)  # whose reasons are looked at each hour


def look(runtime: "Runtime") -> None:
    """Look at members whose day has come: a notice, a period's end, the end of grace or of a gift.

    Run twice, or by two at once: a member's row is locked, and the second finds the day gone by.  Nobody
    else is read.  A member whose rows are broken is said in the log, and the others do not wait for them.
    """
    until, failed = time.monotonic() + SLICE, set[int]()
    while time.monotonic() < until:
        with runtime.db.reading() as session:
            due = _due(session, failed)
        if not due:
            return
        for member_id in due:
            if not _looked_at(runtime, member_id):
                failed.add(member_id)
    with runtime.db.transaction() as session:
        promise(session, Wish("levels.look", {}, utc_now(), "levels.look"), now=utc_now())


def review_all(runtime: "Runtime", version_id: int, after: int = 0) -> None:
    """Look at every member by a ladder that was published, a slice at a time: who has reached more rises.

    Run twice: who is on their level stays there.
    """
    until, members = time.monotonic() + SLICE, [after]
    while members and time.monotonic() < until:
        with runtime.db.reading() as session:
            members = _members(session, after)
        for member_id in members:
            try:
                with runtime.db.transaction() as session:
                    reviewing.review(session, member_id, now=utc_now(), cause=Why.LADDER)
            except (YizhanError, RuntimeError):
                log.exception("level_not_reviewed", extra={"member": member_id})
        after = members[-1] if members else after
    if members:
        _go_on(runtime, "levels.review_all", {"version_id": version_id, "after": after})


def join(runtime: "Runtime", kept_id: int, merged_id: int) -> None:
    """See to the level of two who were found to be one. Run twice: it is as it is."""
    with runtime.db.transaction() as session:
        joining.join(session, kept_id, merged_id, now=utc_now())


def part(runtime: "Runtime", kept_id: int, merged_id: int) -> None:
    """See to the levels of one who was found to be two. Run twice: they are as they are."""
    with runtime.db.transaction() as session:
        joining.part(session, kept_id, merged_id, now=utc_now())


def wear(runtime: "Runtime", member_id: int) -> None:
    """Put the tags of a member's level on all their fans. Run twice: nothing changes.

    The member's row is locked first, as by reviews: what one of them has just put on is not taken off again.
    """
    with runtime.db.transaction() as session:
        member_id = identities.root(session, member_id).id
        row = session.get(MemberLevel, member_id)
        wearing.wear(session, member_id, row.level if row is not None else BASE, now=utc_now())


def wear_all(runtime: "Runtime", after: int = 0) -> None:
    """Put the tags that go by levels on those who are above the lowest, because a tag's rules changed.

    Run twice: nothing changes.
    """
    until, rows = time.monotonic() + SLICE, [after]
    while rows and time.monotonic() < until:
        with runtime.db.reading() as session:
            wanted = select(MemberLevel.member_id).where(MemberLevel.member_id > after)
            rows = list(session.scalars(wanted.order_by(MemberLevel.member_id).limit(AT_ONCE)))
        for member_id in rows:
            wear(runtime, member_id)
        after = rows[-1] if rows else after
    if rows:
        _go_on(runtime, "levels.wear_all", {"after": after})


def simulate(runtime: "Runtime", batch_id: int) -> None:
    """Try a draft on all members, slice by slice. Run twice: what was not committed is tried again."""
    simulating.run(runtime.db, runtime.surveys, batch_id, now=utc_now())


def forget_words(runtime: "Runtime") -> None:
    """Empty what was written about levels of members who were erased. Run twice: nothing is left."""
    with runtime.db.transaction() as session:
        taking_along.forget_words(session, since=utc_now() - ERASED_WITHIN)


def _due(session: Session, failed: set[int]) -> list[int]:
    wanted = select(MemberLevel.member_id).where(
        MemberLevel.next_at <= utc_now(), MemberLevel.member_id.not_in(failed)
    )
    return list(session.scalars(wanted.order_by(MemberLevel.next_at).limit(AT_ONCE)))


def _looked_at(runtime: "Runtime", member_id: int) -> bool:
    try:
        with runtime.db.transaction() as session:
            state = session.scalar(select(Member.state).where(Member.id == member_id))
            if state == MemberState.ACTIVE:
                reviewing.review(session, member_id, now=utc_now())
            else:  # until they are one of their own again, nothing comes of it
                rest = update(MemberLevel).where(MemberLevel.member_id == member_id)
                session.execute(rest.values(next_at=None))
    except (YizhanError, RuntimeError):
        log.exception("level_not_reviewed", extra={"member": member_id})
        return False
    return True


def _members(session: Session, after: int) -> list[int]:
    wanted = select(Member.id).where(Member.id > after, Member.state == MemberState.ACTIVE.value)
    return list(session.scalars(wanted.order_by(Member.id).limit(AT_ONCE)))


def _go_on(runtime: "Runtime", job: str, arguments: dict[str, int]) -> None:
    now = utc_now()
    with runtime.db.transaction() as session:
        key = f"{job}:{':'.join(map(str, arguments.values()))}"
        promise(session, Wish(job, arguments, now, key), now=now)
