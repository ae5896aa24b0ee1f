"""The question after a conversation, and what a low answer opens."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.desk import adding_up, desks, tasks
from bot.desk.request_models import DeskRequest, RequestState, TaskKind
from bot.desk.requests import moved

LOWEST, HIGHEST = 1, 5


def score(session: Session, *, request_id: int, fan_id: int, value: int, now: datetime) -> bool | None:
    """Keep the traveller's score: True if it opened a complaint, None if it counts for nothing.

    Only for a conversation of their own that is over, once, from one to five.
    """
    if not LOWEST <= value <= HIGHEST:
        return None
    mine = update(DeskRequest).where(
        DeskRequest.id == request_id,
        DeskRequest.fan_id == fan_id,
        DeskRequest.state == RequestState.CLOSED.value,
        DeskRequest.score.is_(None),
    )
    if not moved(session, mine.values(score=value, scored_at=now)):
        return None
    request = session.get_one(DeskRequest, request_id)
    adding_up.touched(session, request.account_id, request.asked_at)
    if value > desks.settings(session, request.account_id, request.shop_id).low_score:
        return False
    tasks.take_down(
        session,
        request,
        TaskKind.COMPLAINT,
        words=f"服务评价 {value} 分",
        due_at=now + tasks.COMPLAINT_DUE,
        now=now,
    )
    return True
