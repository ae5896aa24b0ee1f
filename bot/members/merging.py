"""Two members who are one person. Nothing moves but the fans, and nothing is deleted, so it can be undone."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.fans.models import Fan
from bot.fans.rows import in_lock_order
from bot.members import identities
from bot.members.models import Member, MemberMerge, MemberState
from bot.outbox.promises import Wish, promise


def merge(
    session: Session, *, kept_id: int, merged_id: int, why: str, by: str, now: datetime
) -> MemberMerge | None:
    """Take `merged_id` into `kept_id`; None if either is not an active member, or both are one already.

    Rows are locked in the order of their ids, so that two merges never wait in a circle.
    """
    if kept_id == merged_id:
        return None
    rows = {
        key: session.get_one(Member, key, with_for_update=True, populate_existing=True)
        for key in sorted((kept_id, merged_id))
    }
    kept, merged = rows[kept_id], rows[merged_id]
    if {kept.state, merged.state} != {MemberState.ACTIVE.value}:
        return None
    fan_ids = sorted(session.scalars(select(Fan.id).where(Fan.member_id == merged_id)))
    _move(session, fan_ids, kept_id)
    merged.state, merged.merged_into_id = MemberState.MERGED.value, kept_id
    if kept.home_shop_id is None:
        kept.home_shop_id = merged.home_shop_id
    row = MemberMerge(
        kept_id=kept_id, merged_id=merged_id, why=why[:200], fan_ids=fan_ids, merged_by=by[:64], merged_at=now
    )
    session.add(row)
    session.flush()
    _see_to_levels(session, "levels.join", row, now=now)
    return row


def unmerge(session: Session, merge_id: int, *, by: str, now: datetime) -> bool:
    """Make them two again, each with what was theirs; False if that was done already, or one was erased.

    Fans who were moved go back, unless they have been bound to somebody else meanwhile.
    """
    row = session.get_one(MemberMerge, merge_id, with_for_update=True, populate_existing=True)
    merged = session.get_one(Member, row.merged_id, with_for_update=True, populate_existing=True)
    if (
        row.undone_at is not None
        or merged.state != MemberState.MERGED
        or merged.merged_into_id != row.kept_id
    ):
        return False
    now_at = identities.root(session, row.kept_id).id
    still = select(Fan.id).where(Fan.id.in_(row.fan_ids), Fan.member_id == now_at)
    _move(session, sorted(session.scalars(still)), merged.id)
    merged.state, merged.merged_into_id = MemberState.ACTIVE.value, None
    row.undone_by, row.undone_at = by[:64], now
    session.flush()
    _see_to_levels(session, "levels.part", row, now=now)
    return True


def _see_to_levels(session: Session, job: str, row: MemberMerge, *, now: datetime) -> None:
    whose = {"kept_id": row.kept_id, "merged_id": row.merged_id}
    promise(session, Wish(job, whose, now, f"{job}:{row.id}"), now=now)


def _move(session: Session, fan_ids: list[int], member_id: int) -> None:
    for fan_id in in_lock_order(session.connection(), fan_ids):
        session.execute(update(Fan).where(Fan.id == fan_id).values(member_id=member_id))
