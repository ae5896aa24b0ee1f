"""The chapter of levels in the file a member takes with them, and what goes when they are erased."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.levels import versions
from bot.levels.models import LevelChange, Why
from bot.members import identities
from bot.members.export import Chapter, said
from bot.members.models import Member, MemberState

MOST = 1000
WHY = {
    Why.EARNED: "达到升级条件",
    Why.KEPT: "达到保级条件",
    Why.FELL: "有效期结束，未达到保级条件",
    Why.LADDER: "等级规则调整",
    Why.GIVEN: "专属授予",
    Why.GIVEN_OVER: "专属授予到期",
    Why.MERGED: "会员资料合并",
    Why.PARTED: "会员资料恢复",
}


def rows(session: Session, member_id: int) -> list[dict[str, Any]]:
    """Return how the level of the member, and of everyone merged into them, came to be, the newest first."""
    names = versions.names(session)
    wanted = select(LevelChange).where(LevelChange.member_id.in_(identities.family(session, member_id)))
    return [
        {"at": said(one.at), "level": names.get(one.after, one.after), "why": WHY[Why(one.why)]}
        for one in session.scalars(wanted.order_by(LevelChange.id.desc()).limit(MOST))
    ]


def forget_words(session: Session, *, since: datetime) -> int:
    """Empty the reasons written about members who were erased after `since`; return how many. Again: none."""
    wanted = (
        select(LevelChange.id)
        .join(Member, Member.id == LevelChange.member_id)
        .where(Member.state == MemberState.ERASED.value, Member.erased_at >= since, LevelChange.reason != "")
    )
    found = session.scalars(wanted).all()
    emptied = update(LevelChange).where(LevelChange.id.in_(found)).values(reason="")
    session.execute(emptied, execution_options={"synchronize_session": False})
    return len(found)


CHAPTER = Chapter("levels", "您的等级", {"at": "时间", "level": "等级", "why": "原因"}, rows)
