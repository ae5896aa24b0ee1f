"""What the back office does to members it was shown: rows are given, the page found them in its scope.

A member's fans may have come through shops the visitor does not see; all the
same they are the member's, so these steps go beyond the scope.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.db.scope import beyond_scope
from bot.fans.models import Fan
from bot.members import binding, erasing, merging
from bot.members.models import Member, MemberMerge
from bot.privacy import Vault


def merge(
    session: Session, kept: Member, merged: Member, *, why: str, by: str, now: datetime
) -> MemberMerge | None:
    """Do as `merging.merge`."""
    with beyond_scope(session):
        return merging.merge(session, kept_id=kept.id, merged_id=merged.id, why=why, by=by, now=now)


def unmerge(session: Session, merged: MemberMerge, *, by: str, now: datetime) -> bool:
    """Do as `merging.unmerge`."""
    with beyond_scope(session):
        return merging.unmerge(session, merged.id, by=by, now=now)


def erase(session: Session, member: Member, *, by: Actor, now: datetime) -> bool:
    """Do as `erasing.erase_member`."""
    with beyond_scope(session):
        return erasing.erase_member(session, member.id, now=now, by=by)


def unbind(session: Session, vault: Vault, fan: Fan, *, now: datetime) -> bool:
    """Do as `binding.unbind`."""
    with beyond_scope(session):
        return binding.unbind(session, vault, fan_id=fan.id, now=now)
