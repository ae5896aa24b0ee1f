"""The chapter of points in the file a member takes with them."""

from typing import Any

from sqlalchemy.orm import Session

from bot.members.export import Chapter, said
from bot.points import reading

MOST = 5000


def rows(session: Session, member_id: int) -> list[dict[str, Any]]:
    """Return what happened to the member's points, the newest first."""
    return [
        {"at": said(one.entry.occurred_at), "reason": one.entry.reason, "points": one.points}
        for one in reading.history(session, member_id, most=MOST)
        if one.points
    ]


CHAPTER = Chapter("points", "您的积分", {"at": "时间", "reason": "原因", "points": "积分"}, rows)
